"""Le texte cherché d'une fiche devient une colonne calculée : la lire ne coûte plus l'analyse du texte."""

from django.db import migrations

CREER = """
ALTER TABLE feuille_de_route_ficheaction ADD COLUMN recherche tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector('francais', coalesce(titre, '')), 'A')
    || setweight(to_tsvector('francais',
        coalesce(objectifs, '') || ' ' || coalesce(besoins, '') || ' ' || coalesce(pilote, '')), 'B')
    || setweight(to_tsvector('francais',
        coalesce(description, '') || ' ' || coalesce(contexte, '') || ' ' || coalesce(premiere_annee, '')), 'C')
) STORED;
CREATE INDEX fiche_recherche ON feuille_de_route_ficheaction USING gin (recherche);
"""
DEFAIRE = "ALTER TABLE feuille_de_route_ficheaction DROP COLUMN recherche;"


class Migration(migrations.Migration):
    dependencies = [("feuille_de_route", "0006_dialogue_mentions")]
    operations = [
        migrations.RemoveIndex("ficheaction", "fiche_recherche"),
        migrations.RunSQL(CREER, DEFAIRE),
    ]
