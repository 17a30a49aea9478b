"""L'administration du site : tout se consulte ; ce que les règles écrivent ne s'y modifie pas."""

from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied

from gouvernance import admin_acces, admin_cadrage, models
from gouvernance.acces import sessions
from gouvernance.admin_bases import LectureSeule, SansSuppression
from gouvernance.permissions import RATTACHER, attendent_une_structure

admin.site.site_header = "Feuille de route – administration"
admin.site.site_title = "Feuille de route"
admin.site.index_title = "Référentiels, comptes et démarches"
admin.site.unregister(Group)
REGISTRES = [admin_acces, admin_cadrage]  # ce que d’autres modules y inscrivent


def connexion_du_site(request, extra_context=None):
    """L'administration n'a pas sa propre porte : les essais s'y compteraient à part."""
    if request.user.is_authenticated:
        raise PermissionDenied("Votre compte n’ouvre pas l’administration du site.")
    return redirect_to_login(request.GET.get("next") or "/administration/")


def accueil_du_site(request, extra_context=None):
    """Ce qui attend l'administration se lit d'abord."""
    attendent = attendent_une_structure().count() if request.user.has_perm(RATTACHER) else 0
    return AdminSite.index(admin.site, request, {"sans_structure": attendent, **(extra_context or {})})


admin.site.login = connexion_du_site
admin.site.index = accueil_du_site


class AttenteDeStructure(admin.SimpleListFilter):
    title = "structure"
    parameter_name = "structure"

    def lookups(self, request, model_admin):
        return [("attendue", "Attendue : un rôle en cours, aucune structure"), ("aucune", "Aucune")]

    def queryset(self, request, queryset):
        if self.value() == "attendue":
            return queryset.filter(pk__in=attendent_une_structure())
        return queryset.filter(structure=None) if self.value() == "aucune" else queryset


@admin.register(models.Utilisateur)
class UtilisateurAdmin(UserAdmin):
    list_display = ["email", "prenom", "nom", "structure", "administration", "is_staff", "is_active"]
    list_filter = [AttenteDeStructure, "administration", "is_staff", "is_active"]
    search_fields = ["email", "prenom", "nom", "structure__nom"]
    list_select_related = ["structure"]
    autocomplete_fields = ["structure"]
    ordering = ["email"]
    filter_horizontal = ["user_permissions"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        ("Personne", {"fields": ["prenom", "nom", "structure"]}),
        (
            "Droits",
            {"fields": ["is_active", "administration", "is_staff", "is_superuser", "user_permissions"]},
        ),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "prenom", "nom", "structure", "password1", "password2"]})]

    def save_model(self, request, obj, form, change):
        """Ce qui change ce qu'un compte peut faire, ou le ferme, ferme ses sessions."""
        super().save_model(request, obj, form, change)
        if {"is_active", "administration", "is_staff", "is_superuser"} & set(form.changed_data):
            sessions.fermer_pour_role(obj, par=request.user)

    def user_change_password(self, request, id, form_url=""):
        reponse = super().user_change_password(request, id, form_url)
        if request.method == "POST" and reponse.status_code == 302:
            sessions.fermer_pour_role(self.get_object(request, id), par=request.user)
        return reponse


@admin.register(models.Structure)
class StructureAdmin(SansSuppression):
    list_display = ["nom", "sigle", "college", "departement", "siret"]
    list_filter = ["college"]
    search_fields = ["nom", "sigle", "siret"]
    list_select_related = ["college", "departement"]
    autocomplete_fields = ["departement", "epci"]


@admin.register(models.College)
class CollegeAdmin(SansSuppression):
    list_display = ["libelle", "code", "ordre", "attendu", "minimum"]
    list_editable = ["ordre", "attendu", "minimum"]


@admin.register(models.Personne)
class PersonneAdmin(SansSuppression):
    list_display = ["nom", "prenom", "qualite", "fonction", "structure"]
    list_filter = ["qualite"]
    search_fields = ["nom", "prenom", "structure__nom"]
    list_select_related = ["structure"]
    autocomplete_fields = ["structure", "utilisateur"]


@admin.register(models.Gouvernance)
class GouvernanceAdmin(LectureSeule):
    list_display = ["departement", "sous_prefet_referent", "prefecture_seule"]
    list_filter = ["prefecture_seule", "departement__region"]
    search_fields = ["departement__nom", "departement__code"]
    list_select_related = ["departement"]
    exclude = ["note_privee"]  # lue par l'équipe de la préfecture seule


@admin.register(models.Membre)
class MembreAdmin(LectureSeule):
    list_display = ["structure", "gouvernance", "statut", "co_porteur", "confirme_le"]
    list_filter = ["statut", "co_porteur", "structure__college"]
    search_fields = ["structure__nom", "gouvernance__departement__nom"]
    list_select_related = ["structure", "gouvernance__departement"]


@admin.register(models.Demarche)
class DemarcheAdmin(LectureSeule):
    list_display = ["nom", "identifiant", "perimetre", "etape", "porteur", "debut", "modifie_le"]
    list_filter = ["etape", "perimetre", "contrat", "gouvernance__departement__region"]
    search_fields = ["nom", "identifiant", "gouvernance__departement__nom"]
    list_select_related = ["porteur"]
    date_hierarchy = "cree_le"


