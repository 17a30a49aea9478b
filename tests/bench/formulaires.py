"""Le formulaire d'une fiche : l'afficher contre un formulaire crispy nu, l'enregistrer contre le SQL brut."""

import json
from collections.abc import Iterator
from itertools import count
from uuid import uuid4

from django.db import connection, transaction

from feuille_de_route.models import FicheAction
from tests.bench.contexte import Contexte
from tests.bench.mesure import Resultat, alterner, comparer
from tests.bench.navigation import jeton_csrf, lire, servir
from tests.bench.pages import adresse, contre

SECTION = "identite"


def formulaire(contexte: Contexte) -> Iterator[Resultat]:
    """Huit champs, plus le jeton, la version et ce qui a été lu."""
    fiche = contexte.demarche.fiches.order_by("numero").first()
    url = adresse("fiche_section", contexte.demarche.uuid, fiche.uuid, SECTION)
    plancher = adresse("plancher_formulaire", fiche.uuid)
    yield contre("formulaire", "GET / formulaire crispy nu", url, plancher, contexte.cookie, 1.5)
    enregistrer = _enregistreur(contexte, fiche, url)
    a, b = alterner(enregistrer, lambda: en_sql(contexte, fiche.pk))
    yield Resultat("formulaire", "POST avec journal / SQL brut", a.mur / b.mur, 12, comparer(a, b))


def _enregistreur(contexte: Contexte, fiche: FicheAction, url: str):
    cookie, jeton = jeton_csrf(lire(url, contexte.cookie), contexte.cookie)
    donnees = {
        "csrfmiddlewaretoken": jeton, "axe": fiche.axe_id, "nature": fiche.nature, "priorite": fiche.priorite,
        "chantier": "", "contribution": "", "origine": "",
    }  # fmt: skip
    versions = count(fiche.version, 2)  # l’écran puis le SQL brut, à tour de rôle, l’augmentent chacun d’une

    def enregistrer() -> None:
        version = next(versions)
        saisie = {**donnees, "titre": f"Titre {version}", "version": version, "jeton": uuid4()}
        reponse = servir(url, cookie, saisie)
        if reponse.statut != 302:
            raise RuntimeError(f"L’enregistrement répond {reponse.statut}.")

    return enregistrer


def en_sql(contexte: Contexte, fiche_pk: int) -> None:
    """Ce que lit et écrit un POST : session, compte, démarche, rôle, fiche, jeton contre le double clic,
    journal.
    """
    session = contexte.cookie.partition("=")[2]
    demarche = contexte.demarche.pk
    with transaction.atomic(), connection.cursor() as sql:
        sql.execute("SELECT session_data FROM django_session WHERE session_key = %s", [session])
        sql.execute("SELECT * FROM gouvernance_utilisateur WHERE id = %s", [contexte.coordination.pk])
        sql.execute("SELECT * FROM gouvernance_demarche WHERE id = %s FOR NO KEY UPDATE", [demarche])
        sql.execute("SELECT role FROM gouvernance_mandat WHERE demarche_id = %s", [demarche])
        sql.execute("SELECT * FROM feuille_de_route_ficheaction WHERE id = %s FOR UPDATE", [fiche_pk])
        sql.execute(
            "INSERT INTO gouvernance_jetonconsomme (jeton, utilisateur_id, le) VALUES (%s, %s, now())",
            [uuid4(), contexte.coordination.pk],
        )
        sql.execute(
            "UPDATE feuille_de_route_ficheaction SET titre = %s, modifie_le = now(), version = version + 1 "
            "WHERE id = %s",
            [f"Titre {uuid4()}", fiche_pk],
        )
        sql.execute(
            "INSERT INTO gouvernance_evenement "
            "(demarche_id, action, objet_type, objet_id, objet, de, vers, auteur, par_id, le)"
            " VALUES (%s, 'modifier', 'ficheaction', %s, 'Fiche', %s, %s, '', %s, now())",
            [demarche, str(fiche_pk), json.dumps({"titre": "avant"}), "après", contexte.coordination.pk],
        )
