"""Autour d'une fiche, dans un vrai navigateur : commenter, citer au clavier ou sans script."""

import pytest
from django.urls import reverse

from feuille_de_route.dialogue import echanges
from feuille_de_route.dialogue.echanges import Mot
from feuille_de_route.echelles import reprises
from feuille_de_route.echelles.reprises import Reprise
from feuille_de_route.models import FicheAction, Mention
from gouvernance.models import Etape, Evenement, Role
from gouvernance.socle import coffre
from tests.feuille_de_route.fabriques import CommentaireFactory, FicheFactory, PieceDeFicheFactory
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory, UtilisateurFactory
from tests.navigateur.axe import violations

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]
GENS = {
    "coordination": ("Camille", "Roux"), "elu": ("Hélène", "Dûment"), "cotech": ("Paul", "Roux-Petit"),
    "partenaire": ("Jo", "Le Gall"),
}  # fmt: skip
AVANT = (
    "Un camping-car aménagé passe dans douze communes, deux fois par mois. Deux médiateurs accueillent les "
    "habitants, les aident dans leurs démarches et les orientent vers les ateliers du chef-lieu."
)
APRES = AVANT.replace("douze", "dix-huit").replace("deux fois", "trois fois") + " Un élu est présent."


@pytest.fixture
def lieu(transactional_db):
    demarche = DemarcheFactory(
        avec_cadre=True, etape=Etape.PLAN_ACTIONS, nom="Feuille de route de la Dordogne"
    )
    gens = {
        role: MandatFactory(
            demarche=demarche, role=Role(role), utilisateur=UtilisateurFactory(password=None, prenom=p, nom=n)
        ).utilisateur
        for role, (p, n) in GENS.items()
    }
    fiche = FicheFactory(demarche=demarche, complete=True, proposee=True, titre="Permanences itinérantes")
    fiche.gens = gens
    return fiche


def adresse(nom, fiche, *suite):
    return reverse(nom, args=[fiche.demarche.uuid, fiche.uuid, *suite])


def garnir(fiche):
    """De quoi remplir chaque page : des fils, des pièces, une reprise, une histoire."""
    gens = fiche.gens
    premier = echanges.commenter(
        fiche, Mot("Pas de salle en montagne : où se garer ? @Camille Roux", [gens["coordination"]]),
        par=gens["elu"],
    )  # fmt: skip
    echanges.commenter(
        fiche,
        Mot("La CCI prête son parking de Thiviers, voir https://cci.example/parking"),
        par=gens["partenaire"],
        fil=premier,
    )
    CommentaireFactory(
        fiche=fiche, cree_par=gens["cotech"], texte="Budget à revoir avec la CAF.", resolu=True
    )
    for nom in ("Devis camping-car.pdf", "Convention CAF 2026 signée par la présidente du conseil.docx"):
        PieceDeFicheFactory(fiche=fiche, nom=nom, taille=843_120, empreinte=coffre.deposer(nom.encode()))
    reprises.reprendre(
        Reprise(fiche, fiche.demarche, 1, "Permanences itinérantes, 2027"), par=gens["coordination"]
    )
    details = [
        ["Description", AVANT, APRES],
        ["Pilote", "–", "Jo Le Gall"],
        ["Publics visés", "Seniors", "–"],
    ]
    for rang in range(3):
        Evenement.consigner_saisie(
            fiche, "modifier : Identité et sens", par=gens["partenaire"], details=details[rang : rang + 1]
        )
    Evenement.consigner_saisie(
        fiche, "modifier : Temps et étapes", par=None, auteur="Sam Petit, CCAS de Nontron",
        details=[["Étapes, ligne ajoutée", "–", "Recruter deux médiateurs ; 15/01/2027"]],
    )  # fmt: skip
    Evenement.consigner(fiche, "proposer", par=gens["partenaire"], de="Brouillon", vers="Proposée")


@pytest.mark.parametrize("largeur", [1280, 360])
def test_chaque_page_tient_et_se_lit(ouvrir_session, lieu, largeur):
    garnir(lieu)
    onglet = ouvrir_session(lieu.gens["coordination"], largeur=largeur)
    fil = lieu.commentaires.filter(parent=None, resolu_le=None).get()
    pages = [
        ("fiche",),
        ("fiche_histoire",),
        ("fiche_echanges",),
        ("fiche_reprendre",),
        ("fiche_repondre", fil.uuid),
        ("fiche_piece_joindre",),
    ]
    for nom, *suite in pages:
        onglet.goto(adresse(nom, lieu, *suite))
        assert onglet.evaluate("document.documentElement.scrollWidth") <= largeur, nom
        assert violations(onglet) == [], nom
    neuve = FicheAction.objects.get(reprise_de=lieu)
    onglet.goto(adresse("fiche", neuve))
    onglet.get_by_role("link", name="« Permanences itinérantes »").click()
    assert onglet.url.endswith(adresse("fiche", lieu))


def test_une_arobase_propose_les_gens_au_clavier(ouvrir_session, lieu):
    onglet = ouvrir_session(lieu.gens["elu"], largeur=360)
    onglet.goto(adresse("fiche_echanges", lieu))
    zone = onglet.get_by_label("Votre commentaire")
    zone.press_sequentially("Qu’en dit @rou")
    choix = onglet.get_by_role("option")
    choix.first.wait_for()
    assert {texte.split(" (")[0] for texte in choix.all_text_contents()} == {
        "Camille Roux",
        "Paul Roux-Petit",
    }
    zone.press("ArrowDown")
    zone.press("Enter")
    zone.press_sequentially("?")
    choisie = zone.input_value()
    assert choisie in {"Qu’en dit @Camille Roux ?", "Qu’en dit @Paul Roux-Petit ?"}
    onglet.get_by_role("button", name="Publier").click()
    onglet.get_by_text("C’est dit.").wait_for()
    assert str(Mention.objects.get()) in choisie
    assert onglet.get_by_text(f"À l’attention de {Mention.objects.get()}").is_visible()


def test_sans_javascript_on_coche_on_repond_on_resout(ouvrir_session, lieu):
    onglet = ouvrir_session(lieu.gens["partenaire"], javascript=False, largeur=360)
    onglet.goto(adresse("fiche_echanges", lieu))
    onglet.get_by_label("Votre commentaire").fill("On peut prêter la salle.")
    onglet.get_by_text("Choisir qui prévenir").click()
    onglet.get_by_label("Camille Roux").check(force=True)
    onglet.get_by_role("button", name="Publier").click()
    assert Mention.objects.get().utilisateur == lieu.gens["coordination"]
    onglet.get_by_role("link", name="Répondre").click()
    onglet.get_by_label("Votre réponse").fill("Le mardi seulement.")
    onglet.get_by_role("button", name="Publier").click()
    onglet.get_by_role("button", name="C’est résolu").click()
    onglet.get_by_text("1 fil résolu").wait_for()
    assert lieu.commentaires.filter(resolu_le__isnull=False).count() == 1
