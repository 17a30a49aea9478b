"""Écrire une fiche dans un vrai navigateur : elle s'enregistre seule, le réseau se coupe, quelqu'un d'autre
écrit, la session finit, et aucun mot ne se perd.
"""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.models import FicheAction
from gouvernance.comptes.magasin import SessionStore
from gouvernance.models import Etape
from tests.feuille_de_route.conftest import compte
from tests.feuille_de_route.fabriques import (
    EtapeFicheFactory,
    FicheFactory,
    FinancementFactory,
    PartenariatFactory,
)
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory
from tests.navigateur.axe import violations

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]
ENREGISTRE = re.compile(r"Enregistré à \d\d:\d\d\.")
GARDE = "votre texte est gardé sur cet appareil"


@pytest.fixture
def fiche(db):
    demarche = DemarcheFactory(avec_cadre=True, etape=Etape.PLAN_ACTIONS)
    return FicheFactory(demarche=demarche, complete=True)


@pytest.fixture
def redactrice(fiche):
    return MandatFactory(demarche=fiche.demarche, utilisateur=compte(), role="coordination").utilisateur


def adresse(fiche, code):
    return reverse("fiche_section", args=[fiche.demarche.uuid, fiche.uuid, code])


def ouvrir(ouvrir_session, redactrice, fiche, code, **options):
    onglet = ouvrir_session(redactrice, **options)
    onglet.goto(adresse(fiche, code))
    return onglet


def etat(onglet):
    return onglet.locator("[data-etat]")


def attendre(onglet, vrai):
    """Jusqu'à ce que ce soit vrai en base, dix secondes au plus."""
    for _ in range(100):
        if vrai():
            return
        onglet.wait_for_timeout(100)
    raise AssertionError(etat(onglet).inner_text())


def gardees(onglet):
    return onglet.evaluate("Object.keys(localStorage).filter((c) => c.startsWith('saisie:')).length")


def noms(fiche):
    return sorted(etape.libelle for etape in fiche.etapes.all())


def relue(fiche):
    return FicheAction.objects.get(pk=fiche.pk)


def test_la_saisie_s_enregistre_seule_et_le_dit(ouvrir_session, redactrice, fiche):
    onglet = ouvrir(ouvrir_session, redactrice, fiche, "sens")
    onglet.get_by_label("Besoins").fill("Être aidés près de chez eux")
    expect(etat(onglet)).to_have_text(ENREGISTRE)
    assert relue(fiche).besoins == "Être aidés près de chez eux"
    onglet.get_by_label("Besoins").fill("Être aidés sans rendez-vous")
    onglet.get_by_label("Objectifs").focus()  # quitter le champ suffit
    attendre(onglet, lambda: relue(fiche).besoins == "Être aidés sans rendez-vous")
    attendre(onglet, lambda: gardees(onglet) == 0)


def test_une_ligne_neuve_s_enregistre_une_fois_et_se_retouche(ouvrir_session, redactrice, fiche):
    onglet = ouvrir(ouvrir_session, redactrice, fiche, "temps")
    onglet.get_by_role("button", name="Ajouter une ligne").click()
    onglet.locator("[name=etapes-1-libelle]").fill("Recruter")  # la première reste vide
    expect(etat(onglet)).to_have_text(ENREGISTRE)
    premiere = onglet.locator("[name=etapes-0-libelle]")  # elle a pris la première place
    expect(premiere).to_have_value("Recruter")
    premiere.fill("Recruter deux médiateurs")
    onglet.locator("[name=etapes-1-libelle]").fill("Ouvrir")
    attendre(onglet, lambda: noms(fiche) == ["Ouvrir", "Recruter deux médiateurs"])
    assert onglet.locator("#id_etapes-0-libelle").input_value() == "Recruter deux médiateurs"
    onglet.locator("label", has_text="Supprimer cette étape").first.click()
    expect(etat(onglet)).to_contain_text("La ligne cochée disparaîtra quand vous cliquerez")
    assert fiche.etapes.count() == 2
    onglet.get_by_role("button", name="Enregistrer et relire la fiche").click()
    onglet.wait_for_url(re.compile(r"/fiches/[^/]+/$"))
    assert noms(fiche) == ["Ouvrir"]


