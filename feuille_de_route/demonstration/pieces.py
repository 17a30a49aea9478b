"""Les trois démarches de la démonstration : une signée et transmise, une en cours, une qui s'ouvre."""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from feuille_de_route.demonstration.jeu import DemonstrationImpossible, Jeu, Pas, derouler
from feuille_de_route.demonstration.scenes import (
    argent,
    cadrage,
    concertation,
    constats,
    dialogue,
    enjeux,
    fiches,
    ouverture,
    redaction,
    seances,
    signature,
    suite,
)
from feuille_de_route.demonstration.textes import lire
from feuille_de_route.demonstration.travailleur import Attente, EnAttente
from gouvernance.models import Commune, Departement
from gouvernance.socle import coffre

PDF = "feuille-de-route-dordogne.pdf"
FICHES = lire("dordogne", "fiches")
TITRES = [fiche["titre"] for fiche in FICHES]
CONFIEES = [fiche for fiche in FICHES if fiche.get("par_lien")]
RENVOI = lire("dordogne", "renvoi")
LOCALES = lire("perigord_noir", "fiches")
SUITES = lire("perigord_noir", "suites")


def _dordogne() -> list[Pas]:
    return [
        *ouverture.PAS, ouverture.ROLES, cadrage.NOTES, *cadrage.PAS, concertation.MOTS,
        *seances.tenir("installation", 2), cadrage.lever(0, leves=1), concertation.ELUS,
        signature.franchir("ouvrir_diagnostic", "departement"),
        *constats.PAS, concertation.rencontrer(0), *seances.tenir("diagnostic", 2),
        signature.franchir("ouvrir_enjeux", "departement"), concertation.rencontrer(1),
        cadrage.lever(2, leves=2),
        enjeux.tenir_atelier("enjeux"), enjeux.FORMULER, enjeux.CLASSER, enjeux.RETENIR,
        *seances.tenir("enjeux", 1), signature.franchir("ouvrir_strategie", "departement"),
        enjeux.tenir_atelier("chantiers"), enjeux.CHANTIERS, fiches.AXES,
        concertation.LIMITES, *seances.tenir("strategie", 5),
        signature.franchir("ouvrir_plan", "departement"),
        enjeux.CONCLURE, *map(redaction.ecrire, FICHES), *map(redaction.confier, CONFIEES),
        fiches.proposer(TITRES), dialogue.renvoyer(RENVOI), dialogue.completer(RENVOI),
        dialogue.COMMENTER, dialogue.INSTRUIRE, argent.DOTER, argent.DEMANDER,
        fiches.BESOINS, fiches.SIGNATAIRES,
        seances.convoquer("validation"), seances.ouvrir("validation"), seances.decider("validation", 1),
        signature.franchir("soumettre", "departement"), signature.attendre_la_version_soumise(),
        seances.decider("validation", 2), seances.clore("validation"),
        signature.franchir("ouvrir_signature", "prefecture"), *map(signature.signer, range(1, 5)),
        signature.TRANSMETTRE, signature.ACCUSER, suite.SUIVRE, suite.RELEVER, *seances.tenir("suivi", 2),
        concertation.A_VENIR,
    ]  # fmt: skip


def _perigord_noir() -> list[Pas]:
    """Jusqu'au milieu du plan d'actions : des fiches à tous les états, une séance à venir, des manques."""
    return [
        *ouverture.PAS, ouverture.ROLES, *cadrage.PAS,
        *seances.tenir("installation", 1), signature.franchir("ouvrir_diagnostic", "departement"),
        *constats.PAS, *seances.tenir("diagnostic", 1),
        signature.franchir("ouvrir_enjeux", "departement"),
        enjeux.tenir_atelier("enjeux"), enjeux.FORMULER, enjeux.CLASSER, enjeux.RETENIR,
        *seances.tenir("enjeux", 1), signature.franchir("ouvrir_strategie", "departement"),
        enjeux.CHANTIERS, fiches.AXES, *seances.tenir("strategie", 1),
        signature.franchir("ouvrir_plan", "departement"),
        suite.partager(0), suite.partager(1),
        *map(redaction.ecrire, LOCALES), fiches.proposer(SUITES["proposer"]),
        dialogue.renvoyer(SUITES["renvoyer"]), argent.DEMANDER,
        *seances.tenir("plan", 1), seances.convoquer("validation"),
    ]  # fmt: skip


PIECES: dict[str, Callable[[], list[Pas]]] = {
    "dordogne": _dordogne,
    "perigord_noir": _perigord_noir,
    "correze": lambda: [*ouverture.PAS],
}


def jouer(dire: Callable[[str], None], **attente) -> Path | None:
    """Joue ce qui ne l'est pas encore et rend le chemin du PDF signé, ou None s'il n'est pas prêt.

    `attente` : `delai` (secondes), `avancer`, `patienter` (voir travailleur.Attente).
    Lève DemonstrationImpossible avec une phrase qui dit quoi faire.
    """
    if settings.EN_PRODUCTION:
        raise DemonstrationImpossible("La démonstration ne se joue pas en production.")
    if not Commune.objects.filter(departement="24").exists() or not Departement.objects.filter(pk="19"):
        raise DemonstrationImpossible("Les territoires manquent : lancez d’abord charger_territoires.")
    for piece, pas in PIECES.items():
        jeu = Jeu(piece, dire=dire, attendre=Attente(dire, **attente))
        try:
            derouler(jeu, pas())
        except EnAttente as attendu:
            dire(f"{attendu} Relancez la commande pour continuer « {jeu.nom} ».")
    return _copier_le_pdf(Jeu("dordogne", dire=dire, attendre=None))


def _copier_le_pdf(jeu: Jeu) -> Path | None:
    """Une copie du PDF scellé, à côté du coffre ; réécrite seulement si elle manque ou diffère."""
    document = signature.document_scelle(jeu)
    if document is None:
        return None
    copie = Path(settings.MEDIA_ROOT).resolve().parent / PDF
    octets = coffre.lire(document.empreinte)
    if not copie.exists() or coffre.empreinte_de(copie.read_bytes()) != document.empreinte:
        provisoire = copie.with_suffix(".pdf.provisoire")
        provisoire.write_bytes(octets)
        provisoire.replace(copie)
    return copie
