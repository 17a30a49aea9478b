"""Le temps des pages quand les données décuplent : deux copies de la base, mesurées en alternance."""

from collections.abc import Iterator

from tests.bench.bases import sur
from tests.bench.contexte import Contexte
from tests.bench.donnees import utilisateur
from tests.bench.masse import masse
from tests.bench.mesure import Resultat, alterner, comparer
from tests.bench.navigation import lire, ouvrir_session
from tests.bench.pages import adresse

REDUITE, PLEINE, FOIS = 0.1, 1.0, 30  # échelles de départ


def croissance(contexte: Contexte) -> Iterator[Resultat]:
    """Chaque page paginée, la recherche, la page d'une démarche et son plan : dix fois les données."""
    nationale = utilisateur("administration", administration=True)
    chef = utilisateur("exploitation", is_superuser=True, is_staff=True)
    uuid, sessions = (
        contexte.demarche.uuid,
        {"nationale": ouvrir_session(nationale), "chef": ouvrir_session(chef)},
    )
    pages = {
        "accueil, toutes les démarches": (adresse("accueil"), sessions["nationale"]),
        "accueil, page 3": (adresse("accueil") + "?page=3", sessions["nationale"]),
        "recherche": (adresse("accueil") + "?q=territoire", sessions["nationale"]),
        "mes démarches": (adresse("accueil"), contexte.cookie),
        "page d’une démarche": (adresse("demarche", uuid), contexte.cookie),
        "plan d’actions": (adresse("plan", uuid), contexte.cookie),
        "journal": (adresse("journal", uuid), contexte.cookie),
        "administration, démarches": (adresse("admin:gouvernance_demarche_changelist"), sessions["chef"]),
    }
    depart = PLEINE if contexte.complet else REDUITE
    petite, grande = contexte.bases.copier("petite"), contexte.bases.copier("grande")
    for base, echelle in ((petite, depart), (grande, 10 * depart)):
        with sur(base):
            nombres = masse(echelle, nationale)
    taille = f"{nombres[0]} démarches, {nombres[1]} fiches, {nombres[2]} événements"
    detail = f"échelle {depart:g} → {10 * depart:g} ({taille})"
    yield Resultat("croissance", "données", 10, None, detail)
    for nom, (url, cookie) in pages.items():

        def lire_dans(base, url=url, cookie=cookie) -> None:
            with sur(base):
                lire(url, cookie)

        g, p = alterner(lambda: lire_dans(grande), lambda: lire_dans(petite), FOIS)
        yield Resultat("croissance", nom, g.mur / p.mur, 1.2, comparer(g, p))
