"""La fiche action : sa table de transitions, qui la voit, qui l'écrit, et ce que disent ses pages."""

from itertools import product
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from feuille_de_route import fiches
from feuille_de_route.fiches import PORTEUR, TRANSITIONS
from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.models import EtatFiche, FicheAction
from gouvernance.models import Demarche, Etape, Evenement, Role
from tests.feuille_de_route.fabriques import FicheFactory
from tests.feuille_de_route.saisies import adresse, ecrire_section, envoi, ouvrir_section
from tests.gouvernance.fabriques import DecisionFactory, DemarcheFactory, MandatFactory

QUI = [*(role.value for role in Role), "tierce", "administration", "dehors"]
MANUELLES = [nom for nom, t in TRANSITIONS.items() if not t.decision]
DATES = {
    EtatFiche.PROPOSEE: {"proposee_le": timezone.now()},
    EtatFiche.RETENUE: {"retenue_le": timezone.now()},
}
MOTIF = {"motif": "Préciser le public visé."}


def motif(texte=MOTIF["motif"]):
    return {"motif": texte, "jeton": str(uuid4())}


def mettre(fiche, etat):
    motif = "Parce que." if etat in {EtatFiche.ECARTEE, EtatFiche.A_COMPLETER} else ""
    champs = {"retenue_le": None, **DATES.get(etat, {})}
    FicheAction.objects.filter(pk=fiche.pk).update(etat=etat, motif=motif, **champs)
    fiche.refresh_from_db()
    return fiche


def voit(qui, etat):
    """Ce que dit FicheActionQuerySet.visibles_par, pour la fiche de la partenaire."""
    if qui == "dehors":
        return False
    encadre = qui in {"coordination", "co_porteur", "porteur_epci", "partenaire"}
    return encadre or etat != EtatFiche.BROUILLON


def permis(action, qui, etat):
    transition = TRANSITIONS[action]
    return etat in transition.depuis and _a_le_role(transition, qui)


def _a_le_role(transition, qui):
    return qui in transition.roles or (qui == "partenaire" and PORTEUR in transition.roles)


@pytest.mark.parametrize(("action", "etat"), list(product(MANUELLES, EtatFiche)))
def test_la_table_des_transitions_est_la_seule_a_decider(client, fiche, gens, action, etat):
    for qui in QUI:
        mettre(fiche, etat)
        faits = Evenement.objects.count()
        client.force_login(gens[qui])
        reponse = client.post(adresse("fiche_agir", fiche, action), motif())
        fiche.refresh_from_db()
        if permis(action, qui, etat):
            assert reponse.status_code == 302, qui
            assert client.get(reponse.url).status_code == 200, qui  # qui agit voit encore la page
            assert fiche.etat == TRANSITIONS[action].vers, qui
            assert Evenement.objects.count() == faits + 1, qui
            assert Evenement.objects.first().par == gens[qui]
        else:
            assert (fiche.etat, Evenement.objects.count()) == (etat, faits), qui
            assert reponse.status_code in refus_attendu(action, qui, etat), qui


def refus_attendu(action, qui, etat):
    if not voit(qui, etat):
        return {404}
    if not _a_le_role(TRANSITIONS[action], qui):
        return {403}
    return {302, 422}  # la phrase du refus, sur la page ou dans le formulaire


@pytest.mark.parametrize("etat", EtatFiche)
def test_les_boutons_montres_sont_ceux_qui_marchent(client, fiche, gens, etat):
    mettre(fiche, etat)
    for qui in QUI:
        client.force_login(gens[qui])
        reponse = client.get(adresse("fiche", fiche))
        assert reponse.status_code == (200 if voit(qui, etat) else 404), qui
        if reponse.status_code == 200:
            attendus = {TRANSITIONS[a].libelle for a in MANUELLES if permis(a, qui, etat)}
            assert {acte["libelle"] for acte in reponse.context["actes"]} == attendus, qui


@pytest.mark.parametrize("action", ["retenir", "ecarter"])
def test_retenir_et_ecarter_exigent_une_decision_de_la_meme_demarche(client, fiche, gens, action):
    mettre(fiche, EtatFiche.PROPOSEE)
    client.force_login(gens["coordination"])
    assert client.post(adresse("fiche_agir", fiche, action), motif()).status_code == 404
    options = {"par": gens["coordination"], "motif": "Trop chère."}
    with pytest.raises(fiches.ValidationError, match="en séance"):
        fiches.effectuer(action, fiche.pk, **options)
    ailleurs = DecisionFactory(seance__instance__demarche=DemarcheFactory(groupement=True))
    with pytest.raises(fiches.ValidationError, match="autre démarche"):
        fiches.effectuer(action, fiche.pk, decision=ailleurs, **options)
    decision = DecisionFactory(seance__instance=fiche.demarche.instances.get())
    fiches.effectuer(action, fiche.pk, decision=decision, **options)
    page = client.get(adresse("fiche", fiche)).content.decode()
    assert decision.numero in page
    assert reverse("seance", args=[fiche.demarche.uuid, decision.seance.uuid]) in page


