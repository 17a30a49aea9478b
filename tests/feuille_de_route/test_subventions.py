"""Demandes de subvention : une table, un plafond, ce qui se fige, et ce que la décision change à la fiche."""

from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from feuille_de_route.argent import enveloppes, subventions
from feuille_de_route.argent.subventions import TRANSITIONS, Suite
from feuille_de_route.models import DemandeSubvention, EtatDemande, EtatFinancement, Financement
from gouvernance.models import Evenement
from tests.feuille_de_route.fabriques import DemandeFactory, FicheFactory, FinancementFactory, PlafondFactory
from tests.feuille_de_route.releves import classeur, tableau
from tests.feuille_de_route.saisies import envoi
from tests.gouvernance.fabriques import MembreFactory, StructureFactory

QUI = [
    "coordination",
    "co_porteur",
    "porteur_epci",
    "elu",
    "cotech",
    "partenaire",
    "lecture",
    "administration",
]
SUITES = {"renvoyer": Suite(motif="Détaillez."), "refuser": Suite(motif="Hors sujet."),
          "accepter": Suite(accorde=Decimal("4000.00"))}  # fmt: skip


@pytest.fixture
def plafond(demarche):
    return PlafondFactory(departement=demarche.departement, montant=12_000)


@pytest.fixture
def demande(demarche, plafond):
    return DemandeFactory(fiche__demarche=demarche, enveloppe=plafond.enveloppe)


def url(nom, demande, *suite):
    return reverse(nom, args=[demande.demarche.uuid, demande.uuid, *suite])


def mettre(demande, etat):
    """L'état et ce qu'il implique, sans passer par la règle."""
    etat = EtatDemande(etat)
    decidee = etat in {EtatDemande.ACCEPTEE, EtatDemande.REFUSEE}
    DemandeSubvention.objects.filter(pk=demande.pk).update(
        etat=etat,
        deposee_le=None if etat == EtatDemande.BROUILLON else demande.cree_le,
        decidee_le=demande.cree_le if decidee else None,
        accorde=4000 if etat == EtatDemande.ACCEPTEE else None,
        motif="Parce que." if etat in {EtatDemande.REFUSEE, EtatDemande.A_MODIFIER} else "",
    )
    demande.refresh_from_db()


@pytest.mark.parametrize("action", TRANSITIONS)
def test_seules_les_cases_de_la_table_passent(action, demande, gens):
    transition, suite = TRANSITIONS[action], SUITES.get(action, Suite())
    pilotes, nationale = {"coordination", "co_porteur"}, {"administration"}
    permis = pilotes if action == "deposer" else nationale
    for etat in EtatDemande:
        for qui in QUI:
            mettre(demande, etat)
            avant = Evenement.objects.count()
            if qui in permis and etat in transition.depuis:
                subventions.effectuer(action, demande.pk, par=gens[qui], suite=suite)
                demande.refresh_from_db()
                assert demande.etat == transition.vers
                assert Evenement.objects.count() > avant
                Financement.objects.all().delete()
                continue
            with pytest.raises(ValidationError if qui in permis else PermissionDenied):
                subventions.effectuer(action, demande.pk, par=gens[qui], suite=suite)
            assert Evenement.objects.count() == avant


def test_de_la_saisie_a_l_accord(client, demarche, gens, plafond):
    """La coordination demande et dépose, l'administration instruit et accorde, la fiche a sa part acquise."""
    beneficiaire = StructureFactory(nom="Association du bus")
    MembreFactory(gouvernance=demarche.gouvernance, structure=beneficiaire)
    fiche = FicheFactory(demarche=demarche, complete=True, proposee=True, structure_porteuse=beneficiaire)
    FinancementFactory(fiche=fiche, demande=7_000)
    client.force_login(gens["coordination"])
    ajouter = reverse("subvention_ajouter", args=[demarche.uuid]) + f"?fiche={fiche.uuid}"
    formulaire = client.get(ajouter).context["formulaire"]
    saisie = envoi(formulaire, montant_etp="4 000", montant_prestation="2 000,50", deposer="1")
    assert (saisie["fiche"], saisie["beneficiaire"]) == (str(fiche.pk), str(beneficiaire.pk))
    assert client.post(ajouter, saisie).status_code == 302
    assert client.post(ajouter, saisie).status_code == 302  # double clic
    demande = DemandeSubvention.objects.get()
    assert (demande.etat, demande.montant, demande.budget) == ("deposee", Decimal("6000.50"), 10_000)
    page = client.get(url("subvention", demande)).content.decode()
    assert tableau(page, "avant-apres") == {
        "Plafond": ["12000"], "Reste avant cette demande": ["12000"], "Retenu par cette demande": ["6000.50"],
        "Reste après": ["5999.50"],
    }  # fmt: skip
    assert client.post(url("subvention_modifier", demande), {}).status_code == 422
    client.force_login(gens["administration"])
    client.post(url("subvention_agir", demande, "instruire"))
    decider = url("subvention_decider", demande, "accepter")
    saisie = envoi(client.get(decider).context["formulaire"], accorde="6 000,51")
    reponse = client.post(decider, saisie)
    assert reponse.status_code == 422
    assert "on ne peut pas accorder 6\u202f000,51" in reponse.content.decode()
    assert client.post(decider, saisie | {"accorde": "5 000"}).status_code == 302
    part = Financement.objects.get(fiche=fiche)
    assert (part.etat, part.demande, part.obtenu) == (EtatFinancement.ACQUIS, Decimal("6000.50"), 5_000)
    assert part.dispositif == plafond.enveloppe.nom
    assert enveloppes.engage(plafond) == 5_000
    fiche.refresh_from_db()
    assert fiche.version == 2  # qui modifiait la fiche aura un conflit, pas un écrasement
    ligne = Evenement.objects.get(objet_type="ficheaction", action="subvention accordée")
    assert ligne.par == gens["administration"]
    assert ligne.details[0][1:] == ["Envisagé, 7\u202f000\u00a0€", "Acquis, 5\u202f000\u00a0€"]
    assert "Acceptée" in client.get(url("subvention", demande)).content.decode()


