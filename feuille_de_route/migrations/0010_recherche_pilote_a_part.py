"""Le pilote reçoit son poids dans le texte cherché : la bibliothèque cherche dans le reste, par l'index."""

from django.db import migrations

TITRE = "setweight(to_tsvector('francais', coalesce(titre, '')), 'A')"
SUITE = "coalesce(objectifs, '') || ' ' || coalesce(besoins, '')"
RESTE = """setweight(to_tsvector('francais',
        coalesce(description, '') || ' ' || coalesce(contexte, '') || ' ' || coalesce(premiere_annee, '')), 'C')"""
PILOTE = "coalesce(pilote, '')"
COLONNE = """
ALTER TABLE feuille_de_route_ficheaction DROP COLUMN recherche;
ALTER TABLE feuille_de_route_ficheaction ADD COLUMN recherche tsvector GENERATED ALWAYS AS (
    {}
) STORED;
CREATE INDEX fiche_recherche ON feuille_de_route_ficheaction USING gin (recherche);
"""
A_PART = f"""{TITRE}
    || setweight(to_tsvector('francais', {SUITE}), 'B')
    || {RESTE}
    || setweight(to_tsvector('francais', {PILOTE}), 'D')"""
AVANT = f"""{TITRE}
    || setweight(to_tsvector('francais', {SUITE} || ' ' || {PILOTE}), 'B')
    || {RESTE}"""


class Migration(migrations.Migration):
    dependencies = [("feuille_de_route", "0009_telephone_guillemets")]
    operations = [migrations.RunSQL(COLONNE.format(A_PART), COLONNE.format(AVANT))]
