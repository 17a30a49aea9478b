"""L'administration des courriels et des invitations : on y suit, on n'y change rien."""

from django.contrib import admin

from gouvernance import models
from gouvernance.admin_bases import LectureSeule


@admin.register(models.Courriel)
class CourrielAdmin(LectureSeule):
    list_display = ["sujet", "destinataire", "genre", "etat", "essais", "cree_le", "envoye_le"]
    list_filter = ["etat", "genre", "cree_le"]
    search_fields = ["sujet", "destinataire"]
    date_hierarchy = "cree_le"


@admin.register(models.Invitation)
class InvitationAdmin(LectureSeule):
    list_display = [
        "email",
        "role",
        "demarche",
        "structure",
        "cree_le",
        "expire_le",
        "acceptee_le",
        "annulee_le",
    ]
    list_filter = ["role", "acceptee_le", "annulee_le"]
    search_fields = ["email", "nom", "demarche__nom"]
    list_select_related = ["demarche", "structure"]
    exclude = ["empreinte", "empreinte_code"]