@pytest.mark.parametrize(("lignes", "attendues"), [
    ([], 1),  # rien : une ligne neuve
    ([{}], 1),  # la seule part de l'État, sans dispositif
    ([{}, {}], 3),  # deux : on ne choisit pas à sa place
    ([{"dispositif": "INGENIERIE fne 2026"}, {}], 2),  # celle qui nomme l'enveloppe
    ([{"annee": 2024}], 2),  # une autre année
    ([{"type": "region"}], 2),
    ([{"etat": "acquis", "obtenu": 1}], 2),
    ([{"dispositif": "Fonds vert"}], 2),
])  # fmt: skip
def test_l_accord_retrouve_la_ligne_qui_l_attendait(demande, gens, lignes, attendues):
    for champs in lignes:
        FinancementFactory(fiche=demande.fiche, **champs)
    mettre(demande, "en_cours")
    subventions.effectuer("accepter", demande.pk, par=gens["administration"], suite=SUITES["accepter"])
    parts = Financement.objects.filter(fiche=demande.fiche)
    assert parts.count() == attendues
    acquise = parts.get(etat="acquis", obtenu=4_000)
    assert (acquise.type, acquise.demande) == ("etat", 5_000)


def test_un_refus_ote_du_plan_la_ligne_qui_nommait_l_enveloppe(demande, gens):
    nommee = FinancementFactory(fiche=demande.fiche, dispositif=demande.enveloppe.nom)
    autre = FinancementFactory(fiche=demande.fiche)
    mettre(demande, "en_cours")
    subventions.effectuer("refuser", demande.pk, par=gens["administration"], suite=SUITES["refuser"])
    nommee.refresh_from_db()
    autre.refresh_from_db()
    assert (nommee.etat, autre.etat) == ("refuse", "envisage")


@pytest.mark.parametrize(("changement", "champ", "phrase"), [
    ({"montant_etp": "9 000", "montant_prestation": "2 000"}, "montant_prestation",
     "Postes et prestations font 11\u202f000\u00a0€, au-delà du budget de 10\u202f000\u00a0€."),
    ({"budget": "20 000", "montant_prestation": "9 000,01"}, "montant_prestation",
     "Il reste 12\u202f000\u00a0€ sur les 12\u202f000\u00a0€"),
    ({"montant_etp": "0", "montant_prestation": "0"}, "montant_prestation", "Demandez un montant"),
    ({"montant_etp": "-1"}, "montant_etp", "ne peut pas être négatif"),
])  # fmt: skip
def test_un_refus_se_lit_pres_du_champ_et_rien_n_est_perdu(client, demande, gens, changement, champ, phrase):
    MembreFactory(gouvernance=demande.demarche.gouvernance, structure=demande.beneficiaire)
    client.force_login(gens["coordination"])
    page = url("subvention_modifier", demande)
    saisie = envoi(client.get(page).context["formulaire"], objet="Un mot gardé", deposer="1", **changement)
    reponse = client.post(page, saisie)
    assert reponse.status_code == 422
    assert any(phrase in erreur for erreur in reponse.context["formulaire"].errors[champ])
    assert "Un mot gardé" in reponse.content.decode()
    demande.refresh_from_db()
    assert (demande.etat, demande.objet, demande.version) == ("brouillon", "", 1)


def test_une_seconde_demande_pour_la_meme_chose_se_refuse(client, demande, gens):
    MembreFactory(gouvernance=demande.demarche.gouvernance, structure=demande.beneficiaire)
    client.force_login(gens["coordination"])
    ajouter = reverse("subvention_ajouter", args=[demande.demarche.uuid])
    saisie = envoi(
        client.get(ajouter).context["formulaire"], fiche=demande.fiche_id, enveloppe=demande.enveloppe_id,
        beneficiaire=demande.beneficiaire_id, budget="1 000", montant_etp="1", montant_prestation="0",
    )  # fmt: skip
    reponse = client.post(ajouter, saisie)
    assert reponse.context["formulaire"].errors["beneficiaire"][0].startswith("Cette structure a déjà")
    mettre(demande, "refusee")
    assert client.post(ajouter, saisie).status_code == 302


