"""Ce que les formulaires d'une démarche ont en commun."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from gouvernance.socle.formulaires import ModelFormulaireDsfr

EXISTE_DEJA = "Un enregistrement identique vient d’être fait par quelqu’un d’autre : rien n’a été ajouté."


class FormulaireRattache(ModelFormulaireDsfr):
    """Formulaire d'un objet déjà rattaché à son parent (`instance=Siege(instance=copil)`).

    `rattaches` : les champs hors formulaire que la validation doit pourtant connaître, pour que les
    contraintes d'unicité parlent au lieu d'échouer en base. À la modification, seuls les champs du
    formulaire sont écrits : l'état ou l'étape qu'une règle change au même moment n'est pas écrasé.
    """

    rattaches: tuple[str, ...] = ()

    def _get_validation_exclusions(self):
        return super()._get_validation_exclusions() - set(self.rattaches)

    def save(self, commit=True):
        objet = super().save(commit=False)
        if commit:
            champs = [*self._meta.fields, "modifie_par", "modifie_le"] if objet.pk else None
            try:
                with transaction.atomic():
                    objet.save(update_fields=champs)
            except IntegrityError as erreur:
                raise ValidationError(EXISTE_DEJA) from erreur
            self._save_m2m()
        return objet


def en_edition(classe, request, objet, **options):
    """Le formulaire de modification d'un objet, avec la version lue à son ouverture."""
    return classe(request.POST or None, instance=objet, initial={"version": objet.version}, **options)
