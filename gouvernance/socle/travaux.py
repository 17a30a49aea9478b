"""Travaux durables : la ligne en base est la vérité, le message Celery n'est qu'un indice.

Un travailleur prend une ligne par `SELECT … FOR UPDATE SKIP LOCKED` et garde ce verrou le temps d'une étape :
s'il meurt, PostgreSQL rend la ligne aussitôt et le balayage suivant la reprend. Rien ne se perd, rien ne
se double.
"""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

ESSAIS_MAX = 8


class TravailQuerySet(models.QuerySet):
    def a_faire(self):
        """Les lignes dont l'état attend un travail et dont l'heure est venue."""
        return self.filter(
            Q(prochain_essai_le=None) | Q(prochain_essai_le__lte=timezone.now()), etat__in=self.model.A_FAIRE
        )

    def prendre(self, pk):
        """La ligne verrouillée si elle est à faire et que personne d'autre ne la tient, sinon None."""
        return self.a_faire().select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()


class Travail(models.Model):
    """Compteur d'essais, prochain essai, dernière erreur. Le modèle fille définit `etat` et `A_FAIRE`."""

    A_FAIRE: tuple[str, ...] = ()

    essais = models.PositiveSmallIntegerField("essais", default=0, editable=False)
    prochain_essai_le = models.DateTimeField("prochain essai", null=True, editable=False)
    erreur = models.TextField("erreur", blank=True, editable=False)

    class Meta:
        abstract = True

    def noter_echec(self, message: str) -> bool:
        """Compte l'essai et repousse le suivant (10 s, 20 s, 40 s… plafonnés à 1 h) ; vrai s'il n'y en
        aura plus.
        """
        self.essais += 1
        self.erreur = message
        self.prochain_essai_le = timezone.now() + min(
            timedelta(seconds=5 * 2**self.essais), timedelta(hours=1)
        )
        return self.essais >= ESSAIS_MAX
