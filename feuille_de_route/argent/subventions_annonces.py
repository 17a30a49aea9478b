"""Une demande déposée se dit par courriel à ceux qui l'instruisent ; ce que l'État y répond, à ceux qui
pilotent la démarche.
"""

from django.db.models import QuerySet

from feuille_de_route.models import DemandeSubvention, EtatDemande
from gouvernance import courriels
from gouvernance.courriels import Lettre
from gouvernance.models import Utilisateur
from gouvernance.permissions import comptes_qui

GENRE, DEPOT = "subvention", "subvention-deposee"
ANNONCES = (EtatDemande.A_MODIFIER, EtatDemande.ACCEPTEE, EtatDemande.REFUSEE)


def annoncer(demande: DemandeSubvention, ancien: EtatDemande, *, par: Utilisateur | None) -> None:
    """Écrit les courriels dans la transaction de l'acte ; la prise en instruction n'en donne pas. `ancien` :
    l'état d'où vient la demande. Un nouveau dépôt, après une modification demandée, s'annonce aussi.
    """
    if demande.etat == EtatDemande.DEPOSEE:
        contexte = {"par": par, "revenue": ancien == EtatDemande.A_MODIFIER}
        courriels.deposer_pour(_lettre(demande, DEPOT, contexte), _instructeurs(), sauf=par)
    elif demande.etat in ANNONCES:
        pilotes = comptes_qui("demander_subvention", demande.demarche)
        courriels.deposer_pour(_lettre(demande, GENRE, {}), pilotes, sauf=par)


def _instructeurs() -> QuerySet[Utilisateur]:
    """L'administration nationale : elle instruit (voir `DROITS`). Pas les comptes techniques du site."""
    return Utilisateur.objects.filter(is_active=True, administration=True)


def _lettre(demande: DemandeSubvention, genre: str, contexte: dict) -> Lettre:
    contexte |= {
        "demande": demande,
        "demarche": demande.demarche,
        "lien": courriels.adresse("subvention", demande.demarche.uuid, demande.uuid),
    }
    return Lettre(
        genre, "", genre.replace("-", "_"), contexte, f"{genre}:{demande.uuid}:{demande.version}",
        demarche=demande.demarche, objet_lie=demande.uuid,
    )  # fmt: skip
