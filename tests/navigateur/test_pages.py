"""Toutes les pages de la démonstration, dans un vrai navigateur : ni violation de la politique de
sécurité, ni débordement à 320 px, ni faute d'accessibilité que sache voir axe, ni erreur de console.
"""

from urllib.parse import urlsplit

import pytest
from django.urls import resolve

from gouvernance.models import Demarche, Utilisateur
from tests.feuille_de_route.scenes import petit_document
from tests.navigateur.axe import violations
from tests.navigateur.scene import planter_la_demonstration

pytestmark = [pytest.mark.navigateur, pytest.mark.lent, pytest.mark.django_db(transaction=True)]

SAUTES = {  # des fichiers, pas des pages
    "document_pdf", "fiche_piece_lire", "version_json", "deconnexion", "plan_fiches_xlsx",
    "plan_financement_xlsx", "subventions_xlsx",
}  # fmt: skip
LARGEURS = (1280, 320)
COMPTES = (  # qui parcourt, combien d'exemplaires d'une même adresse nommée, combien d'adresses au moins
    ("prefecture", 2, 40),
    ("partenaire", 1, 15),
    ("anct", 1, 12),
)


def test_chaque_page_de_la_demonstration_tient(ouvrir_session, monkeypatch):
    petit_document(monkeypatch)
    planter_la_demonstration()
    jugees: set[str] = set()
    for compte, exemplaires, au_moins in COMPTES:
        utilisateur = Utilisateur.objects.get(email=f"{compte}@demo.example")
        fautes, adresses = _parcourir(ouvrir_session(utilisateur), utilisateur, exemplaires, jugees)
        assert fautes == [], compte
        assert len(adresses) >= au_moins, (compte, sorted(adresses))


def _parcourir(onglet, utilisateur, exemplaires: int, jugees: set[str]) -> tuple[list[str], dict]:
    """Suit les liens depuis l'accueil et les démarches : les fautes, et les pages vues par nom d'adresse.

    `jugees` : les adresses qu'axe a déjà lues ; il en lit un exemplaire, la page la plus longue prend dix
    secondes.
    """
    demarches = Demarche.objects.visibles_par(utilisateur)
    a_voir = ["/", "/verifier", "/galerie/", *(f"/demarches/{d.uuid}/" for d in demarches)]
    fautes, vues, messages = [], {}, []
    onglet.on("console", lambda m: messages.append(m.text) if m.type in {"error", "warning"} else None)
    onglet.on("pageerror", lambda e: messages.append(str(e)))
    while a_voir:
        chemin = a_voir.pop(0)
        nom = resolve(urlsplit(chemin).path).url_name
        deja = vues.setdefault(nom, [])
        if nom in SAUTES or chemin in deja or len(deja) >= exemplaires:
            continue
        deja.append(chemin)
        messages.clear()
        fautes += _examiner(onglet, chemin, messages)
        if nom not in jugees:
            _a_la_largeur(onglet, LARGEURS[0])
            fautes += [f"{chemin} : {violation}" for violation in violations(onglet)]
            jugees.add(nom)
        a_voir += _liens(onglet)
    return fautes, vues


def _examiner(onglet, chemin: str, messages: list[str]) -> list[str]:
    reponse = onglet.goto(chemin)
    fautes = [] if reponse.status == 200 else [f"{chemin} répond {reponse.status}"]
    if onglet.locator("h1").count() != 1:
        fautes.append(f"{chemin} : {onglet.locator('h1').count()} titres h1")
    for largeur in sorted(LARGEURS, key=lambda largeur: largeur != onglet.viewport_size["width"]):
        _a_la_largeur(onglet, largeur)  # d'abord celle d'où l'on vient : chaque mise en page est refaite
        depasse = onglet.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if depasse > 0:
            fautes.append(f"{chemin} déborde de {depasse} px à {largeur} px")
    fautes += [f"{chemin} : console – {m}" for m in messages]
    return fautes


def _a_la_largeur(onglet, largeur: int) -> None:
    if onglet.viewport_size["width"] != largeur:
        onglet.set_viewport_size({"width": largeur, "height": 900})


def _liens(onglet) -> list[str]:
    liens = onglet.eval_on_selector_all("a[href]", "as => as.map(a => a.href)")
    origine = urlsplit(onglet.url).netloc
    return [
        urlsplit(lien).path
        for lien in liens
        if urlsplit(lien).netloc == origine
        and not urlsplit(lien).path.startswith(("/static/", "/administration/"))
    ]
