"""Ce qui passe par le réseau : débit, mémoire d'un travailleur, octets d'une visite."""

from collections.abc import Iterator
from statistics import median

from playwright.sync_api import Page, sync_playwright

from tests.bench.chromium import OPTIONS, chemin
from tests.bench.contexte import Contexte
from tests.bench.mesure import Resultat, nombre
from tests.bench.pages import adresse
from tests.bench.serveur import servi

CONNEXIONS, FENETRE, TOURS = (8, 32), 0.7, 4
MO, KO = 1024 * 1024, 1000


def debit(contexte: Contexte) -> Iterator[Resultat]:
    """Deux travailleurs, à huit puis trente-deux connexions."""
    with servi() as serveur:
        for connexions in CONNEXIONS:
            vue, plancher, erreurs = _debits(serveur, contexte, connexions)
            detail = f"{nombre(vue, 0)} / {nombre(plancher, 0)} requêtes par seconde"
            mesure = f"débit vue / plancher, {connexions} connexions"
            yield Resultat("http", mesure, vue / plancher, 0.5, detail, au_moins=True)
            yield Resultat("http", f"erreurs, {connexions} connexions", erreurs, 0)


def _debits(serveur, contexte: Contexte, connexions: int) -> tuple[float, float, int]:
    """(page, plancher, erreurs) : médianes de fenêtres entrelacées, la première paire jetée."""
    uuid, cookie = contexte.demarche.uuid, contexte.cookie
    urls = (adresse("demarche", uuid), adresse("plancher_demarche", uuid))
    mesures, erreurs = ([], []), 0
    for tour in range(TOURS + 1):
        for debits, url in zip(mesures, urls, strict=True):
            debit, fautes = serveur.charger(url, cookie, connexions, FENETRE)
            erreurs += fautes
            if tour:
                debits.append(debit)
    return median(mesures[0]), median(mesures[1]), erreurs


def memoire(contexte: Contexte) -> Iterator[Resultat]:
    """Un travailleur, mille requêtes mêlées."""
    uuid = contexte.demarche.uuid
    noms = ("demarche", "plan", "gouvernance", "jalons", "seances", "constats", "enjeux", "axes", "journal")
    urls = [adresse("accueil"), *(adresse(nom, uuid) for nom in noms)]
    with servi(travailleurs=1) as serveur:
        erreurs = serveur.parcourir(urls, contexte.cookie, 100)
        cent = serveur.memoire()
        erreurs += serveur.parcourir(urls, contexte.cookie, 900)
        mille = serveur.memoire()
    yield Resultat("memoire", "travailleur après 1 000 requêtes", mille / MO, 120, unite=" Mo")
    yield Resultat("memoire", "RSS(1000) / RSS(100)", mille / cent, 1.1, f"{erreurs} erreurs")
    yield Resultat("memoire", "requêtes en erreur", erreurs, 0)


def octets(contexte: Contexte) -> Iterator[Resultat]:
    """Ce que Chromium reçoit vraiment, polices à part : première visite, page suivante."""
    uuid = contexte.demarche.uuid
    nom, _, cle = contexte.cookie.partition("=")
    page_visitee, suivante = adresse("demarche", uuid), adresse("plan", uuid)
    with servi() as serveur, sync_playwright() as playwright:
        racine = f"http://127.0.0.1:{serveur.port}"
        navigateur = playwright.chromium.launch(executable_path=chemin(), args=OPTIONS)
        visite = navigateur.new_context(base_url=racine)
        visite.add_cookies([{"name": nom, "value": cle, "url": racine}])
        page = visite.new_page()
        premiere, html = _recu(page, page_visitee)
        ensuite, _ = _recu(page, suivante)
        navigateur.close()
    yield Resultat(
        "octets", "première visite, sans polices", premiere / KO, 180, "page d’une démarche", unite=" ko"
    )
    yield Resultat("octets", "page suivante", ensuite / KO, 25, "plan d’actions de 30 fiches", unite=" ko")
    yield Resultat("octets", "HTML décompressé", html / KO, 60, "page d’une démarche", unite=" ko")


def _recu(page: Page, url: str) -> tuple[int, int]:
    """(octets reçus par le réseau sans les polices, taille du HTML) d'une page qui se charge."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    genres, recus = {}, {}
    session.on("Network.responseReceived", lambda e: genres.update({e["requestId"]: e["type"]}))
    session.on(
        "Network.loadingFinished", lambda e: recus.update({e["requestId"]: int(e["encodedDataLength"])})
    )
    reponse = page.goto(url, wait_until="networkidle")
    total = sum(taille for cle, taille in recus.items() if genres.get(cle) != "Font")
    session.detach()
    return total, len(reponse.body())
