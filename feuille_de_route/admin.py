"""L’administration de la feuille de route : tout se consulte, les règles seules y écrivent."""

from django.contrib import admin

from feuille_de_route import admin_enveloppes, models
from gouvernance.admin import LectureSeule

DEPARTEMENT = "demarche__gouvernance__departement"
REGISTRES = [admin_enveloppes]  # ce que d’autres modules y inscrivent


class EnLigne(admin.TabularInline):
    """Les lignes d'un objet, à lire."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


def lignes(modele: type, *champs: str) -> type[EnLigne]:
    """Une série en lecture seule du modèle donné."""
    return type(
        f"{modele.__name__}EnLigne",
        (EnLigne,),
        {"model": modele, "fields": champs, "readonly_fields": champs},
    )


@admin.register(models.Axe)
class AxeAdmin(LectureSeule):
    list_display = ["intitule", "demarche", "parent", "ordre", "axe_fne"]
    list_filter = ["axe_fne", DEPARTEMENT]
    list_select_related = ["demarche", "parent"]
    search_fields = ["intitule", "demarche__nom"]


@admin.register(models.FicheAction)
class FicheAdmin(LectureSeule):
    list_display = ["numero", "titre", "demarche", "etat", "nature", "structure_porteuse", "modifie_le"]
    list_display_links = ["numero", "titre"]
    list_filter = ["etat", "nature", "priorite", DEPARTEMENT]
    list_select_related = ["demarche", "structure_porteuse"]
    search_fields = ["titre", "objectifs", "pilote", "structure_porteuse__nom", "demarche__nom"]
    date_hierarchy = "modifie_le"
    ordering = ["demarche", "numero"]
    inlines = [
        lignes(models.Partenariat, "structure", "apport"),
        lignes(models.EtapeFiche, "libelle", "echeance"),
        lignes(models.Indicateur, "libelle", "type", "unite", "reference", "cible", "echeance", "source"),
        lignes(models.LigneBudget, "annee", "nature", "libelle", "montant", "etp"),
        lignes(models.Financement, "financeur", "type", "dispositif", "etat", "demande", "obtenu"),
    ]


@admin.register(models.BesoinIngenierie)
class BesoinAdmin(LectureSeule):
    list_display = ["demarche", "rang", "code", "precision"]
    list_filter = ["code", DEPARTEMENT]
    list_select_related = ["demarche"]
    search_fields = ["demarche__nom", "precision"]


@admin.register(models.VersionFigee)
class VersionAdmin(LectureSeule):
    list_display = ["demarche", "numero", "figee_le", "figee_par", "empreinte"]
    list_filter = ["figee_le", DEPARTEMENT]
    list_select_related = ["demarche", "figee_par"]
    search_fields = ["demarche__nom", "empreinte"]
    date_hierarchy = "figee_le"


@admin.register(models.Signataire)
class SignataireAdmin(LectureSeule):
    list_display = ["demarche", "ordre", "nom", "qualite", "structure", "utilisateur"]
    list_filter = [DEPARTEMENT]
    list_select_related = ["demarche", "structure", "utilisateur"]
    search_fields = ["nom", "qualite", "demarche__nom"]


@admin.register(models.Document)
class DocumentAdmin(LectureSeule):
    list_display = ["demarche", "nature", "etat", "version_figee", "pages", "pret_le", "scelle_le", "essais"]
    list_filter = ["etat", "nature", DEPARTEMENT]
    list_select_related = ["demarche", "version_figee__demarche"]
    search_fields = ["demarche__nom", "empreinte", "empreintes__empreinte"]
    date_hierarchy = "cree_le"
    inlines = [
        lignes(
            models.Signature, "ordre", "signataire", "etat", "consentie_le", "apposee_le", "reserves", "motif"
        ),
        lignes(models.Empreinte, "empreinte", "signatures", "scelle", "le"),
    ]


@admin.register(models.Signature)
class SignatureAdmin(LectureSeule):
    list_display = ["signataire", "document", "ordre", "etat", "consentie_le", "apposee_le", "refusee_le"]
    list_filter = ["etat", f"document__{DEPARTEMENT}"]
    list_select_related = ["signataire", "document__demarche"]
    search_fields = ["signataire__nom", "document__demarche__nom"]


@admin.register(models.Transmission)
class TransmissionAdmin(LectureSeule):
    list_display = ["reference", "demarche", "canal", "etat", "envoyee_le", "accusee_le", "essais"]
    list_filter = ["etat", "canal", DEPARTEMENT]
    list_select_related = ["demarche"]
    search_fields = ["reference", "reference_accuse", "demarche__nom"]
    date_hierarchy = "cree_le"


@admin.register(models.Commentaire)
class CommentaireAdmin(LectureSeule):
    list_display = ["__str__", "fiche", "cree_par", "lien", "cree_le", "parent", "resolu_le", "resolu_par"]
    list_filter = ["resolu_le", f"fiche__{DEPARTEMENT}"]
    list_select_related = ["fiche", "cree_par", "lien__structure", "lien__fiche", "parent", "resolu_par"]
    search_fields = ["texte", "fiche__titre", "cree_par__nom", "cree_par__email"]
    date_hierarchy = "cree_le"
    inlines = [lignes(models.Mention, "utilisateur", "prevenue_le")]


@admin.register(models.PieceDeFiche)
class PieceDeFicheAdmin(LectureSeule):
    list_display = ["nom", "fiche", "type_mime", "taille", "cree_par", "lien", "cree_le"]
    list_filter = ["type_mime", f"fiche__{DEPARTEMENT}"]
    list_select_related = ["fiche", "cree_par", "lien__structure", "lien__fiche"]
    search_fields = ["nom", "fiche__titre", "empreinte"]
    date_hierarchy = "cree_le"


@admin.register(models.DemandeSubvention)
class DemandeSubventionAdmin(LectureSeule):
    list_display = ["beneficiaire", "enveloppe", "demarche", "etat", "budget", "accorde", "deposee_le"]
    list_filter = ["etat", "enveloppe", DEPARTEMENT]
    list_select_related = ["beneficiaire", "enveloppe", "demarche"]
    search_fields = ["beneficiaire__nom", "demarche__nom", "fiche__titre"]
    date_hierarchy = "deposee_le"
