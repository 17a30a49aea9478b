"""Administration des ateliers : on y lit ; l'écriture passe par les règles, qui tiennent le journal."""

from django.contrib import admin

from ateliers.models import Atelier, ChantierCle, Contribution, SousGroupe
from diagnostic.admin import ConsultationSeule


@admin.register(Atelier)
class AtelierAdmin(ConsultationSeule):
    list_display = ["titre", "demarche", "type", "date", "participants"]
    list_filter = ["type"]
    search_fields = ["titre", "demarche__nom"]
    list_select_related = ["demarche"]
    date_hierarchy = "date"


@admin.register(SousGroupe)
class SousGroupeAdmin(ConsultationSeule):
    list_display = ["nom", "atelier", "animateur"]
    search_fields = ["nom", "atelier__titre"]
    list_select_related = ["atelier"]


@admin.register(Contribution)
class ContributionAdmin(ConsultationSeule):
    list_display = ["texte", "atelier", "sous_groupe", "enjeu", "chantier"]
    search_fields = ["texte", "auteur", "atelier__titre"]
    list_select_related = ["atelier", "sous_groupe", "enjeu", "chantier"]


@admin.register(ChantierCle)
class ChantierAdmin(ConsultationSeule):
    list_display = ["question", "demarche", "etat", "pilote", "echeance"]
    list_filter = ["etat"]
    search_fields = ["question", "demarche__nom"]
    list_select_related = ["demarche", "pilote"]
