"""Ce qui change d'une version à l'autre, et le fil entier d'un avenant, de la signature à la version 2."""

import json
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from feuille_de_route import fiches, parcours, transmissions
from feuille_de_route.echange import comparaison
from feuille_de_route.echange.exporter import exporter
from feuille_de_route.mise_en_oeuvre import suivi
from feuille_de_route.models import EtatFiche, Financement, LigneBudget
from feuille_de_route.transmission import envoi
from gouvernance.decisions import SaisieDecision
from gouvernance.models import (
    CodeJalon,
    Demarche,
    Etape,
    EtatJalon,
    Evenement,
    Jalon,
    NatureDecision,
    Role,
)
from tests.diagnostic.fabriques import EnjeuFactory
from tests.feuille_de_route import scenes
from tests.feuille_de_route.fabriques import (
    AxeFactory,
    FicheFactory,
    FinancementFactory,
    PartenariatFactory,
    SignataireFactory,
)
from tests.gouvernance.fabriques import (
    DecisionFactory,
    MandatFactory,
    SeanceFactory,
    SiegeFactory,
    StructureFactory,
)

pytestmark = pytest.mark.django_db


def publie(demarche) -> dict:
    """Ce que l'on figerait, relu comme on le relit d'une version."""
    return json.loads(json.dumps(exporter(Demarche.objects.get(pk=demarche.pk), seulement_retenues=True)))


def parties(avant, apres) -> dict:
    return {p.titre: p for p in comparaison.comparer_versions(avant, apres).parties}


def dits(changement) -> dict:
    return {e.libelle: [(m.genre, m.texte.strip()) for m in e.morceaux] for e in changement.ecarts}


@pytest.fixture
def plan(demarche):
    axe = AxeFactory(demarche=demarche, intitule="Rapprocher l’aide")
    porteuse = StructureFactory(nom="Conseil départemental")
    for titre in ("Permanences itinérantes", "Fonds de matériel"):
        fiche = FicheFactory(
            demarche=demarche, axe=axe, titre=titre, complete=True, retenue=True, structure_porteuse=porteuse
        )
        FinancementFactory(fiche=fiche)
    return demarche


def test_rien_n_a_change_ne_dit_rien(plan):
    dit = comparaison.comparer_versions(publie(plan), publie(plan))
    assert dit.vide
    assert all(somme.ecart == 0 for somme in dit.sommes)


def test_une_structure_de_plus_decale_les_references_sans_rien_changer(plan):
    """« S1 » désigne une autre structure dans l'autre fichier : ce sont les noms que l'on compare."""
    avant = publie(plan)
    autre = FicheFactory(demarche=plan, titre="Atelier", complete=True, retenue=True,
                         structure_porteuse=StructureFactory(nom="Association A"))  # fmt: skip
    apres = publie(plan)
    assert [f["structure_porteuse"] for f in avant["fiches"]] != [
        f["structure_porteuse"] for f in apres["fiches"][:2]
    ]
    (ajout,) = parties(avant, apres)["Fiches actions"].changements
    assert (ajout.nom, ajout.genre) == (str(autre), "ajout")
    assert dits(ajout)["Structure porteuse"] == [("ajout", "Association A")]


