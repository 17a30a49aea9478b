"""La configuration de recherche « francais » : radicaux du français, accents et majuscules indifférents.

`unaccent` est une extension de confiance : le propriétaire de la base l'installe, sans être superutilisateur.
"""

from django.db import migrations

CREER = """
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE TEXT SEARCH CONFIGURATION francais (COPY = french);
ALTER TEXT SEARCH CONFIGURATION francais
    ALTER MAPPING FOR hword, hword_part, word WITH unaccent, french_stem;
"""


class Migration(migrations.Migration):
    dependencies = [("feuille_de_route", "0003_papier_contenu")]
    operations = [migrations.RunSQL(CREER, "DROP TEXT SEARCH CONFIGURATION francais;")]
