from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gouvernance', '0003_cadrage_editions'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='siege',
            options={'ordering': ['-president', 'ordre', 'structure__nom'], 'verbose_name': 'siège'},
        ),
        migrations.RemoveConstraint(
            model_name='siege',
            name='siege_unique',
        ),
        migrations.AddField(
            model_name='siege',
            name='clos_le',
            field=models.DateTimeField(editable=False, null=True, verbose_name='clos le'),
        ),
        migrations.AddField(
            model_name='siege',
            name='ordre',
            field=models.PositiveSmallIntegerField(default=0, editable=False, verbose_name='ordre'),
        ),
        migrations.AddConstraint(
            model_name='siege',
            constraint=models.UniqueConstraint(condition=models.Q(('clos_le', None)), fields=('instance', 'structure', 'personne'), name='siege_unique', nulls_distinct=False, violation_error_message='Ce siège existe déjà dans l’instance.'),
        ),
    ]
