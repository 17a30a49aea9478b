"""Chercher des fiches en plein texte : radicaux du français, accents indifférents, début du dernier mot."""

import re

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import Case, FloatField, Q, QuerySet, Value, When
from django.db.models.functions import Cast

from feuille_de_route.models import RECHERCHE, FicheAction
from gouvernance.models import Structure

MORCEAU = re.compile(r'"([^"]*)"|«([^»]*)»|(\w+)')
MOT = re.compile(r"\w+")
NUMERO = re.compile(r"\s*(?:n°|n|#|fiche)?\s*(\d{1,4})\s*", re.I)
MOTS_AU_PLUS, LETTRES_AU_PLUS = 12, 60


def trouver(fiches: QuerySet, texte: str) -> dict[int, float]:
    """Identifiant → pertinence, pour les fiches de `fiches` qui répondent à `texte`.

    Tous les mots y sont (« média » trouve « médiation ») ; entre guillemets, dans cet ordre. Répondent aussi
    la fiche dont c'est le numéro, et celles dont la structure porteuse se nomme ainsi. En une requête.
    """
    requete, mots = requete_de(texte), MOT.findall(texte)[:MOTS_AU_PLUS]
    if requete is None:
        return {}
    numero = NUMERO.fullmatch(texte)
    designee = Q(numero=numero[1]) if numero else Q(pk__in=[])
    textuelles = fiches.alias(texte=RECHERCHE).filter(texte=requete).order_by()
    trouvees = fiches.filter(
        designee | Q(pk__in=textuelles.values("pk")) | Q(structure_porteuse__in=_structures(mots))
    )
    rang = Case(When(designee, Value(10.0)), default=Cast(SearchRank(RECHERCHE, requete), FloatField()))
    return dict(trouvees.annotate(rang=rang).order_by().values_list("pk", "rang"))


def requete_de(texte: str) -> SearchQuery | None:
    """La requête, écrite à partir des seuls mots : aucun signe de la saisie n'y est un opérateur."""
    morceaux = []
    for guillemets, chevrons, mot in MORCEAU.findall(texte):
        suite = MOT.findall(guillemets or chevrons) if not mot else [mot]
        if suite:
            morceaux.append(" <-> ".join(f"'{m[:LETTRES_AU_PLUS]}'" for m in suite[:MOTS_AU_PLUS]))
    if not morceaux:
        return None
    if "<->" not in morceaux[-1] and not texte.rstrip().endswith(('"', "»")):
        morceaux[-1] += ":*"
    return SearchQuery(" & ".join(morceaux[:MOTS_AU_PLUS]), config="francais", search_type="raw")


def _structures(mots: list[str]) -> QuerySet:
    """Celles dont le nom ou le sigle porte tous les mots de trois lettres au moins (« de la » n'en a pas)."""
    nommees = Q()
    for mot in (m for m in mots if len(m) > 2):
        nommees &= Q(nom__unaccent__icontains=mot) | Q(sigle__unaccent__icontains=mot)
    return Structure.objects.filter(nommees).values("pk") if nommees else Structure.objects.none()


def pertinentes(fiches: QuerySet, texte: str, combien: int) -> list[FicheAction]:
    """Les plus pertinentes d'abord, sans lire plus de fiches qu'on n'en montre."""
    rangs = trouver(fiches, texte)
    cles = sorted(rangs, key=lambda pk: (-rangs[pk], pk))[:combien]
    par_cle = fiches.in_bulk(cles)
    return [par_cle[pk] for pk in cles]
