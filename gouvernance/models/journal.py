"""Le journal : qui a fait quoi, quand, de quoi à quoi. On y ajoute, on n'y touche plus (déclencheur en
base).
"""

from django.conf import settings
from django.db import models

from gouvernance.models.demarche import Demarche


class Evenement(models.Model):
    demarche = models.ForeignKey(Demarche, models.PROTECT, null=True, related_name="evenements")
    action = models.CharField("action", max_length=60)
    objet_type = models.CharField("type d’objet", max_length=60)
    objet_id = models.CharField("identifiant de l’objet", max_length=40)
    objet = models.CharField("objet", max_length=250)
    de = models.TextField("avant", blank=True)
    vers = models.TextField("après", blank=True)
    details = models.JSONField("champs changés", null=True)
    par = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    auteur = models.CharField("auteur sans compte", max_length=200, blank=True)
    le = models.DateTimeField("le", auto_now_add=True)

    class Meta:
        verbose_name = "événement"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["demarche", "-id"], name="evenement_demarche"),
            models.Index(fields=["objet_type", "objet_id", "-id"], name="evenement_objet"),
        ]

    def __str__(self):
        return f"{self.action} : {self.objet}"

    @classmethod
    def consigner(cls, objet, action: str, *, par, demarche=None, de="", vers="") -> "Evenement":
        """Ajoute une ligne au journal, dans la transaction de l'écriture qu'elle raconte.

        `objet` : l'objet touché ; `demarche` : la sienne par défaut (`objet.demarche`, ou lui-même).
        """
        return cls.objects.create(
            action=action, par=par, de=str(de), vers=str(vers), **_designer(objet, demarche)
        )

    @classmethod
    def consigner_saisie(cls, objet, action: str, *, par, details: list, auteur: str = "") -> "Evenement":
        """Comme `consigner`, champ par champ.

        `details` : [libellé, avant, après] de chaque champ changé ; `auteur` : qui écrit quand ce n'est pas
        un compte (le partenaire qui a reçu un lien, 200 signes au plus).
        """
        avant, apres = ("\n".join(f"{d[0]} : {d[rang]}" for d in details) for rang in (1, 2))
        return cls.objects.create(
            action=action, par=par, de=avant, vers=apres, details=details, auteur=auteur[:200],
            **_designer(objet),
        )  # fmt: skip


def _designer(objet, demarche=None) -> dict:
    if demarche is None:
        demarche = objet if isinstance(objet, Demarche) else getattr(objet, "demarche", None)
    return {
        "demarche": demarche,
        "objet_type": objet._meta.model_name,
        "objet_id": str(objet.pk),
        "objet": str(objet)[:250],
    }
