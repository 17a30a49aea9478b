"""Ce que l'on attend d'une personne : signer à son tour, reprendre une fiche de sa structure."""

from typing import NamedTuple

from django.db.models import Exists, OuterRef
from django.urls import reverse

from feuille_de_route.models import EtatFiche, EtatSignature, FicheAction, Signature
from gouvernance.models import Demarche, Etape, Mandat, Role, Utilisateur

PHRASES = {
    EtatFiche.A_COMPLETER: "Compléter la fiche « {} » : des précisions vous sont demandées.",
    EtatFiche.BROUILLON: "Finir et proposer la fiche « {} ».",
}


class Geste(NamedTuple):
    """`url` : l'écran où l'on s'en acquitte."""

    texte: str
    url: str


def gestes(utilisateur: Utilisateur, demarches: list[Demarche]) -> dict[int, list[Geste]]:
    """Clé de la démarche → ses gestes, les plus pressants d'abord ; deux requêtes au plus."""
    trouves: dict[int, list[Geste]] = {d.pk: [] for d in demarches}
    uuids = {d.pk: d.uuid for d in demarches}
    en_signature = [d.pk for d in demarches if d.etape == Etape.EN_SIGNATURE]
    au_plan = [d.pk for d in demarches if d.etape == Etape.PLAN_ACTIONS]
    for demarche, document in _signatures(utilisateur, en_signature) if en_signature else []:
        adresse = reverse("signer", args=[uuids[demarche], document])
        trouves[demarche].append(Geste("Lire et signer la feuille de route : c’est votre tour.", adresse))
    for fiche in _fiches(utilisateur, au_plan) if au_plan and utilisateur.structure_id else []:
        adresse = reverse("fiche", args=[uuids[fiche.demarche_id], fiche.uuid])
        trouves[fiche.demarche_id].append(Geste(PHRASES[fiche.etat].format(fiche.titre), adresse))
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
    partenaire = Mandat.objects.filter(
        utilisateur=utilisateur, role=Role.PARTENAIRE, demarche=OuterRef("demarche")
    )
    fiches = FicheAction.objects.filter(
        Exists(partenaire),
        demarche__in=demarches,
        structure_porteuse=utilisateur.structure_id,
        etat__in=list(PHRASES),
    )
    return fiches.only("uuid", "titre", "etat", "demarche").order_by("etat", "numero")
