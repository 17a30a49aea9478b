"""Une partenaire sur son téléphone : du lien du courriel à « fiche proposée », le réseau coupé en route."""

import os
import re

import pytest
from playwright.sync_api import expect

from feuille_de_route.dialogue import liens_de_fiche
from feuille_de_route.dialogue.liens_de_fiche import Envoi
from feuille_de_route.models import EtatFiche
from gouvernance.models import Etape, Role
from tests.feuille_de_route.fabriques import AxeFactory, FicheFactory
from tests.feuille_de_route.fabriques_partenaires import CAMILLE, RemarqueFactory, lien_recu
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory, StructureFactory, UtilisateurFactory
from tests.navigateur.axe import violations

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]
TELEPHONE = 360
CHAMPS_MAX = 12  # dix minutes de saisie
OBJECTIFS = "Aider quatre cents personnes par an à faire leurs démarches seules, dans douze communes."
DEBUT = "Un camping-car passe deux fois par mois dans chaque commune, "
COUPE = "avec deux médiatrices qui accueillent sans rendez-vous, "
FIN = "et un atelier mensuel à la médiathèque."
PHOTOS = os.environ.get("PHOTOS", "")  # un dossier où garder ce que l'on voit


@pytest.fixture
def fiche(transactional_db):
    demarche = DemarcheFactory(avec_cadre=True, etape=Etape.PLAN_ACTIONS, nom="Feuille de route du Périgord")
    AxeFactory(demarche=demarche, intitule="Rapprocher l’aide des habitants")
    porteuse = StructureFactory(nom="Le Bus numérique")
    fiche = FicheFactory(demarche=demarche, titre="Permanences itinérantes", structure_porteuse=porteuse)
    prefecture = StructureFactory(nom="Préfecture")
    compte = UtilisateurFactory(password=None, prenom="Hélène", nom="Roux", structure=prefecture)
    fiche.chef = MandatFactory(demarche=demarche, role=Role.COORDINATION, utilisateur=compte).utilisateur
    return fiche


class Telephone:
    """L'onglet d'une personne ; `saisis` : ce qu'elle a dû remplir, une fois chacun."""

    def __init__(self, onglet):
        self.onglet, self.saisis, self.fautes, self.rang = onglet, set(), [], 0
        onglet.on("pageerror", lambda erreur: self.fautes.append(str(erreur)))

    def voir(self, nom=""):
        """Examine la page : rien ne déborde, rien qu'axe reproche ; la photographie si on le demande."""
        large = self.onglet.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if large > 0:
            self.fautes.append(f"{nom} déborde de {large} px")
        self.fautes += [f"{nom} : {faute}" for faute in violations(self.onglet)]
        if PHOTOS:
            self.rang += 1
            self.onglet.screenshot(path=f"{PHOTOS}/{self.rang:02}-{nom}.png", full_page=True)

    def champ(self, nom):
        self.saisis.add(nom)
        return self.onglet.locator(f'form[data-enregistrement] [name="{nom}"]')

    def remplir(self, nom, valeur):
        champ = self.champ(nom)
        if champ.evaluate("e => e.tagName") == "SELECT":
            champ.select_option(label=valeur)
        else:
            champ.fill(valeur)

    def taper(self, nom, texte):
        """Lettre à lettre, à la suite de ce qui est écrit."""
        champ = self.champ(nom)
        champ.press("End")
        champ.press_sequentially(texte, delay=2)

    def presser(self, nom):
        self.onglet.get_by_role("button", name=re.compile(nom)).first.click()

    def passer_a(self, titre):
        self.presser(f"Enregistrer et passer à «.{titre}")
        expect(self.onglet.get_by_role("heading", level=1, name=titre)).to_be_visible(timeout=20_000)

    def lire(self, texte):
        expect(self.onglet.get_by_text(re.compile(texte)).first).to_be_visible(timeout=20_000)

    def attendre(self, condition):
        """Vingt secondes au plus ; l'onglet, lui, continue de vivre."""
        for _ in range(80):
            if condition():
                return
            self.onglet.wait_for_timeout(250)
        raise AssertionError("Rien n’est arrivé en vingt secondes.")


def relue(fiche):
    fiche.refresh_from_db()
    return fiche


def ecrire_a_camille(fiche):
    envoi = Envoi(fiche, fiche.structure_porteuse, CAMILLE, "Camille Durand")
    liens_de_fiche.confier(
        fiche.demarche, [envoi], par=fiche.chef, message="Merci, avant le COTECH du 12 mars."
    )
    return lien_recu(CAMILLE)[0]