def test_le_reseau_se_coupe_et_les_mots_partent_au_retour(ouvrir_session, redactrice, fiche):
    onglet = ouvrir(ouvrir_session, redactrice, fiche, "temps", largeur=360)
    onglet.context.set_offline(True)
    onglet.locator("[name=etapes-0-libelle]").fill("Écrite sans réseau")
    expect(etat(onglet)).to_contain_text(GARDE)
    onglet.locator("[name=premiere_annee]").fill("Elle aussi")
    onglet.get_by_role(
        "button", name="Enregistrer et relire"
    ).click()  # le bouton ne mène pas à une page morte
    expect(etat(onglet)).to_contain_text(GARDE)
    assert not fiche.etapes.exists()
    onglet.context.set_offline(False)
    expect(etat(onglet)).to_have_text(ENREGISTRE)
    attendre(onglet, lambda: relue(fiche).premiere_annee == "Elle aussi" and gardees(onglet) == 0)
    assert noms(fiche) == ["Écrite sans réseau"]


def test_l_onglet_ferme_hors_reseau_rend_la_saisie_a_la_reouverture(ouvrir_session, redactrice, fiche):
    onglet = ouvrir(ouvrir_session, redactrice, fiche, "sens")
    contexte = onglet.context
    contexte.set_offline(True)
    onglet.get_by_label("Besoins").fill("Des mots gardés")
    expect(etat(onglet)).to_contain_text(GARDE)
    onglet.close()
    contexte.set_offline(False)
    rouvert = contexte.new_page()
    rouvert.goto(adresse(fiche, "sens"))
    rouvert.get_by_role("button", name="Reprendre ma saisie").click()
    expect(rouvert.get_by_label("Besoins")).to_have_value("Des mots gardés")
    expect(etat(rouvert)).to_have_text(ENREGISTRE)
    assert relue(fiche).besoins == "Des mots gardés"
    rouvert.goto(adresse(fiche, "sens"))
    expect(rouvert.get_by_role("button", name="Reprendre ma saisie")).to_have_count(0)


def test_la_reponse_perdue_ne_double_pas_la_ligne(ouvrir_session, redactrice, fiche):
    """Le serveur a écrit, la page n'en a rien su : elle renvoie le même envoi."""
    onglet = ouvrir(ouvrir_session, redactrice, fiche, "temps")
    coupees = []

    def couper(route):
        route.fetch()
        coupees.append(route)
        route.abort()

    onglet.route("**/ecrire/**", couper, times=1)
    onglet.locator("[name=etapes-0-libelle]").fill("Une seule fois")
    expect(etat(onglet)).to_contain_text(GARDE)
    assert fiche.etapes.count() == 1
    expect(etat(onglet)).to_have_text(ENREGISTRE)
    onglet.locator("[name=etapes-0-libelle]").fill("Une seule fois, retouchée")
    attendre(onglet, lambda: noms(fiche) == ["Une seule fois, retouchée"])
    assert len(coupees) == 1


def test_quelqu_un_d_autre_ecrit_ailleurs_puis_au_meme_endroit(ouvrir_session, redactrice, fiche):
    onglet = ouvrir(ouvrir_session, redactrice, fiche, "sens")
    FicheAction.objects.filter(pk=fiche.pk).update(contexte="Écrit par l’autre", version=2)
    onglet.get_by_label("Besoins").fill("Les miens")
    expect(etat(onglet)).to_have_text(ENREGISTRE)
    expect(onglet.get_by_label("Contexte")).to_have_value("Écrit par l’autre")  # sa phrase entre dans la page
    FicheAction.objects.filter(pk=fiche.pk).update(objectifs="Les siens", version=9)
    onglet.get_by_label("Objectifs").fill("Mes objectifs")
    expect(etat(onglet)).to_contain_text("Quelqu’un a enregistré « Objectifs » avant vous. Rien n’est perdu.")
    onglet.get_by_role("button", name="Comparer les deux textes").click()
    expect(onglet.get_by_role("heading", level=1)).to_have_text("Quelqu’un a enregistré avant vous")
    assert violations(onglet) == []
    for texte in ("Mes objectifs", "Les siens"):
        expect(onglet.locator(".conflit")).to_contain_text(texte)
    onglet.get_by_role("button", name="Enregistrer mes choix").click()
    onglet.wait_for_url(re.compile(r"/fiches/[^/]+/$"))
    apres = relue(fiche)
    assert (apres.objectifs, apres.besoins, apres.contexte) == (
        "Mes objectifs",
        "Les miens",
        "Écrit par l’autre",
    )


def test_la_session_finit_pendant_la_saisie(ouvrir_session, redactrice, fiche):
    onglet = ouvrir(ouvrir_session, redactrice, fiche, "sens")
    SessionStore.get_model_class().objects.all().delete()
    onglet.get_by_label("Besoins").fill("Gardés malgré tout")
    expect(etat(onglet)).to_contain_text("Votre session est terminée. Votre texte est gardé sur cet appareil")
    expect(onglet.get_by_role("link", name="vous reconnecter")).to_be_visible()
    assert "Gardés malgré tout" in onglet.evaluate("JSON.stringify(localStorage)")


