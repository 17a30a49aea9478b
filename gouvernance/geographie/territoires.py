"""Charge le code officiel géographique dans la base, et dit ce qui a changé.

Source : COG de l'INSEE (voir donnees/geo/ATTRIBUTION.md). Un territoire absent du nouveau COG n'est jamais
supprimé : des démarches s'y réfèrent. EPCI et communes portent alors `retire_le` (voir `actuels()`).
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

from gouvernance.geographie import cog
from gouvernance.geographie.cog_evolutions import EPCI, TABLES, Changement, Ecart, Table, raconter
from gouvernance.models import Commune

COG_EMBARQUE = Path(__file__).parents[1] / "donnees" / "geo"
VERROU = 0x434F47  # « COG » : deux chargements passent l'un après l'autre


@dataclass(frozen=True)
class Bilan:
    """Ce qu'un chargement a fait, par fichier de `cog.FICHIERS` ; le tout premier ne « change » rien."""

    lues: dict[str, int]
    ecrites: dict[str, int]
    changements: list[Changement]


def charger(dossier: Path = COG_EMBARQUE, *, le: date | None = None) -> Bilan:
    """Met la base à l'image du dossier, d'un bloc ; `le` date les retraits (aujourd'hui par défaut).

    Lève cog.CogRefuse, sans rien écrire, si un fichier, une colonne ou une ligne ne va pas.
    """
    fichiers = cog.lire(dossier)
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute("SELECT pg_advisory_xact_lock(%s)", [VERROU])
        for table in TABLES:
            _verser(curseur, table, fichiers[table.fichier])
        neuves = {table for table in TABLES if _est_vide(curseur, table)}
        ecarts = {table: [] if table in neuves else _ecarts(curseur, table) for table in TABLES}
        absents = {table: [e.code for e in ecarts[table] if not e.present_apres] for table in TABLES}
        destinations = _destinations(absents[EPCI], fichiers["communes"])
        ecrites = {
            table.fichier: (_inserer if table in neuves else _fondre)(curseur, table) for table in TABLES
        }
        for table in TABLES:
            ecrites[table.fichier] += _retirer(curseur, table, absents[table], le or timezone.localdate())
            _executer(curseur, "DROP TABLE {cog}", table)
    lues = {nom: len(fichier.numeros) for nom, fichier in fichiers.items()}
    return Bilan(lues, ecrites, raconter(ecarts, destinations))


def _executer(curseur, requete: str, table: Table, parametres=None) -> int:
    """Exécute la requête ({t} : la table, {cog} : sa copie du dossier), rend le nombre de lignes touchées."""
    curseur.execute(_composer(requete, table), parametres)
    return curseur.rowcount


def _composer(requete: str, table: Table) -> str:
    colonnes = table.colonnes + ["retire_le"] * table.retirable
    return (
        sql.SQL(requete)
        .format(
            t=sql.Identifier(table.nom),
            cog=sql.Identifier(f"cog_{table.fichier}"),
            cle=sql.Identifier(table.cle),
            lien=sql.Identifier(table.lien or table.cle),
            retire=sql.SQL("a.retire_le IS NOT NULL" if table.retirable else "false"),
            lues=_liste(table.colonnes),
            colonnes=_liste(colonnes),
            anciennes=_liste(colonnes, "a"),
            nouvelles=_liste(colonnes, "excluded"),
        )
        .as_string()
    )


def _liste(colonnes: list[str], *prefixe: str) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(*prefixe, colonne) for colonne in colonnes)


def _verser(curseur, table: Table, fichier: cog.Fichier) -> None:
    """Copie le fichier dans une table temporaire, par COPY."""
    _executer(curseur, "DROP TABLE IF EXISTS pg_temp.{cog}", table)
    _executer(curseur, "CREATE TEMPORARY TABLE {cog} (LIKE {t}) ON COMMIT DROP", table)
    colonnes = [_pour_copie(c, fichier.valeurs[c.source]) for c in cog.FICHIERS[table.fichier]]
    with curseur.copy(_composer("COPY {cog} ({lues}) FROM STDIN", table)) as copie:
        for valeurs in zip(*colonnes, strict=True):
            copie.write_row(valeurs)


def _pour_copie(colonne: cog.Colonne, valeurs) -> list[str | None]:
    """Rien devient NULL (ce qui manque n'est pas zéro), une liste devient un tableau."""
    if colonne.liste:
        return ["{" + valeur.replace("|", ",") + "}" for valeur in valeurs]
    return [valeur or None for valeur in valeurs]


def _est_vide(curseur, table: Table) -> bool:
    """Un premier chargement ne compare rien : il ne « change » rien, et y passerait un tiers de son temps."""
    _executer(curseur, "SELECT NOT EXISTS (SELECT FROM {t})", table)
    return curseur.fetchone()[0]


def _ecarts(curseur, table: Table) -> list[Ecart]:
    """Ce que le dossier crée, retire, rétablit, renomme ou déplace."""
    _executer(
        curseur,
        """
        SELECT COALESCE(a.{cle}, b.{cle}), a.{cle} IS NOT NULL, b.{cle} IS NOT NULL, {retire},
               a.nom, b.nom, a.{lien}, b.{lien}
        FROM {t} a FULL JOIN {cog} b ON a.{cle} = b.{cle}
        WHERE a.{cle} IS NULL
            OR b.{cle} IS NULL AND NOT {retire}
            OR b.{cle} IS NOT NULL AND ({retire} OR (a.nom, a.{lien}) IS DISTINCT FROM (b.nom, b.{lien}))
        ORDER BY 1
        """,
        table,
    )
    return [Ecart(*ligne) for ligne in curseur.fetchall()]


def _destinations(sirens: list[str], communes: cog.Fichier) -> dict[str, list[str | None]]:
    """Pour chaque EPCI disparu, ceux où ses communes sont désormais (None : hors EPCI)."""
    if not sirens:
        return {}
    futures = dict(zip(communes.valeurs["code_insee"], communes.valeurs["epci_siren"], strict=True))
    destinations: dict[str, set[str]] = defaultdict(set)
    anciennes = Commune.objects.actuels().filter(epci__in=sirens).values_list("code", "epci")
    for code, siren in anciennes:
        if code in futures:
            destinations[siren].add(futures[code])
    return {siren: [vers or None for vers in sorted(d, reverse=True)] for siren, d in destinations.items()}


def _inserer(curseur, table: Table) -> int:
    return _executer(curseur, "INSERT INTO {t} ({colonnes}) SELECT {colonnes} FROM {cog}", table)


def _fondre(curseur, table: Table) -> int:
    """Insère ou met à jour les seules lignes qui diffèrent ; une ligne revenue n'est plus retirée.

    EXCEPT écarte d'abord les lignes égales : ON CONFLICT seul les verrouillerait toutes, donc les écrirait.
    """
    return _executer(
        curseur,
        """
        INSERT INTO {t} AS a ({colonnes})
        SELECT {colonnes} FROM {cog} EXCEPT SELECT {colonnes} FROM {t}
        ON CONFLICT ({cle}) DO UPDATE SET ({colonnes}) = ROW ({nouvelles})
        WHERE ({anciennes}) IS DISTINCT FROM ({nouvelles})
        """,
        table,
    )


def _retirer(curseur, table: Table, codes: list[str], le: date) -> int:
    """Date le retrait des lignes absentes. Par leurs codes : une jointure a pu prendre 39 s (mesuré)."""
    if not codes or not table.retirable:
        return 0
    return _executer(curseur, "UPDATE {t} SET retire_le = %s WHERE {cle} = ANY(%s)", table, [le, codes])
