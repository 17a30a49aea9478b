"""Ce que l'on attend d'une personne : signer à son tour, écrire ses fiches, en faire le point, répondre à qui
la cite ; de l'ANCT, accuser réception.
"""

from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.dialogue import mentions
from feuille_de_route.mise_en_oeuvre.suivi import EN_OEUVRE
from feuille_de_route.mise_en_oeuvre.tableau_de_suivi import FINIES, SANS_NOUVELLES
from feuille_de_route.models import (
    EtatFiche,
    EtatSignature,
    EtatTransmission,
    FicheAction,
    Signature,
    Transmission,
)
from gouvernance.models import Demarche, Etape, Mandat, Role, Utilisateur

PHRASES = {
    EtatFiche.A_COMPLETER: "Compléter la fiche «\u00a0{}\u00a0» : des précisions vous sont demandées.",
    EtatFiche.BROUILLON: "Finir et proposer la fiche «\u00a0{}\u00a0».",
}


ACCUSER = "Accuser réception de la feuille de route, ou demander un complément."


class Geste(NamedTuple):
    """`url` : l'écran où l'on s'en acquitte."""

    texte: str
    url: str


def accueil(utilisateur: Utilisateur, demarches: list[Demarche]) -> dict[int, list[Geste]]:
    """Clé de la démarche → ce que l'on attend d'elle, sur l'accueil ; deux requêtes au plus."""
    trouves = gestes(utilisateur, demarches)
    for demarche in demarches:
        trouves[demarche.pk] += citations(demarche, utilisateur)
    return trouves


def citations(demarche: Demarche, utilisateur: Utilisateur) -> list[Geste]:
    """Répondre là où on la cite, un geste par fil (voir `mentions.attendues`)."""
    return [_repondre(demarche, citee) for citee in mentions.attendues(demarche, utilisateur)]


def _repondre(demarche: Demarche, citee: dict) -> Geste:
    verbe = "Répondre au" if citee["repond"] else "Lire le"
    texte = f"{verbe} commentaire qui vous cite, sur la fiche «\u00a0{citee['titre']}\u00a0»."
    adresse = reverse("fiche_echanges", args=[demarche.uuid, citee["fiche"]])
    return Geste(texte, f"{adresse}#commentaire-{citee['mot']}")


def gestes(utilisateur: Utilisateur, demarches: list[Demarche]) -> dict[int, list[Geste]]:
    """Clé de la démarche → ses gestes, les plus pressants d'abord ; deux requêtes au plus."""
    trouves: dict[int, list[Geste]] = {d.pk: [] for d in demarches}
    par_cle = {d.pk: d for d in demarches}
    en_signature = [d.pk for d in demarches if d.etape == Etape.EN_SIGNATURE]
    au_plan = [d.pk for d in demarches if d.etape == Etape.PLAN_ACTIONS]
    en_oeuvre = [d.pk for d in demarches if d.etape in EN_OEUVRE]
    for demarche, document in _signatures(utilisateur, en_signature) if en_signature else []:
        adresse = reverse("signer", args=[par_cle[demarche].uuid, document])
        trouves[demarche].append(Geste("Lire et signer la feuille de route : c’est votre tour.", adresse))
    for demarche in _a_accuser(utilisateur, demarches):
        adresse = reverse("transmission", args=[par_cle[demarche].uuid])
        trouves[demarche].append(Geste(ACCUSER, adresse))
    siennes = _fiches(utilisateur, au_plan, en_oeuvre) if utilisateur.structure_id else []
    for fiche in siennes:
        trouves[fiche.demarche_id].append(geste(fiche, par_cle[fiche.demarche_id]))
    return trouves


def _a_accuser(utilisateur: Utilisateur, demarches: list[Demarche]) -> list[int]:
    """Les démarches dont l'envoi attend la réponse de l'administration nationale."""
    transmises = [d.pk for d in demarches if d.etape == Etape.TRANSMISE]
    if not (utilisateur.administration and transmises):
        return []
    envoyees = Transmission.objects.filter(demarche__in=transmises, etat=EtatTransmission.ENVOYEE)
    return list(envoyees.values_list("demarche", flat=True).order_by("demarche").distinct())


def _signatures(utilisateur: Utilisateur, demarches: list[int]):
    """(démarche, uuid du document) dont c'est le tour de cette personne."""
    avant = Signature.objects.filter(document=OuterRef("document"), ordre__lt=OuterRef("ordre"))
    attendues = Signature.objects.filter(
        ~Exists(avant.exclude(etat=EtatSignature.APPOSEE)),
        signataire__utilisateur=utilisateur,
        etat=EtatSignature.ATTENDUE,
        document__demarche__in=demarches,
    )
    return attendues.values_list("document__demarche", "document__uuid").order_by("pk")


def geste(fiche: FicheAction, demarche: Demarche) -> Geste | None:
    """Ce qu'attend d'elle une fiche que sa structure porte : l'écrire, ou en faire le point."""
    if demarche.etape in EN_OEUVRE:
        texte = f"Faire le point sur «\u00a0{fiche.titre}\u00a0» : pas de nouvelles depuis six mois."
        return Geste(texte, reverse("fiche_point", args=[demarche.uuid, fiche.uuid]))
    if fiche.etat not in PHRASES:
        return None
    return Geste(PHRASES[fiche.etat].format(fiche.titre), reverse("fiche", args=[demarche.uuid, fiche.uuid]))


def _fiches(utilisateur: Utilisateur, au_plan: list[int], en_oeuvre: list[int]):
    """Les fiches que sa structure porte : à écrire, celles que l'on attend d'abord ; ou retenues, pas finies,
    et dont on ne sait rien depuis six mois.
    """
    if not au_plan and not en_oeuvre:
        return []
    seuil = timezone.now() - SANS_NOUVELLES
    a_ecrire = Q(demarche__in=au_plan, etat__in=list(PHRASES))
    muettes = Q(suivie_le=None, retenue_le__lt=seuil) | Q(suivie_le__lt=seuil)
    muettes &= Q(demarche__in=en_oeuvre, etat=EtatFiche.RETENUE) & ~Q(etat_realisation__in=FINIES)
    return _portees(utilisateur).filter(a_ecrire | muettes).order_by("etat", "numero")


def _portees(utilisateur: Utilisateur):
    partenaire = Mandat.objects.filter(
        utilisateur=utilisateur, role=Role.PARTENAIRE, demarche=OuterRef("demarche")
    )
    fiches = FicheAction.objects.filter(Exists(partenaire), structure_porteuse=utilisateur.structure_id)
    return fiches.only("uuid", "titre", "etat", "demarche")
