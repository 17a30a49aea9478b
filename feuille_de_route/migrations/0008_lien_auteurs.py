"""Un commentaire, une pièce jointe : de qui a un compte, ou de qui vient par un lien."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('feuille_de_route', '0007_plan_recherche'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='commentaire',
            name='lien',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='feuille_de_route.liendefiche', verbose_name='écrit par le lien'),
        ),
        migrations.AddField(
            model_name='piecedefiche',
            name='lien',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='feuille_de_route.liendefiche', verbose_name='écrit par le lien'),
        ),
        migrations.AddConstraint(
            model_name='commentaire',
            constraint=models.CheckConstraint(condition=models.Q(('lien', None), ('cree_par', None), _connector='OR'), name='commentaire_un_auteur', violation_error_message='Ceci est écrit par un compte ou par un lien, pas par les deux.'),
        ),
        migrations.AddConstraint(
            model_name='piecedefiche',
            constraint=models.CheckConstraint(condition=models.Q(('lien', None), ('cree_par', None), _connector='OR'), name='piece_de_fiche_un_auteur', violation_error_message='Ceci est écrit par un compte ou par un lien, pas par les deux.'),
        ),
    ]
