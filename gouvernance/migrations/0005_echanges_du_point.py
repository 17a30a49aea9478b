from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gouvernance', '0004_sieges_clos'),
    ]

    operations = [
        migrations.AddField(
            model_name='pointordredujour',
            name='echanges',
            field=models.TextField(blank=True, verbose_name='ce qui s’est dit'),
        ),
    ]
