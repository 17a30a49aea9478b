"""charger_territoires contre le COPY nu des mêmes fichiers."""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

from django.db import connection, transaction
from psycopg import sql

from gouvernance.geographie import cog, territoires
from gouvernance.geographie.cog_evolutions import TABLES
from gouvernance.geographie.territoires import COG_EMBARQUE
from tests.bench.bases import sur
from tests.bench.contexte import Contexte
from tests.bench.mesure import Resultat, Temps, chronometrer, comparer, mediane

FOIS = 8


def charger_territoires(contexte: Contexte) -> Iterator[Resultat]:
    """Chaque chargement part de tables vides ; le second de suite n'écrit aucune ligne."""
    with sur(contexte.bases.vierge):
        notres, nus = [], []
        for rang in range(FOIS + 1):
            paire = [_depuis_rien(territoires.charger), _depuis_rien(copie_nue)]
            if rang:
                notres.append(paire[0])
                nus.append(paire[1])
        territoires.charger()
        ecrites = sum(territoires.charger().ecrites.values())
    a, b = mediane(notres), mediane(nus)
    yield Resultat("territoires", "charger / COPY nu", a.mur / b.mur, 1.5, comparer(a, b))
    yield Resultat("territoires", "lignes écrites au second passage", ecrites, 0)


def _depuis_rien(acte) -> Temps:
    with connection.cursor() as curseur:
        noms = sql.SQL(", ").join(sql.Identifier(t.nom) for t in TABLES)
        curseur.execute(sql.SQL("TRUNCATE {} CASCADE").format(noms).as_string())
    return chronometrer(acte)


def copie_nue() -> None:
    """Lire les CSV, COPY vers une table temporaire, INSERT … ON CONFLICT des lignes qui diffèrent."""
    with transaction.atomic(), connection.cursor() as curseur:
        for table in TABLES:
            colonnes = cog.FICHIERS[table.fichier]
            noms = sql.SQL(", ").join(sql.Identifier(c.colonne) for c in colonnes)
            mots = {
                "t": sql.Identifier(table.nom),
                "tmp": sql.Identifier(f"nu_{table.fichier}"),
                "noms": noms,
            }
            mots["cle"] = sql.Identifier(table.cle)
            mots["exclus"] = sql.SQL(", ").join(sql.Identifier("excluded", c.colonne) for c in colonnes)
            mots["actuels"] = sql.SQL(", ").join(sql.Identifier("a", c.colonne) for c in colonnes)

            def dire(requete, mots=mots) -> str:
                return sql.SQL(requete).format(**mots).as_string()

            curseur.execute(dire("CREATE TEMPORARY TABLE {tmp} (LIKE {t}) ON COMMIT DROP"))
            with curseur.copy(dire("COPY {tmp} ({noms}) FROM STDIN")) as copie:
                for ligne in _lignes(table.fichier, colonnes):
                    copie.write_row(ligne)
            curseur.execute(
                dire(
                    "INSERT INTO {t} AS a ({noms}) SELECT {noms} FROM {tmp} ON CONFLICT ({cle}) DO UPDATE "
                    "SET ({noms}) = ROW({exclus}) WHERE ({actuels}) IS DISTINCT FROM ({exclus})"
                )
            )


def _lignes(fichier: str, colonnes) -> Iterator[list]:
    chemin = next(Path(COG_EMBARQUE).glob(f"{fichier}.csv*"))
    ouvrir = gzip.open if chemin.suffix == ".gz" else open
    with ouvrir(chemin, "rt", encoding="utf-8-sig", newline="") as flux:
        lecteur = csv.reader(flux)
        entete = next(lecteur)
        rangs = [(entete.index(c.source), c.liste) for c in colonnes]
        for valeurs in lecteur:
            yield [
                "{" + valeurs[i].replace("|", ",") + "}" if liste else valeurs[i] or None
                for i, liste in rangs
            ]
