from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feuille_de_route', '0002_garde_fous'),
    ]

    operations = [
        migrations.AddField(
            model_name='papier',
            name='sha_contenu',
            field=models.CharField(blank=True, max_length=64, verbose_name='SHA-256 de ce qu’il imprime'),
        ),
        migrations.AddConstraint(
            model_name='papier',
            constraint=models.UniqueConstraint(condition=models.Q(('etat', 'en_file')), fields=('demarche', 'seance', 'nature', 'format'), name='papier_en_file_unique', nulls_distinct=False, violation_error_message='Ce papier est déjà en préparation.'),
        ),
    ]
