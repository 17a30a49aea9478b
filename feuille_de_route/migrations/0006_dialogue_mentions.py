"""Une mention dit quand la personne a été prévenue : un seul courriel par jour, et aucune mention perdue."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("feuille_de_route", "0005_plan_d_actions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveField(model_name="commentaire", name="mentions"),
        migrations.CreateModel(
            name="Mention",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("prevenue_le", models.DateTimeField(editable=False, null=True, verbose_name="prévenue le")),
                (
                    "commentaire",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="appels",
                        to="feuille_de_route.commentaire",
                    ),
                ),
                (
                    "utilisateur",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mentions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "mention",
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("prevenue_le", None)), fields=["utilisateur"], name="mention_a_dire"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("commentaire", "utilisateur"),
                        name="mention_unique",
                        violation_error_message="Cette personne est déjà citée dans ce commentaire.",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="commentaire",
            name="mentions",
            field=models.ManyToManyField(
                blank=True,
                related_name="+",
                through="feuille_de_route.Mention",
                to=settings.AUTH_USER_MODEL,
                verbose_name="personnes prévenues",
            ),
        ),
    ]
