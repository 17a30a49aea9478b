"""Une demande déposée se dit par courriel à ceux qui l'instruisent ; ce que l'État y répond, à ceux qui
pilotent la démarche.
"""

from django.db.models import QuerySet

from feuille_de_route.models import DemandeSubvention, EtatDemande
from gouvernance import courriels
from gouvernance.models import Utilisateur
from gouvernance.permissions import DROITS

GENRE, DEPOT = "subvention", "subvention-deposee"
ANNONCES = (EtatDemande.A_MODIFIER, EtatDemande.ACCEPTEE, EtatDemande.REFUSEE)


def annoncer(demande: DemandeSubvention, ancien: EtatDemande, *, par: Utilisateur | None) -> None:
    """Écrit les courriels dans la transaction de l'acte ; la prise en instruction n'en donne pas. `ancien` :
    l'état d'où vient la demande. Un nouveau dépôt, après une modification demandée, s'annonce aussi.
    """
    auteur = par.pk if par else 0
    if demande.etat == EtatDemande.DEPOSEE:
        contexte = {"par": par, "revenue": ancien == EtatDemande.A_MODIFIER}
        _ecrire(demande, _instructeurs().exclude(pk=auteur), DEPOT, contexte)
    elif demande.etat in ANNONCES:
        _ecrire(demande, _pilotes(demande).exclude(pk=auteur), GENRE, {})


def _instructeurs() -> QuerySet[Utilisateur]:
    """L'administration nationale : elle instruit (voir `DROITS`). Pas les comptes techniques du site."""
    return Utilisateur.objects.filter(is_active=True, administration=True)


def _pilotes(demande: DemandeSubvention) -> QuerySet[Utilisateur]:
    roles = DROITS["demander_subvention"].roles
    return Utilisateur.objects.filter(
        is_active=True, mandats__demarche=demande.demarche, mandats__role__in=roles
    )


def _ecrire(demande: DemandeSubvention, comptes: QuerySet, genre: str, contexte: dict) -> None:
    contexte |= {
        "demande": demande,
        "demarche": demande.demarche,
        "lien": courriels.adresse("subvention", demande.demarche.uuid, demande.uuid),
    }
    for compte in comptes.order_by("pk").distinct():
        courriels.deposer(
            courriels.Lettre(
                genre, compte.email, genre.replace("-", "_"), contexte, demarche=demande.demarche,
                objet_lie=demande.uuid, cle=f"{genre}:{demande.uuid}:{demande.version}:{compte.pk}",
            )
        )  # fmt: skip
