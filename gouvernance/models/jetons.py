"""Jetons de formulaire : un double clic ne compte qu'une fois."""

from django.conf import settings
from django.db import models


class JetonConsomme(models.Model):
    """Un formulaire déjà traité ; la clé primaire fait la preuve."""

    jeton = models.UUIDField(primary_key=True)
    utilisateur = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    le = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "jeton consommé"
        verbose_name_plural = "jetons consommés"

    def __str__(self):
        return str(self.jeton)