def test_chaque_champ_qui_change_se_dit_sous_son_nom_et_ses_mots(plan):
    fiche = plan.fiches.get(numero=1)
    fiche.description = "Un bus parcourt les bourgs du mardi au jeudi, avec deux médiatrices à bord."
    fiche.nature = "existante"
    fiche.save()
    avant = publie(plan)
    fiche.description = "Un bus parcourt les bourgs du mardi au samedi, avec deux médiatrices à bord."
    fiche.nature, fiche.structure_porteuse = "renforcee", StructureFactory(nom="Association B")
    fiche.pilote = ""
    fiche.save()
    PartenariatFactory(fiche=fiche, structure=StructureFactory(nom="La Poste"), apport="Trois bureaux")
    ligne = LigneBudget.objects.get(fiche=fiche)
    ligne.montant = Decimal("12500.50")
    ligne.save()
    Financement.objects.filter(fiche=fiche).update(etat="acquis", obtenu=4000)
    (change,) = parties(avant, publie(plan))["Fiches actions"].changements
    dit = dits(change)
    assert change.nom == "1. Permanences itinérantes"
    assert ("retrait", "jeudi") in dit["Description"]
    assert ("ajout", "samedi") in dit["Description"]
    assert dit["Nature"] == [("retrait", "Existante"), ("ajout", "Renforcée")]
    assert dit["Structure porteuse"] == [("retrait", "Conseil départemental"), ("ajout", "Association B")]
    assert dit["Pilote"] == [("retrait", "Chargée de mission")]
    assert dit["Partenaires"] == [("ajout", "La Poste (ce qu’elle apporte : Trois bureaux)")]
    (montants,) = [v for k, v in dit.items() if k.startswith("Budget, 2026") and k.endswith("prévu")]
    assert [(g, t.replace("\u202f", " ").replace("\xa0", " ")) for g, t in montants] == [
        ("retrait", "10 000 €"), ("ajout", "12 500,50 €"),
    ]  # fmt: skip
    assert dit["Financements, État : état"] == [("retrait", "Envisagé"), ("ajout", "Acquis")]
    assert set(dit) - {"Description", "Nature", "Structure porteuse", "Pilote", "Partenaires"} == {
        k for k in dit if k.startswith(("Budget, 2026", "Financements, État"))
    }


def test_les_sommes_suivent_au_centime(plan):
    avant = publie(plan)
    LigneBudget.objects.create(
        fiche=plan.fiches.get(numero=2), annee=2027, nature="rh", montant=Decimal("0.10")
    )
    Financement.objects.filter(fiche__numero=1).update(etat="acquis", obtenu=Decimal("4000.05"))
    sommes = {s.libelle: s for s in comparaison.comparer_versions(avant, publie(plan)).sommes}
    assert sommes["Budget prévu"].ecart == Decimal("0.10")
    assert sommes["Financements acquis"].apres == Decimal("4000.05")
    assert sommes["Financements demandés ou envisagés"].ecart == Decimal("-5000.00")


def test_axes_et_signataires_ajoutes_retires_et_renommes(plan):
    signataire = SignataireFactory(demarche=plan, nom="Une présidente")
    avant = publie(plan)
    plan.axes.update(intitule="Rapprocher l’aide des habitants")
    plan.fiches.filter(numero=2).update(etat=EtatFiche.ECARTEE, retenue_le=None, motif="Sans moyens.")
    AxeFactory(demarche=plan, intitule="Outiller les aidants", enjeux=[EnjeuFactory(demarche=plan)])
    SignataireFactory(demarche=plan, nom="Un maire", ordre=signataire.ordre + 1)
    dit = parties(avant, publie(plan))
    renomme, neuf = dit["Axes"].changements
    assert dits(renomme)["Intitulé"][-1][0] == "ajout"
    assert (neuf.nom, neuf.genre) == ("Outiller les aidants", "ajout")
    assert [(c.nom, c.genre) for c in dit["Fiches actions"].changements if c.genre == "retrait"] == [
        ("2. Fonds de matériel", "retrait")
    ]
    assert [(c.nom.split(",")[0], c.genre) for c in dit["Signataires"].changements] == [("Un maire", "ajout")]


# Le fil d'un avenant ------------------------------------------------------------------------------


def ecrire(demarche):
    enjeu = EnjeuFactory(demarche=demarche, retenu=True)
    axe = AxeFactory(demarche=demarche, intitule="Rapprocher l’aide", enjeux=[enjeu])
    fiche = FicheFactory(demarche=demarche, axe=axe, titre="Permanences", complete=True, retenue=True)
    FinancementFactory(fiche=fiche, demande=10_000)
    copil = demarche.instances.get()
    SiegeFactory(instance=copil)
    decision = DecisionFactory(seance=SeanceFactory(instance=copil, ouverte=True, numero=1))
    Jalon.objects.filter(demarche=demarche).update(etat=EtatJalon.VALIDE, decision=decision)


