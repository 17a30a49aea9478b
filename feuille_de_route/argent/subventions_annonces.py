"""Ce que l'État répond à une demande de subvention se dit par courriel à ceux qui pilotent la démarche."""

from feuille_de_route.models import DemandeSubvention, EtatDemande
from gouvernance import courriels
from gouvernance.models import Utilisateur
from gouvernance.permissions import DROITS

GENRE = "subvention"
ANNONCES = (EtatDemande.A_MODIFIER, EtatDemande.ACCEPTEE, EtatDemande.REFUSEE)


def annoncer(demande: DemandeSubvention, *, par: Utilisateur | None) -> None:
    """Écrit les courriels dans la transaction de la décision ; le dépôt et l'instruction n'en donnent pas."""
    if demande.etat not in ANNONCES:
        return
    roles = DROITS["demander_subvention"].roles
    pilotes = Utilisateur.objects.filter(
        is_active=True, mandats__demarche=demande.demarche, mandats__role__in=roles
    )
    contexte = {
        "demande": demande,
        "demarche": demande.demarche,
        "lien": courriels.adresse("subvention", demande.demarche.uuid, demande.uuid),
    }
    for compte in pilotes.exclude(pk=par.pk if par else 0).order_by("pk").distinct():
        courriels.deposer(
            courriels.Lettre(
                GENRE, compte.email, "subvention", contexte, demarche=demande.demarche,
                objet_lie=demande.uuid, cle=f"{GENRE}:{demande.uuid}:{demande.version}:{compte.pk}",
            )
        )  # fmt: skip
