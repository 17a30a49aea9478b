"""Le texte cherché d'une fiche : une colonne que PostgreSQL calcule, et que l'ORM ne charge jamais.

Mesuré sur 10 000 fiches : sans cette colonne, PostgreSQL refait l'analyse du texte à chaque ligne (1 ms),
et choisit mal son plan ; la déclarer au modèle la ferait lire avec chaque fiche. Les migrations 0007 et 0010
l'écrivent.
"""

from django.contrib.postgres.search import SearchVectorField
from django.db.models import F
from django.db.models.expressions import Col

COLONNE = SearchVectorField(editable=False)
COLONNE.set_attributes_from_name("recherche")


class ColonneDeRecherche(F):
    """La colonne `recherche` de la table interrogée (celle de FicheAction)."""

    def resolve_expression(self, query=None, *args, **kwargs):
        COLONNE.model = query.model  # pour compter, Django compare les colonnes, et demande de qui elles sont
        return Col(query.get_initial_alias(), COLONNE)


# « francais » : la configuration de recherche de la migration 0004 (radicaux français, sans accents).
# `fiches.alias(r=RECHERCHE).filter(r=SearchQuery(…, config="francais"))` se sert de l'index GIN.
# Poids : A le titre, B objectifs et besoins, C les autres textes, D le pilote.
RECHERCHE = ColonneDeRecherche("recherche")
SANS_LE_PILOTE = "ABC"