def test_une_fiche_incomplete_ne_se_propose_pas_et_dit_ce_qui_manque(client, demarche, gens):
    vide = FicheFactory(demarche=demarche)
    client.force_login(gens["coordination"])
    page = client.get(adresse("fiche", vide))
    assert page.context["completude"] == 0
    for phrase in ("Écrire les objectifs.", "Donner au moins un indicateur.", "Chiffrer au moins une ligne"):
        assert phrase in page.content.decode()
    assert "il reste 9 points à remplir" in page.content.decode()
    client.post(adresse("fiche_agir", vide, "proposer"))
    assert "Nommer le pilote." in client.get(adresse("fiche", vide)).content.decode()
    vide.refresh_from_db()
    assert vide.etat == EtatFiche.BROUILLON


def test_renvoyer_exige_un_motif_que_le_porteur_lit(client, fiche, gens):
    mettre(fiche, EtatFiche.PROPOSEE)
    client.force_login(gens["cotech"])
    refus = client.post(adresse("fiche_agir", fiche, "renvoyer"), motif("  "))
    assert refus.status_code == 422
    assert "Ce champ est obligatoire" in refus.content.decode()
    client.post(adresse("fiche_agir", fiche, "renvoyer"), motif())
    client.force_login(gens["partenaire"])
    assert MOTIF["motif"] in client.get(adresse("fiche", fiche)).content.decode()


@pytest.mark.parametrize(
    "etape", [e for e in Etape if e not in {*Etape.fil()[: Etape.PLAN_ACTIONS.rang + 1]}]
)
def test_apres_la_soumission_rien_ne_bouge_et_la_page_dit_pourquoi(client, fiche, gens, etape):
    formulaire = _connectee(client, gens["coordination"], fiche)
    maintenant = timezone.now()
    dates = {"soumise_le": maintenant, "validee_le": maintenant, "signee_le": maintenant}
    if etape in {Etape.SOUMISE, Etape.ABANDONNEE}:
        dates |= {"validee_le": None}
    abandon = {"abandonnee_le": maintenant, "motif": "Faute de moyens."} if etape == Etape.ABANDONNEE else {}
    Demarche.objects.update(etape=etape, transmise_le=maintenant, **dates, **abandon)
    reponse = client.post(adresse("fiche_section", fiche, "identite"), envoi(formulaire, titre="Trop tard"))
    assert reponse.status_code == 422
    assert "Trop tard" in reponse.content.decode()  # la saisie n'est pas perdue
    suite = client.get(adresse("fiche_section", fiche, "identite"), follow=True)
    assert ("abandonnée" if abandon else "On ne peut plus modifier") in suite.content.decode()
    fiche.refresh_from_db()
    assert fiche.titre != "Trop tard"
    assert not suite.context["actes"]


def _connectee(client, personne, fiche, code="identite"):
    client.force_login(personne)
    return ouvrir_section(client, fiche, code)


def test_la_partenaire_ecrit_la_sienne_et_le_journal_dit_quoi(client, fiche, gens):
    client.force_login(gens["partenaire"])
    reponse = ecrire_section(client, fiche, "identite", titre="Le bus du numérique", priorite="1")
    assert reponse.status_code == 302
    fiche.refresh_from_db()
    assert (fiche.titre, fiche.priorite, fiche.version) == ("Le bus du numérique", 1, 2)
    ligne = Evenement.objects.get()
    assert (ligne.action, ligne.par) == ("modifier : Identité", gens["partenaire"])
    assert "Titre : Permanences" in ligne.de
    assert "Titre : Le bus du numérique" in ligne.vers
    assert "Priorité : Haute" in ligne.vers
    histoire = client.get(adresse("fiche_histoire", fiche)).content.decode()
    assert "Modifier : Identité" in histoire
    assert "numérique" in histoire


@pytest.mark.parametrize("etat", EtatFiche)
def test_la_partenaire_n_ecrit_qu_en_brouillon_ou_a_completer(client, fiche, gens, etat):
    formulaire = _connectee(client, gens["partenaire"], fiche)
    mettre(fiche, etat)
    reponse = client.post(adresse("fiche_section", fiche, "identite"), envoi(formulaire, titre="Nouveau"))
    libre = etat in {EtatFiche.BROUILLON, EtatFiche.A_COMPLETER}
    assert reponse.status_code == (302 if libre else 422)
    if not libre:
        assert "demandez à la coordination de vous la renvoyer" in reponse.content.decode()
        assert "Nouveau" in reponse.content.decode()
    fiche.refresh_from_db()
    assert (fiche.titre == "Nouveau") is libre


