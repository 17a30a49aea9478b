"""Jetons de formulaire : un double clic ne compte qu'une fois."""

from uuid import UUID

from django.conf import settings
from django.db import connection, models


class JetonQuerySet(models.QuerySet):
    def bruler(self, jeton: UUID, par) -> bool:
        """Vrai la première fois. Une seule requête, qui attend l'envoi jumeau s'il est encore en cours."""
        requete = (
            "INSERT INTO gouvernance_jetonconsomme (jeton, utilisateur_id, le)"
            " VALUES (%s, %s, now()) ON CONFLICT DO NOTHING"
        )
        with connection.cursor() as curseur:
            curseur.execute(requete, [jeton, par.pk if par else None])
            return curseur.rowcount == 1


class JetonConsomme(models.Model):
    """Un formulaire déjà traité ; la clé primaire fait la preuve."""

    jeton = models.UUIDField(primary_key=True)
    utilisateur = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    le = models.DateTimeField(auto_now_add=True)

    objects = JetonQuerySet.as_manager()

    class Meta:
        verbose_name = "jeton consommé"
        verbose_name_plural = "jetons consommés"

    def __str__(self):
        return str(self.jeton)
