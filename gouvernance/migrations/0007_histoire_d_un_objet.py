"""L'histoire d'une fiche se lit sans parcourir tout le journal de sa démarche."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gouvernance", "0006_auteurs_du_journal")]

    operations = [
        migrations.AddIndex(
            model_name="evenement",
            index=models.Index(fields=["objet_type", "objet_id", "-id"], name="evenement_objet"),
        ),
    ]