def test_une_fiche_en_brouillon_une_enveloppe_close_se_refusent(client, demande, gens, plafond):
    client.force_login(gens["coordination"])
    for preparer, phrase in (
        (lambda: type(demande.fiche).objects.update(etat="brouillon"), "proposez-la avant de déposer"),
        (lambda: type(demande.fiche).objects.update(etat="proposee"), ""),
        (
            lambda: type(plafond.enveloppe).objects.update(close_le="2020-01-01"),
            "close depuis le 1er janvier 2020",
        ),
        (
            lambda: type(plafond.enveloppe).objects.update(close_le=None, ouverte_le="2099-01-01"),
            "n’ouvre que le",
        ),
        (
            lambda: (type(plafond.enveloppe).objects.update(ouverte_le=None), plafond.delete()),
            "ne prévoit rien pour",
        ),
    ):
        mettre(demande, "brouillon")
        preparer()
        suite = client.post(url("subvention_agir", demande, "deposer"), follow=True).content.decode()
        demande.refresh_from_db()
        assert (demande.etat == "deposee") == (not phrase), phrase
        assert phrase in suite


def test_deposee_elle_est_figee_et_a_modifier_elle_se_reprend_sous_le_plafond(client, demande, gens, plafond):
    MembreFactory(gouvernance=demande.demarche.gouvernance, structure=demande.beneficiaire)
    client.force_login(gens["coordination"])
    page = url("subvention_modifier", demande)
    saisie = envoi(client.get(page).context["formulaire"], objet="Après coup")
    mettre(demande, "deposee")
    reponse = client.post(page, saisie)
    assert reponse.status_code == 422
    assert "elle ne se modifie plus" in reponse.content.decode()
    DemandeFactory(fiche__demarche=demande.demarche, enveloppe=plafond.enveloppe, deposee=True)
    mettre(demande, "a_modifier")
    saisie = envoi(client.get(page).context["formulaire"], montant_etp="5 000,01")
    assert client.post(page, saisie).status_code == 422  # 5 000 ailleurs, 7 000,01 ici, 12 000 en tout
    assert client.post(page, saisie | {"montant_etp": "5 000"}).status_code == 302
    demande.refresh_from_db()
    assert (demande.etat, demande.montant) == ("a_modifier", 7_000)
    assert client.post(page, saisie | {"montant_etp": "1"}).status_code == 409  # version dépassée


def test_un_brouillon_s_efface_une_demande_deposee_reste(client, demande, gens):
    client.force_login(gens["coordination"])
    mettre(demande, "deposee")
    client.post(url("subvention_supprimer", demande))
    assert DemandeSubvention.objects.exists()
    mettre(demande, "brouillon")
    client.post(url("subvention_supprimer", demande))
    assert not DemandeSubvention.objects.exists()
    assert Evenement.objects.get(action="supprimer").par == gens["coordination"]


def test_chacun_voit_ce_qui_le_regarde(client, demande, gens):
    def voit(qui):
        client.force_login(gens[qui])
        return client.get(url("subvention", demande)).status_code

    visibles = {
        "brouillon": {"coordination", "co_porteur"},
        "deposee": {
            "coordination",
            "co_porteur",
            "porteur_epci",
            "elu",
            "cotech",
            "lecture",
            "administration",
        },
    }
    for etat, attendus in visibles.items():
        mettre(demande, etat)
        assert {qui for qui in QUI if voit(qui) == 200} == attendus
    DemandeSubvention.objects.update(beneficiaire=gens["partenaire"].structure)
    assert (voit("partenaire"), voit("tierce"), voit("dehors")) == (200, 404, 404)


def test_le_tableur_des_demandes_parle_les_codes_de_l_anct(client, demande, gens):
    client.force_login(gens["coordination"])
    codes = {}
    for etat in EtatDemande:
        mettre(demande, etat)
        lus = client.get(reverse("subventions_xlsx", args=[demande.demarche.uuid])).content
        ligne = dict(zip(*classeur(lus)["Demandes de subvention"], strict=True))
        codes[etat.value] = ligne["Statut (code ANCT)"]
        assert ligne["Demandé"] == 5000.0
    assert codes == {
        "brouillon": "", "deposee": "deposee", "en_cours": "enCours", "a_modifier": "enCours",
        "acceptee": "acceptee", "refusee": "refusee",
    }  # fmt: skip


def test_la_page_des_subventions_ne_grossit_pas(client, demande, gens, compter_requetes):
    client.force_login(gens["coordination"])
    adresses = [reverse("subventions", args=[demande.demarche.uuid]), url("subvention", demande)]
    avant = [compter_requetes(adresse) for adresse in adresses]
    for rang in range(5):
        part = PlafondFactory(departement=demande.demarche.departement, enveloppe__nom=f"Enveloppe {rang}")
        DemandeFactory(fiche__demarche=demande.demarche, enveloppe=part.enveloppe, deposee=True)
    assert [compter_requetes(adresse) for adresse in adresses] == avant
    assert max(avant) <= 10
