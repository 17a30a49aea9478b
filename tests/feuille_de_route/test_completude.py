"""Ce qu'une fiche attend : peu de réponses pour la proposer, dites section par section."""

import pytest
from django.forms import Select
from django.urls import reverse

from feuille_de_route.forms.fiches import SECTIONS, NouvelleFiche
from feuille_de_route.models import EtatFiche, FicheAction
from feuille_de_route.redaction import completude
from gouvernance.permissions import Acces
from tests.feuille_de_route.fabriques import AxeFactory, FicheFactory
from tests.feuille_de_route.saisies import adresse, ecrire_section, envoi, ouvrir_section

LE_PLUS = 12  # champs à remplir pour proposer une fiche
SERIES_EXIGEES = {"indicateurs", "lignes_budget"}


def exiges(formulaire) -> list[str]:
    """Les champs d'une section qu'il faut remplir de sa main : exigés, visibles, et vides à l'ouverture."""
    morceaux = [formulaire, *(s.empty_form for s in formulaire.series if s.prefix in SERIES_EXIGEES)]
    return [
        champ.html_name
        for morceau in morceaux
        for champ in morceau.visible_fields()
        if champ.field.required and (champ.initial in (None, "") or isinstance(champ.field.widget, Select))
    ]


def test_douze_champs_au_plus_suffisent_pour_proposer(client, demarche, gens):
    vide = FicheFactory(demarche=demarche, structure_porteuse=gens["partenaire"].structure)
    for qui in ("coordination", "partenaire"):
        acces = Acces(gens[qui], demarche)
        comptes = [
            nom for section in SECTIONS.values() for nom in exiges(section(instance=vide, acces=acces))
        ]
        assert len(comptes) <= LE_PLUS, comptes


def test_ces_champs_la_suffisent_vraiment(client, demarche, gens):
    """De la création à « proposée », en ne remplissant que ce qui est exigé."""
    axe = AxeFactory(demarche=demarche)
    client.force_login(gens["partenaire"])
    page = client.get(reverse("fiche_ajouter", args=[demarche.uuid]))
    client.post(page.request["PATH_INFO"], envoi(page.context["formulaire"], titre="Le bus"))
    fiche = FicheAction.objects.get()
    reponses = {
        "identite": {"axe": axe.pk, "nature": "nouvelle"},
        "sens": {"objectifs": "Aider 400 personnes.", "description": "Un bus, deux médiateurs."},
        "acteurs": {"pilote": "Cheffe de projet"},
        "temps": {"debut": "2026-09-01"},
        "mesure": {"indicateurs-0-libelle": "Personnes accompagnées"},
        "moyens": {"lignes_budget-0-nature": "rh", "lignes_budget-0-montant": "0"},
    }
    for code, saisie in reponses.items():
        demandes = set(exiges(ouvrir_section(client, fiche, code)))
        assert {nom.replace("-0-", "-__prefix__-") for nom in saisie} <= demandes, code
        assert ecrire_section(client, fiche, code, **saisie).status_code == 302, code
    client.post(adresse("fiche_agir", fiche, "proposer"))
    fiche.refresh_from_db()
    assert fiche.etat == EtatFiche.PROPOSEE
    assert sum(map(len, reponses.values())) + 1 <= LE_PLUS


def test_chaque_section_dit_ou_elle_en_est(client, demarche, gens):
    fiche = FicheFactory(demarche=demarche, nature="nouvelle")
    etats = {etat.code: etat for etat in completude.sections(fiche)}
    assert list(etats) == list(SECTIONS)
    assert {code: (e.rempli, e.attendus, e.etat) for code, e in etats.items()} == {
        "identite": (1, 2, "a_remplir"), "sens": (0, 2, "a_remplir"), "publics": (0, 0, "facultative"),
        "acteurs": (0, 2, "a_remplir"), "temps": (0, 1, "a_remplir"), "mesure": (0, 1, "a_remplir"),
        "moyens": (0, 1, "a_remplir"),
    }  # fmt: skip
    pleine = FicheFactory(demarche=demarche, complete=True, publics=["seniors"], services=["demarches"])
    assert {e.dire for e in completude.sections(pleine)} == {"complète", "remplie"}


def test_le_tout_est_la_somme_des_sections(demarche):
    for fiche in (FicheFactory(demarche=demarche), FicheFactory(demarche=demarche, complete=True)):
        etats = completude.sections(fiche)
        rempli, attendus = sum(e.rempli for e in etats), sum(e.attendus for e in etats)
        assert completude.completude(fiche) == round(100 * rempli / attendus)
        assert [m.phrase for e in etats for m in e.manques] == completude.obligatoires(fiche)


def test_chaque_manque_mene_a_son_champ(client, demarche, gens):
    """Les adresses de la fiche existent, et chaque ancre est bien dans la page où elle mène."""
    fiche = FicheFactory(demarche=demarche)
    client.force_login(gens["coordination"])
    contexte = client.get(adresse("fiche", fiche)).context
    assert len(contexte["reste"]) == 9
    for phrase, lien in [*contexte["reste"], *contexte["conseils"]]:
        page, ancre = lien.split("#")
        contenu = client.get(page).content.decode()
        assert f'id="{ancre}' in contenu, (phrase, lien)


@pytest.mark.parametrize("code", SECTIONS)
def test_le_sommaire_montre_toutes_les_sections(client, fiche, gens, code):
    client.force_login(gens["coordination"])
    page = client.get(adresse("fiche_section", fiche, code))
    assert [etat.code for etat, _ in page.context["sommaire"]] == list(SECTIONS)
    assert page.content.decode().count('aria-current="step"') == 1


def test_la_creation_ne_demande_que_quatre_reponses(demarche, gens):
    assert (
        len(NouvelleFiche(demarche=demarche, acces=Acces(gens["coordination"], demarche)).visible_fields())
        == 4
    )