@pytest.fixture
def signee(monkeypatch):
    scenes.petit_document(monkeypatch)
    return scenes.demarche_signee(avec_cadre=True, avant_de_figer=ecrire)


def decider(demarche):
    """Le COPIL valide, en séance ouverte, la version soumise."""
    copil = demarche.instances.get()
    seance = SeanceFactory(instance=copil, ouverte=True, numero=2, debut=timezone.now())
    jalon = demarche.jalons.get(code=CodeJalon.VALIDATION)
    saisie = SaisieDecision(nature=NatureDecision.VALIDATION, objet="Valider l’avenant", jalon=jalon)
    return parcours.consigner_decision(seance.pk, saisie, par=None)


def test_la_page_des_versions_ouvre_un_avenant_a_qui_conduit(client, signee):
    adresse = reverse("demarche_acte", args=[signee.uuid, "reviser"])
    client.force_login(scenes.coordination_de(signee))
    page = client.get(reverse("versions", args=[signee.uuid])).content.decode()
    assert adresse in page
    assert (
        f'href="{reverse("suivi", args=[signee.uuid])}" aria-current="true"' in page
    )  # rangée sous « Suivi »
    client.force_login(MandatFactory(demarche=signee, role=Role.ELU).utilisateur)
    assert adresse not in client.get(reverse("versions", args=[signee.uuid])).content.decode()


def test_un_avenant_va_de_la_version_1_a_la_version_2_transmise(client, signee, settings):
    """réviser → écrire → soumettre → décider → signer → transmettre, par les règles et elles seules."""
    coordination = scenes.coordination_de(signee)
    client.force_login(coordination)
    parcours.reviser(signee.pk, par=coordination, motif="Étendre au samedi.")
    fiche = signee.fiches.get()
    assert (
        "Un avenant est en préparation"
        in client.get(reverse("versions", args=[signee.uuid])).content.decode()
    )
    fiches.effectuer("renvoyer", fiche.pk, par=coordination, motif="Ajouter le samedi.")
    fiche.refresh_from_db()
    fiche.description = "Un bus, deux médiateurs, le samedi aussi."
    fiche.save()
    fiches.effectuer("proposer", fiche.pk, par=coordination)
    seance = SeanceFactory(instance=signee.instances.get(), ouverte=True, numero=7)
    fiches.effectuer("retenir", fiche.pk, par=coordination, decision=DecisionFactory(seance=seance))
    page = client.get(reverse("avenant_comparer", args=[signee.uuid])).content.decode()
    assert "le samedi aussi." in page
    assert suivi.version_en_vigueur(signee).numero == 1

    parcours.franchir("soumettre", signee.pk, par=coordination)
    decider(signee)
    assert suivi.version_en_vigueur(signee).numero == 1  # tant que la suivante n'est pas signée
    parcours.franchir("ouvrir_signature", signee.pk, par=coordination)
    scenes.travailler()
    scenes.consentir(signee)
    scenes.travailler()
    signee.refresh_from_db()
    assert signee.etape == Etape.SIGNEE
    assert suivi.version_en_vigueur(signee).numero == 2

    page = client.get(reverse("version_comparer", args=[signee.uuid, 2])).content.decode()
    assert "aussi." in page
    assert (
        "Rien à comparer" in client.get(reverse("version_comparer", args=[signee.uuid, 1])).content.decode()
    )
    transmission = transmissions.demander(signee.pk, par=coordination)
    assert transmission.document.version_figee.numero == 2
    envoi.envoyer(transmission.pk)
    transmission.refresh_from_db()
    assert transmission.etat == "envoyee"
    assert "-v2-" in transmission.reference
    assert Evenement.objects.filter(demarche=signee, action="réviser").exists()
