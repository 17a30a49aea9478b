"""L'administration du cadrage : les calendriers types s'y ajustent, le reste s'y consulte."""

from django.contrib import admin
from django.forms import BaseInlineFormSet

from gouvernance import models
from gouvernance.admin_bases import LectureSeule, SansSuppression
from gouvernance.conduite import calendriers


class SerieEcheances(BaseInlineFormSet):
    """Cinq échéances qui ne reculent pas, toutes en dates ou toutes en jours ; ou aucune."""

    def clean(self):
        super().clean()
        if any(self.errors):
            return
        lignes = [f.cleaned_data for f in self.forms if f.cleaned_data and not f.cleaned_data.get("DELETE")]
        jalons = {ligne["code"]: ligne.get("date") or ligne.get("jours") for ligne in lignes}
        calendriers.verifier(self.instance.nom, jalons)


class Echeances(admin.TabularInline):
    model = models.EcheanceType
    formset = SerieEcheances
    extra = 0
    max_num = len(models.CodeJalon)


@admin.register(models.CalendrierType)
class CalendrierTypeAdmin(SansSuppression):
    """Un calendrier vidé de ses échéances n'est plus proposé ; supprimé, il reviendrait au chargement."""

    list_display = ["nom", "code", "national", "ordre"]
    list_editable = ["ordre"]
    prepopulated_fields = {"code": ["nom"]}
    inlines = [Echeances]

    def get_readonly_fields(self, request, obj=None):
        return ["code"] if obj else []

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else self.prepopulated_fields


@admin.register(models.EditionDuCahier)
class EditionDuCahierAdmin(LectureSeule):
    list_display = ["cahier", "edition", "close_le", "par"]
    search_fields = ["cahier__demarche__nom"]
    list_select_related = ["cahier__demarche", "par"]


@admin.register(models.DefinitionAdoptee)
class DefinitionAdopteeAdmin(LectureSeule):
    list_display = ["demarche", "edition", "decision", "le"]
    search_fields = ["demarche__nom"]
    list_select_related = ["demarche", "decision__seance__instance"]


@admin.register(models.Terme)
class TermeAdmin(LectureSeule):
    list_display = ["terme", "demarche", "modifie_le"]
    search_fields = ["terme", "demarche__nom"]
    list_select_related = ["demarche"]


@admin.register(models.LimiteDAction)
class LimiteDActionAdmin(LectureSeule):
    list_display = ["libelle", "categorie", "demarche", "decision"]
    list_filter = ["categorie"]
    search_fields = ["libelle", "demarche__nom"]
    list_select_related = ["demarche", "decision__seance__instance"]
