"""Produire un papier : lire, mettre en page, ranger au coffre, en tenant la ligne tout ce temps.

Un travailleur tué en chemin rend la ligne telle qu'elle était ; le balayage la reprend.
"""

import logging

from django.db import transaction
from django.utils import timezone

from feuille_de_route.documents.papiers.blocs import Ecrit, soigne
from feuille_de_route.documents.papiers.cahier import cahier
from feuille_de_route.documents.papiers.contexte import contenu, lire, sha_de
from feuille_de_route.documents.papiers.docx import en_docx
from feuille_de_route.documents.papiers.emargement import emargement
from feuille_de_route.documents.papiers.pdf import en_pdf
from feuille_de_route.documents.papiers.seance import ordre_du_jour, proces_verbal, releve
from feuille_de_route.documents.papiers.suivi import bilan, revue
from feuille_de_route.models import EtatPapier, FormatPapier, NaturePapier, Papier
from gouvernance.models import Evenement
from gouvernance.socle import coffre

journal = logging.getLogger(__name__)
INTERRUPTIONS_MAX = 25
PHRASE_ECHEC = (
    "La préparation a échoué : {}. Demandez-le de nouveau ; si cela se répète, transmettez ce message."
)
INTERROMPU = (
    "La préparation s’est interrompue {} fois sans dire pourquoi, sans doute faute de mémoire : "
    "elle n’est plus reprise d’elle-même."
)
ECRITS = {
    NaturePapier.ORDRE_DU_JOUR: ordre_du_jour,
    NaturePapier.EMARGEMENT: emargement,
    NaturePapier.RELEVE: releve,
    NaturePapier.PROCES_VERBAL: proces_verbal,
    NaturePapier.CAHIER: cahier,
    NaturePapier.REVUE: revue,
    NaturePapier.BILAN: bilan,
}


def produire(papier_pk: int) -> bool:
    """Prépare le papier. Faux si un autre travailleur le tient, ou s'il n'y avait rien à faire.

    Une erreur est notée sur la ligne (essai suivant repoussé, puis état « échec ») ; elle n'est pas relancée.
    """
    try:
        return _compter_l_essai(papier_pk) and _preparer(papier_pk)
    except Exception as erreur:
        journal.exception("Papier %s : échec de la préparation", papier_pk)
        _noter_echec(papier_pk, erreur)
        return False


@transaction.atomic
def _compter_l_essai(papier_pk: int) -> bool:
    """Compté avant de commencer : un papier qui tue son travailleur n'est pas repris sans fin."""
    papier = Papier.objects.prendre(papier_pk)
    if papier is None:
        return False
    if papier.essais >= INTERRUPTIONS_MAX:
        _echouer(papier, INTERROMPU.format(papier.essais))
        return False
    papier.essais += 1
    papier.save(update_fields=["essais"])
    return True


@transaction.atomic
def _preparer(papier_pk: int) -> bool:
    papier = Papier.objects.prendre(papier_pk)
    if papier is None:
        return False
    dit = contenu(papier.nature, lire(papier.demarche_id, papier.seance_id), papier.annee)
    octets = mettre_en_page(papier, ecrit(papier.nature, dit))
    papier.empreinte = coffre.deposer(octets, papier.format)
    papier.taille, papier.sha_contenu = len(octets), sha_de(papier.nature, dit)
    papier.etat, papier.pret_le = EtatPapier.PRET, timezone.now()
    papier.essais, papier.erreur, papier.prochain_essai_le = 0, "", None
    papier.save()
    Evenement.consigner(papier, "papier prêt", par=None, vers=papier.empreinte)
    return True


def ecrit(nature: str, dit: dict) -> Ecrit:
    """Le contenu, dit en français et découpé en blocs."""
    return ECRITS[nature](soigne(dit))


def mettre_en_page(papier: Papier, prepare: Ecrit) -> bytes:
    if papier.format == FormatPapier.DOCX:
        return en_docx(prepare, papier.cree_le)
    return en_pdf(prepare, papier.uuid.bytes, papier.cree_le)


@transaction.atomic
def _noter_echec(papier_pk: int, erreur: Exception) -> None:
    """L'essai est déjà compté : `noter_echec` le recompte, après qu'on l'a ôté."""
    papier = Papier.objects.prendre(papier_pk)
    if papier is None:
        return
    papier.essais = max(0, papier.essais - 1)
    message = PHRASE_ECHEC.format(f"erreur interne ({type(erreur).__name__})")
    if papier.noter_echec(message):
        _echouer(papier, message)
    else:
        papier.save()


def _echouer(papier: Papier, message: str) -> None:
    papier.etat, papier.erreur = EtatPapier.ECHEC, message
    Evenement.consigner(papier, "échec de la préparation", par=None, vers=message)
    papier.save()
