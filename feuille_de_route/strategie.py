"""Les axes : un verbe d'action à l'infinitif, au moins un enjeu, deux niveaux au plus."""

import re

from django.core.exceptions import ValidationError

from diagnostic.models import Enjeu, EtatEnjeu
from feuille_de_route.models import Axe
from gouvernance.demarches import jalon_non_acquis
from gouvernance.models import CodeJalon, Demarche
from gouvernance.socle.manques import Manque

PREMIER_MOT = re.compile(r"^(?:ne pas |se |s['’])?\s*([a-zàâçéèêëîïôûùüÿœæ-]+)", re.IGNORECASE)
# Finales en -er, -ir, -re qui ne sont pas des verbes.
FAUX_INFINITIFS = frozenset(
    """
    affaire air atelier autre avenir cadre cahier carrière centre chantier contre couverture culture
    dernier dernière dossier démesure entre espoir fichier filière foyer heure hier histoire hiver
    infrastructure lecture livre loisir lumière manière matière membre mesure mémoire métier nature
    nombre notre offre ordre ouverture pair papier premier première quartier salaire structure terre
    territoire titre victoire votre œuvre
    """.split()  # noqa: SIM905
)


def commence_par_infinitif(intitule: str) -> bool:
    """Vrai si l'intitulé s'ouvre par un verbe à l'infinitif (« Renforcer… », « S’appuyer… », « Construire…
    »).
    """
    trouve = PREMIER_MOT.match(intitule.strip())
    if not trouve:
        return False
    mot = trouve.group(1).lower()
    return mot.endswith(("er", "ir", "oir", "re")) and mot not in FAUX_INFINITIFS


def verifier_parent(axe: Axe) -> None:
    """Deux niveaux au plus, dans la même démarche."""
    if axe.parent is None:
        return
    if axe.parent.demarche_id != axe.demarche_id:
        raise ValidationError({"parent": "Cet axe appartient à une autre démarche."})
    if axe.parent.parent_id or axe.parent_id == axe.pk or (axe.pk and axe.sous_axes.exists()):
        raise ValidationError({"parent": "La stratégie a deux niveaux au plus : un axe et ses sous-axes."})


def manques(demarche: Demarche) -> list[Manque]:
    """Ce qui manque pour ouvrir le plan d'actions (DOMAINE §5, ouvrir_plan)."""
    axes = list(
        Axe.objects.filter(demarche=demarche, parent=None).prefetch_related("enjeux", "sous_axes__enjeux")
    )
    manques = [] if axes else [Manque("Écrire au moins un axe.", ecran="axes")]
    for axe in axes:
        if not commence_par_infinitif(axe.intitule):
            manques.append(Manque(f"Commencer par un verbe à l’infinitif l’axe « {axe} ».", ecran="axes"))
        if not axe.enjeux.all() and not any(s.enjeux.all() for s in axe.sous_axes.all()):
            manques.append(Manque(f"Relier l’axe « {axe} » à un enjeu.", ecran="axes"))
    manques += jalon_non_acquis(list(demarche.jalons.all()), CodeJalon.STRATEGIE)
    orphelins = Enjeu.objects.filter(demarche=demarche, etat=EtatEnjeu.RETENU, axes=None)
    manques += [Manque(f"Aucun axe ne répond à l’enjeu « {e} ».", False, "axes") for e in orphelins]
    return manques
