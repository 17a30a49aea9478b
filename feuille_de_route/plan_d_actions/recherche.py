"""Chercher des fiches en plein texte : radicaux du français, accents indifférents, début du dernier mot."""

import re
from collections.abc import Iterable

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Case, FloatField, Q, QuerySet, Value, When
from django.db.models.functions import Cast

from feuille_de_route.models import RECHERCHE
from gouvernance.models import Structure
from gouvernance.socle.tri import cle_francaise

MORCEAU = re.compile(r'"([^"]*)"|«([^»]*)»|(\w+)')
MOT = re.compile(r"\w+")
NUMERO = re.compile(r"\s*(?:n°|n|#|fiche)?\s*(\d{1,4})\s*", re.I)
MOTS_AU_PLUS, LETTRES_AU_PLUS, STRUCTURES_AU_PLUS = 12, 60, 200


class Recherchee(SearchQuery):
    """Lue une fois par requête : préparée (ADR 26), PostgreSQL l'analyserait sinon à chaque ligne trouvée."""

    def as_sql(self, compiler, connection, **options):
        texte, parametres = super().as_sql(compiler, connection, **options)
        return f"(SELECT {texte})", parametres


def trouver(fiches: QuerySet, texte: str, porteuses: Iterable[Structure] | None = None) -> dict[int, float]:
    """Identifiant → pertinence, pour les fiches de `fiches` qui répondent à `texte`.

    Tous les mots y sont (« média » trouve « médiation ») ; entre guillemets, dans cet ordre. Répondent aussi
    la fiche dont c'est le numéro, et celles dont la structure porteuse se nomme ainsi. En deux requêtes ;
    en une, si l'on donne les structures porteuses de ces fiches.
    """
    trouvees = _trouvees(fiches, texte, porteuses)
    return {} if trouvees is None else dict(trouvees.order_by().values_list("pk", "rang"))


def _trouvees(fiches: QuerySet, texte: str, porteuses: Iterable[Structure] | None) -> QuerySet | None:
    """Les structures sont cherchées à part : dans la même requête, PostgreSQL lirait toute la table."""
    requete, mots = requete_de(texte), MOT.findall(texte)[:MOTS_AU_PLUS]
    if requete is None:
        return None
    rang, repond = SearchRank(RECHERCHE, requete), Q(texte=requete)
    if structures := _structures([mot for mot in mots if len(mot) > 2], porteuses):
        repond |= Q(structure_porteuse__in=structures)
    if numero := NUMERO.fullmatch(texte):
        repond |= Q(numero=numero[1])
        rang = Case(When(numero=numero[1], then=Value(10.0)), default=Cast(rang, FloatField()))
    return fiches.alias(texte=RECHERCHE).filter(repond).annotate(rang=rang)


def requete_de(texte: str, poids: str = "") -> SearchQuery | None:
    """La requête, écrite à partir des seuls mots : aucun signe de la saisie n'y est un opérateur.

    `poids` : les parties de la fiche où chercher (« ABC »), partout si vide. None sans aucun mot.
    """
    morceaux, marque = [], f":{poids}" if poids else ""
    for guillemets, chevrons, mot in MORCEAU.findall(texte):
        suite = MOT.findall(guillemets or chevrons) if not mot else [mot]
        if suite:
            morceaux.append(" <-> ".join(f"'{m[:LETTRES_AU_PLUS]}'{marque}" for m in suite[:MOTS_AU_PLUS]))
    if not morceaux:
        return None
    if "<->" not in morceaux[-1] and not texte.rstrip().endswith(('"', "»")):
        morceaux[-1] = f"{morceaux[-1].removesuffix(marque)}:*{poids}"
    return Recherchee(" & ".join(morceaux[:MOTS_AU_PLUS]), config="francais", search_type="raw")


def _structures(mots: list[str], porteuses: Iterable[Structure] | None) -> list[int]:
    """Celles dont le nom ou le sigle porte tous les mots ; aucune s'il n'y a pas de mot de trois lettres."""
    if not mots:
        return []
    if porteuses is not None:
        nus = [cle_francaise(mot)[0] for mot in mots]
        noms = {s.pk: cle_francaise(f"{s.nom} {s.sigle}")[0] for s in porteuses}
        return [pk for pk, nom in noms.items() if all(mot in nom for mot in nus)]
    nommees = Q()
    for mot in mots:
        nommees &= Q(nom__unaccent__icontains=mot) | Q(sigle__unaccent__icontains=mot)
    cles = Structure.objects.filter(nommees).order_by().values_list("pk", flat=True)
    return list(cles[:STRUCTURES_AU_PLUS])