@admin.register(models.Mandat)
class MandatAdmin(LectureSeule):
    list_display = ["utilisateur", "role", "demarche"]
    list_filter = ["role"]
    search_fields = ["utilisateur__email", "utilisateur__nom", "demarche__nom"]
    list_select_related = ["utilisateur", "demarche"]


@admin.register(models.CahierDesCharges, models.DefinitionCommune)
class CadreAdmin(LectureSeule):
    list_display = ["demarche", "version", "modifie_le", "modifie_par"]
    search_fields = ["demarche__nom"]
    list_select_related = ["demarche", "modifie_par"]


@admin.register(models.Adhesion)
class AdhesionAdmin(LectureSeule):
    list_display = ["structure", "cahier", "edition", "le", "par"]
    search_fields = ["structure__nom", "cahier__demarche__nom"]
    list_select_related = ["structure", "cahier__demarche", "par"]


@admin.register(models.Jalon)
class JalonAdmin(LectureSeule):
    list_display = ["demarche", "code", "echeance", "instance", "etat"]
    list_filter = ["etat", "code"]
    search_fields = ["demarche__nom"]
    list_select_related = ["demarche", "instance"]


@admin.register(models.PointDeBlocage)
class PointDeBlocageAdmin(LectureSeule):
    list_display = ["libelle", "demarche", "echeance", "leve_le"]
    list_filter = [("leve_le", admin.EmptyFieldListFilter)]
    search_fields = ["libelle", "demarche__nom"]
    list_select_related = ["demarche"]


@admin.register(models.Instance)
class InstanceAdmin(LectureSeule):
    list_display = ["__str__", "type", "demarche", "quorum", "frequence"]
    list_filter = ["type"]
    search_fields = ["nom", "demarche__nom"]
    list_select_related = ["demarche"]


@admin.register(models.Siege)
class SiegeAdmin(LectureSeule):
    list_display = ["structure", "personne", "instance", "president"]
    search_fields = ["structure__nom", "personne__nom", "instance__demarche__nom"]
    list_select_related = ["structure", "personne", "instance"]


class Points(admin.TabularInline):
    model = models.PointOrdreDuJour
    can_delete = False
    extra = 0

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class Presences(Points):
    model = models.Presence
    fk_name = "seance"


@admin.register(models.Seance)
class SeanceAdmin(LectureSeule):
    list_display = ["__str__", "reference", "etat", "debut", "lieu"]
    list_filter = ["etat", "instance__type"]
    search_fields = ["instance__demarche__nom", "lieu"]
    list_select_related = ["instance"]
    date_hierarchy = "debut"
    inlines = [Points, Presences]


@admin.register(models.Decision)
class DecisionAdmin(LectureSeule):
    list_display = ["numero", "nature", "objet", "jalon", "cree_le", "cree_par"]
    list_filter = ["nature"]
    search_fields = ["objet", "texte", "seance__instance__demarche__nom"]
    list_select_related = ["seance__instance", "jalon", "cree_par"]


@admin.register(models.Evenement)
class EvenementAdmin(LectureSeule):
    list_display = ["le", "par", "action", "objet", "demarche"]
    list_filter = ["objet_type", "le"]
    search_fields = ["action", "objet", "par__email", "demarche__nom"]
    list_select_related = ["par", "demarche"]
    show_full_result_count = False


@admin.register(models.Region)
class RegionAdmin(LectureSeule):
    list_display = ["nom", "code"]
    search_fields = ["nom"]


@admin.register(models.Departement)
class DepartementAdmin(LectureSeule):
    list_display = ["code", "nom", "region", "population", "nb_communes"]
    list_filter = ["region"]
    search_fields = ["code", "nom"]
    list_select_related = ["region"]


@admin.register(models.Epci)
class EpciAdmin(LectureSeule):
    list_display = ["nom", "siren", "type", "departement", "population", "retire_le"]
    list_filter = ["type", ("retire_le", admin.EmptyFieldListFilter)]
    search_fields = ["nom", "siren"]
    list_select_related = ["departement"]


@admin.register(models.Commune)
class CommuneAdmin(LectureSeule):
    list_display = ["nom", "code", "departement", "epci", "population", "retire_le"]
    list_filter = [("retire_le", admin.EmptyFieldListFilter)]
    search_fields = ["nom", "code"]
    list_select_related = ["departement", "epci"]
    show_full_result_count = False


@admin.register(models.Elu)
class EluAdmin(LectureSeule):
    list_display = ["personne", "delegation", "epci", "decideur", "dernier_contact"]
    list_filter = ["delegation", "decideur"]
    search_fields = ["personne__nom", "personne__gouvernance__departement__nom"]
    list_select_related = ["personne", "epci"]
    exclude = ["sensibilite"]  # une opinion : lue de la coordination et des co-porteurs seuls


@admin.register(models.Rencontre)
class RencontreAdmin(LectureSeule):
    list_display = ["__str__", "demarche", "epci", "etat"]
    list_filter = ["type", "etat"]
    search_fields = ["demarche__nom", "lieu", "epci__nom"]
    list_select_related = ["demarche", "epci"]
    date_hierarchy = "date"