def test_le_jeton_du_formulaire_se_renouvelle_seul(ouvrir_session, redactrice, fiche):
    """Se reconnecter dans un autre onglet périme le jeton de celui-ci : l'envoi repart avec un neuf."""
    onglet = ouvrir(ouvrir_session, redactrice, fiche, "sens")
    onglet.evaluate(
        "document.querySelectorAll('[name=csrfmiddlewaretoken]').forEach((j) => { j.value = 'perime'; })"
    )
    onglet.get_by_label("Besoins").fill("Passés tout de même")
    expect(etat(onglet)).to_have_text(ENREGISTRE)
    assert relue(fiche).besoins == "Passés tout de même"


def test_une_faute_se_dit_pres_du_champ_sans_prendre_la_main(ouvrir_session, redactrice, fiche):
    onglet = ouvrir(ouvrir_session, redactrice, fiche, "temps")
    onglet.get_by_label("Fin", exact=False).first.fill("2020-01-01")
    onglet.locator("[name=premiere_annee]").press_sequentially("Je continue d’écrire", delay=60)
    fin = onglet.locator("[name=fin]")
    expect(fin).to_have_attribute("aria-invalid", "true")
    expect(onglet.locator("#faute-fin")).to_have_text("La fin de l’action précède son début.")
    expect(onglet.locator("[name=premiere_annee]")).to_be_focused()
    assert violations(onglet) == []
    fin.fill("2030-01-01")
    expect(etat(onglet)).to_have_text(ENREGISTRE)
    expect(onglet.locator("[data-faute]")).to_have_count(0)


def test_une_ligne_commencee_n_est_pas_une_faute_tant_qu_on_y_est(ouvrir_session, redactrice, fiche):
    fiche.lignes_budget.all().delete()
    onglet = ouvrir(ouvrir_session, redactrice, fiche, "moyens")
    onglet.locator("[name=lignes_budget-0-libelle]").fill("Un médiateur")
    expect(etat(onglet)).to_contain_text("s’enregistrera une fois complète")
    expect(onglet.locator("[data-faute]")).to_have_count(0)
    onglet.locator("[name=lignes_budget-0-nature]").select_option("rh")
    onglet.locator("[name=lignes_budget-0-montant]").fill("38 000")
    onglet.locator("[name=moyens_humains]").focus()
    expect(etat(onglet)).to_have_text(ENREGISTRE)
    assert str(fiche.lignes_budget.get()) == f"{fiche.lignes_budget.get().annee} – Un médiateur"


def test_section_apres_section_au_bouton(ouvrir_session, redactrice, fiche):
    onglet = ouvrir(ouvrir_session, redactrice, fiche, "identite")
    onglet.get_by_label("Titre").fill("Le bus")
    for section in list(SECTIONS.values())[1:]:
        onglet.get_by_role("button", name="Enregistrer et passer à").click()
        expect(onglet.get_by_role("heading", level=1)).to_have_text(section.titre)
    assert relue(fiche).titre == "Le bus"


@pytest.mark.parametrize("javascript", [True, False], ids=["avec-javascript", "sans-javascript"])
def test_le_bouton_enregistre_avec_ou_sans_javascript(ouvrir_session, redactrice, fiche, javascript):
    onglet = ouvrir(ouvrir_session, redactrice, fiche, "sens", javascript=javascript)
    onglet.get_by_label("Besoins").fill("Au bouton")
    onglet.get_by_role("button", name="Enregistrer et relire la fiche").click()
    onglet.wait_for_url(re.compile(r"/fiches/[^/]+/$"))
    expect(onglet.get_by_text("C’est enregistré.")).to_be_visible()
    assert relue(fiche).besoins == "Au bouton"


@pytest.mark.parametrize("code", SECTIONS)
def test_chaque_section_tient_a_320_px_et_devant_axe(ouvrir_session, redactrice, fiche, code):
    EtapeFicheFactory(fiche=fiche)
    FinancementFactory(fiche=fiche)
    PartenariatFactory(fiche=fiche)
    onglet = ouvrir(ouvrir_session, redactrice, fiche, code)
    for largeur in (1280, 320):
        onglet.set_viewport_size({"width": largeur, "height": 900})
        depasse = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert onglet.evaluate(depasse) <= 0, largeur
        assert violations(onglet) == [], largeur
