"""Une version figée et le registre des PDF émis ne changent plus : la base refuse UPDATE et DELETE."""

from django.db import migrations

TABLES = ["feuille_de_route_versionfigee", "feuille_de_route_empreinte"]


class Migration(migrations.Migration):
    dependencies = [("feuille_de_route", "0001_initial"), ("gouvernance", "0002_garde_fous")]
    operations = [
        migrations.RunSQL(
            f"CREATE TRIGGER {table}_immuable BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION refuser_ecriture()",
            f"DROP TRIGGER {table}_immuable ON {table}",
        )
        for table in TABLES
    ]
