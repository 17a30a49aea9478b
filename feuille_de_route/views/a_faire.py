"""Ce que l'on attend d'une personne : signer à son tour, écrire ses fiches, en faire le point."""

from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.models import EtatFiche, EtatSignature, FicheAction, Signature
from feuille_de_route.suivi import EN_OEUVRE
from feuille_de_route.tableau_de_suivi import FINIES, SANS_NOUVELLES
from gouvernance.models import Demarche, Etape, Mandat, Role, Utilisateur

PHRASES = {
    EtatFiche.A_COMPLETER: "Compléter la fiche «\u00a0{}\u00a0» : des précisions vous sont demandées.",
    EtatFiche.BROUILLON: "Finir et proposer la fiche «\u00a0{}\u00a0».",
}


class Geste(NamedTuple):
    """`url` : l'écran où l'on s'en acquitte."""

    texte: str
    url: str


def gestes(utilisateur: Utilisateur, demarches: list[Demarche]) -> dict[int, list[Geste]]:
    """Clé de la démarche → ses gestes, les plus pressants d'abord ; trois requêtes au plus."""
    trouves: dict[int, list[Geste]] = {d.pk: [] for d in demarches}
    uuids = {d.pk: d.uuid for d in demarches}
    en_signature = [d.pk for d in demarches if d.etape == Etape.EN_SIGNATURE]
    au_plan = [d.pk for d in demarches if d.etape == Etape.PLAN_ACTIONS]
    en_oeuvre = [d.pk for d in demarches if d.etape in EN_OEUVRE]
    for demarche, document in _signatures(utilisateur, en_signature) if en_signature else []:
        adresse = reverse("signer", args=[uuids[demarche], document])
        trouves[demarche].append(Geste("Lire et signer la feuille de route : c’est votre tour.", adresse))
    for fiche in _fiches(utilisateur, au_plan) if au_plan and utilisateur.structure_id else []:
        adresse = reverse("fiche", args=[uuids[fiche.demarche_id], fiche.uuid])
        trouves[fiche.demarche_id].append(Geste(PHRASES[fiche.etat].format(fiche.titre), adresse))
    for fiche in _muettes(utilisateur, en_oeuvre) if en_oeuvre and utilisateur.structure_id else []:
        adresse = reverse("fiche_point", args=[uuids[fiche.demarche_id], fiche.uuid])
        texte = f"Faire le point sur «\u00a0{fiche.titre}\u00a0» : pas de nouvelles depuis six mois."
        trouves[fiche.demarche_id].append(Geste(texte, adresse))
    return trouves


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


def _fiches(utilisateur: Utilisateur, demarches: list[int]):
    """Les fiches que sa structure porte et qu'il lui revient d'écrire, celles que l'on attend d'abord."""
    return _portees(utilisateur, demarches).filter(etat__in=list(PHRASES)).order_by("etat", "numero")


def _muettes(utilisateur: Utilisateur, demarches: list[int]):
    """Les actions de sa structure dont on ne sait rien depuis six mois, et qui ne sont pas finies."""
    seuil = timezone.now() - SANS_NOUVELLES
    muettes = _portees(utilisateur, demarches).filter(etat=EtatFiche.RETENUE)
    muettes = muettes.filter(Q(suivie_le=None, retenue_le__lt=seuil) | Q(suivie_le__lt=seuil))
    return muettes.exclude(etat_realisation__in=FINIES).order_by("numero")


def _portees(utilisateur: Utilisateur, demarches: list[int]):
    partenaire = Mandat.objects.filter(
        utilisateur=utilisateur, role=Role.PARTENAIRE, demarche=OuterRef("demarche")
    )
    fiches = FicheAction.objects.filter(
        Exists(partenaire), demarche__in=demarches, structure_porteuse=utilisateur.structure_id
    )
    return fiches.only("uuid", "titre", "etat", "demarche")
