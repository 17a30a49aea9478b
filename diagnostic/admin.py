"""Administration du diagnostic : les références se règlent ici ; le reste s'y lit.

Constats, enjeux et votes ne s'écrivent que par leurs règles, qui vérifient les droits et tiennent le journal.
"""

from django.contrib import admin

from diagnostic.models import (
    Constat,
    Enjeu,
    Mesure,
    Regard,
    SerieIndicateur,
    SessionPriorisation,
    Thematique,
    Vote,
)


class ConsultationSeule(admin.ModelAdmin):
    """Se lit, ne s'écrit pas : les règles de l'application sont le seul chemin."""

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Thematique)
class ThematiqueAdmin(admin.ModelAdmin):
    list_display = ["libelle", "code", "ordre"]
    list_editable = ["ordre"]
    search_fields = ["libelle", "code"]


@admin.register(SerieIndicateur)
class SerieAdmin(admin.ModelAdmin):
    list_display = ["libelle", "code", "unite", "source", "demonstration"]
    list_filter = ["demonstration"]
    search_fields = ["libelle", "code", "source"]
    readonly_fields = ["uuid", "cree_le", "modifie_le"]


@admin.register(Mesure)
class MesureAdmin(admin.ModelAdmin):
    list_display = ["serie", "territoire_nom", "echelle", "annee", "valeur"]
    list_filter = ["echelle", "annee"]
    search_fields = ["serie__libelle", "territoire", "territoire_nom"]
    list_select_related = ["serie"]
    autocomplete_fields = ["serie"]


@admin.register(Constat)
class ConstatAdmin(ConsultationSeule):
    list_display = ["intitule", "demarche", "nature", "thematique", "tendance"]
    list_filter = ["nature", "thematique"]
    search_fields = ["intitule", "demarche__nom"]
    list_select_related = ["demarche", "thematique"]


@admin.register(Regard)
class RegardAdmin(ConsultationSeule):
    list_display = ["auteur", "posture", "accord", "constat"]
    list_filter = ["posture", "accord"]
    search_fields = ["auteur", "texte", "constat__intitule"]
    list_select_related = ["constat"]


@admin.register(Enjeu)
class EnjeuAdmin(ConsultationSeule):
    list_display = ["question", "demarche", "rang", "etat"]
    list_filter = ["etat"]
    search_fields = ["question", "demarche__nom"]
    list_select_related = ["demarche"]


@admin.register(SessionPriorisation)
class SessionAdmin(ConsultationSeule):
    list_display = ["demarche", "points_par_structure", "cree_le", "close_le"]
    list_filter = ["close_le"]
    list_select_related = ["demarche"]


@admin.register(Vote)
class VoteAdmin(ConsultationSeule):
    list_display = ["session", "structure", "enjeu", "points", "par"]
    search_fields = ["structure__nom", "enjeu__question"]
    list_select_related = ["session__demarche", "structure", "enjeu", "par"]
