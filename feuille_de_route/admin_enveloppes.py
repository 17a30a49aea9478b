"""L'administration des enveloppes de l'État : la seule saisie de ce module, et elle s'inscrit au journal."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import BaseInlineFormSet

from feuille_de_route import models
from feuille_de_route.argent import enveloppes
from feuille_de_route.financement import ZERO
from gouvernance.admin_bases import SansSuppression
from gouvernance.models import Evenement


class SeriePlafonds(BaseInlineFormSet):
    """Un plafond ne descend pas sous ce que les demandes en retiennent, et ne s'ôte pas alors."""

    def clean(self):
        super().clean()
        for formulaire in self.forms:
            if not formulaire.is_valid() or not formulaire.has_changed() or formulaire.instance.pk is None:
                continue
            try:
                _verifier(formulaire.instance, supprime=bool(formulaire.cleaned_data.get("DELETE")))
            except ValidationError as refus:
                formulaire.add_error(None if formulaire.cleaned_data.get("DELETE") else "montant", refus)
                raise


def _verifier(plafond: models.Plafond, *, supprime: bool) -> None:
    """Sous le verrou que prend aussi un dépôt. Passer la ligne à un autre département, c'est l'ôter au
    premier.
    """
    ancien = models.Plafond.objects.select_for_update(of=("self",)).filter(pk=plafond.pk).first()
    if ancien is not None and (supprime or ancien.departement_id != plafond.departement_id):
        ancien.montant = ZERO
        enveloppes.verifier_plafond(ancien)
    if not supprime:
        enveloppes.verifier_plafond(plafond)


class Plafonds(admin.TabularInline):
    model = models.Plafond
    formset = SeriePlafonds
    fields = ["departement", "montant"]
    autocomplete_fields = ["departement"]
    extra = 1


@admin.register(models.Enveloppe)
class EnveloppeAdmin(SansSuppression):
    list_display = ["nom", "dispositif", "annee", "ouverte_le", "close_le"]
    list_filter = ["annee"]
    search_fields = ["nom", "dispositif"]
    fields = ["nom", "dispositif", "annee", "ouverte_le", "close_le", "source"]
    inlines = [Plafonds]

    def save_model(self, request, obj, form, change):
        obj.attribuer(request.user)
        super().save_model(request, obj, form, change)

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        lignes = [f"{p.departement} : {p.montant}" for serie in formsets for p in
                  [*serie.new_objects, *(objet for objet, _ in serie.changed_objects)]]  # fmt: skip
        action = "modifier" if change else "créer"
        Evenement.consigner(form.instance, action, par=request.user, vers="\n".join(lignes))