def test_du_courriel_a_la_fiche_proposee_sans_perdre_un_mot(ouvrir_session, fiche):
    onglet = ouvrir_session(largeur=TELEPHONE)
    camille, reseau = Telephone(onglet), onglet.context
    onglet.goto(ecrire_a_camille(fiche))
    camille.lire("Hélène Roux")
    camille.voir("accueil")
    camille.presser("Ouvrir la fiche")
    camille.voir("fiche-vide")
    onglet.get_by_role("link", name=re.compile("Co(mmencer|ntinuer)")).click()
    camille.remplir("axe", "1. Rapprocher l’aide des habitants")
    camille.remplir("nature", "Nouvelle")
    camille.voir("identite")
    camille.passer_a("Sens")
    camille.remplir("objectifs", OBJECTIFS)
    camille.taper("description", DEBUT)
    camille.lire("Enregistré à")

    reseau.set_offline(True)
    camille.taper("description", COUPE)
    camille.lire("Pas de réseau")
    camille.voir("sans-reseau")
    camille.taper("description", FIN)
    reseau.set_offline(False)
    camille.attendre(lambda: relue(fiche).description == DEBUT + COUPE + FIN)
    camille.lire("Enregistré à")
    assert fiche.objectifs == OBJECTIFS

    camille.passer_a("Publics et territoires")
    camille.passer_a("Acteurs")  # publics : facultatif
    camille.remplir("pilote", "Camille Durand, directrice")
    camille.voir("acteurs")
    camille.passer_a("Temps et étapes")
    camille.remplir("debut", "2026-09-01")
    camille.passer_a("Indicateurs")
    camille.remplir("indicateurs-0-libelle", "Personnes accompagnées")
    camille.voir("indicateurs")
    camille.passer_a("Moyens et financements")
    camille.remplir("lignes_budget-0-nature", "Fonctionnement")
    camille.remplir("lignes_budget-0-montant", "12000")
    camille.voir("moyens")
    camille.presser("Enregistrer et relire")
    camille.lire("La fiche est complète")
    camille.voir("complete")
    camille.presser("Proposer la fiche")
    camille.lire("Votre fiche est proposée")
    camille.voir("proposee")
    fiche.refresh_from_db()
    assert fiche.etat == EtatFiche.PROPOSEE
    assert fiche.description == DEBUT + COUPE + FIN
    assert len(camille.saisis) <= CHAMPS_MAX
    assert camille.fautes == []


def test_l_onglet_ferme_sans_reseau_rend_la_saisie_au_retour(ouvrir_session, fiche):
    adresse = ecrire_a_camille(fiche)
    onglet = ouvrir_session(largeur=TELEPHONE)
    camille = Telephone(onglet)
    onglet.goto(adresse)
    camille.presser("Ouvrir la fiche")
    onglet.goto(f"{onglet.url}ecrire/sens/")
    onglet.context.set_offline(True)
    camille.taper("description", DEBUT)
    camille.lire("Pas de réseau")
    retour = onglet.context.new_page()
    onglet.close()
    retour.context.set_offline(False)
    camille = Telephone(retour)
    retour.goto(adresse)
    camille.presser("Ouvrir la fiche")
    retour.goto(f"{retour.url}ecrire/sens/")
    camille.presser("Reprendre ma saisie")
    camille.attendre(lambda: relue(fiche).description.strip() == DEBUT.strip())


def test_la_remarque_se_lit_pres_du_champ_et_se_coche_au_pouce(ouvrir_session, fiche):
    RemarqueFactory(fiche=fiche, champ="objectifs", texte="Dire combien de personnes, et où.")
    onglet = ouvrir_session(largeur=TELEPHONE, javascript=False)
    camille = Telephone(onglet)
    onglet.goto(ecrire_a_camille(fiche))
    camille.presser("Ouvrir la fiche")
    onglet.get_by_role("link", name="Objectifs", exact=True).click()
    aide = onglet.locator("[name=objectifs]").get_attribute("aria-describedby").split()[0]
    assert "Dire combien de personnes, et où." in onglet.locator(f"#{aide}").inner_text()
    if PHOTOS:
        onglet.screenshot(path=f"{PHOTOS}/remarque.png", full_page=True)
    onglet.go_back()
    camille.presser("C’est corrigé")
    camille.lire("Les remarques sont toutes corrigées")
    assert fiche.remarques.get().levee_le