@pytest.mark.parametrize(
    ("qui", "etat", "attendu"),
    [
        ("tierce", EtatFiche.BROUILLON, 404),
        ("tierce", EtatFiche.PROPOSEE, 403),
        ("elu", EtatFiche.PROPOSEE, 403),
        ("cotech", EtatFiche.A_COMPLETER, 403),
        ("lecture", EtatFiche.A_COMPLETER, 403),
        ("administration", EtatFiche.PROPOSEE, 403),
        ("dehors", EtatFiche.RETENUE, 404),
    ],
)
def test_la_fiche_d_un_autre_ne_s_ecrit_pas(client, fiche, gens, qui, etat, attendu):
    mettre(fiche, etat)
    client.force_login(gens[qui])
    for methode, code in product((client.get, client.post), SECTIONS):
        reponse = methode(adresse("fiche_section", fiche, code), {"titre": "Pris"})
        assert reponse.status_code == attendu
    fiche.refresh_from_db()
    assert fiche.titre != "Pris"


def test_une_elue_de_la_structure_porteuse_lit_sans_ecrire(client, fiche, gens):
    gens["elu"].structure = gens["partenaire"].structure
    gens["elu"].save()
    mettre(fiche, EtatFiche.A_COMPLETER)
    client.force_login(gens["elu"])
    assert client.get(adresse("fiche", fiche)).status_code == 200
    assert client.get(adresse("fiche_section", fiche, "identite")).status_code == 403


def test_les_fiches_d_une_autre_demarche_sont_introuvables(client, fiche, gens):
    autre = DemarcheFactory(groupement=True, etape=Etape.PLAN_ACTIONS)
    MandatFactory(utilisateur=gens["coordination"], demarche=autre)
    client.force_login(gens["coordination"])
    for nom, suite in (("fiche", ()), ("fiche_section", ("identite",)), ("fiche_agir", ("proposer",))):
        url = reverse(nom, args=[autre.uuid, fiche.uuid, *suite])
        assert client.post(url).status_code in {404, 405}
        assert client.get(url).status_code == 404


def test_section_ou_action_inconnue(client, fiche, gens):
    client.force_login(gens["coordination"])
    assert client.get(adresse("fiche_section", fiche, "secret")).status_code == 404
    assert client.post(adresse("fiche_agir", fiche, "effacer")).status_code == 404
    assert client.get(adresse("fiche_agir", fiche, "proposer")).status_code == 405


REFUS_EN_BASE = {
    "fiche_etat_connu": {"etat": "perdue"},
    "fiche_nature_connue": {"nature": "autre"},
    "fiche_priorite_connue": {"priorite": 9},
    "fiche_dates_ordonnees": {"debut": "2027-01-01", "fin": "2026-01-01"},
    "fiche_proposee_datee": {"etat": "proposee", "proposee_le": None},
    "fiche_retenue_datee": {"retenue_le": timezone.now()},
    "fiche_ecartee_motivee": {"etat": "ecartee", "motif": ""},
}


@pytest.mark.parametrize(("contrainte", "champs"), REFUS_EN_BASE.items())
def test_la_base_refuse_les_etats_impossibles(fiche, contrainte, champs):
    with pytest.raises(IntegrityError, match=contrainte), transaction.atomic():
        FicheAction.objects.filter(pk=fiche.pk).update(**champs)


def test_le_numero_est_unique_dans_la_demarche(fiche):
    with pytest.raises(IntegrityError, match="fiche_numero_unique"), transaction.atomic():
        FicheFactory(demarche=fiche.demarche, numero=fiche.numero)


@pytest.mark.parametrize("qui", ["coordination", "porteur_epci"])
def test_une_fiche_ecartee_se_reprend_avant_de_s_ecrire(client, fiche, gens, qui):
    client.force_login(gens[qui])
    url = adresse("fiche_section", fiche, "sens")
    donnees = envoi(client.get(url).context["formulaire"], objectifs="Écrit malgré tout")
    mettre(fiche, EtatFiche.ECARTEE)
    page = client.get(adresse("fiche", fiche)).content.decode()
    assert "La fiche est écartée" in page
    assert url not in page
    assert ("Reprendre la fiche écartée" in page) == (qui == "coordination")
    refus = client.post(url, donnees)
    assert refus.status_code == 422
    assert "Écrit malgré tout" in refus.content.decode()
    client.force_login(gens["coordination"])
    client.post(adresse("fiche_agir", fiche, "reprendre"))
    assert url in client.get(adresse("fiche", fiche)).content.decode()
