"""Produire un document, étape par étape : mise en page, champs de signature, signatures apposées, sceau.

Chaque étape tient le verrou de la ligne du document tout son temps et rend son résultat d'un seul coup : un
travailleur tué entre deux instructions laisse la ligne à l'étape d'avant, que le balayage reprend.
"""

import io
import logging

import pikepdf
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from feuille_de_route import parcours, signatures
from feuille_de_route.documents import demandes
from feuille_de_route.documents.cartouche import Apposition
from feuille_de_route.documents.certificats import charger_cachet
from feuille_de_route.documents.contexte import html_du_document, pieces_jointes
from feuille_de_route.documents.parallele import MiseEnPageInterrompue
from feuille_de_route.documents.rendu import Edition, html_vers_pdf
from feuille_de_route.documents.signature import Champ, SignatureImpossible, apposer, preparer, sceller
from feuille_de_route.models import (
    Document,
    Empreinte,
    EtatDocument,
    EtatSignature,
    NatureDocument,
    Signature,
)
from gouvernance.models import Demarche, Etape, Evenement
from gouvernance.socle import coffre

journal = logging.getLogger(__name__)
PHRASE_ECHEC = (
    "La production du document a échoué. Réessayez ; si l’échec se répète, transmettez ce message : {}"
)
INTERROMPUE = (
    "La mise en page s’est interrompue {} fois sans dire pourquoi, sans doute faute de mémoire : "
    "elle n’est plus reprise d’elle-même."
)
INTERRUPTION, INTERRUPTIONS_MAX = "reprendre une mise en page interrompue", 25
DICIBLES = (
    SignatureImpossible,
    MiseEnPageInterrompue,
    coffre.ObjetAbsent,
    coffre.ObjetAltere,
    ImproperlyConfigured,
)


def produire(document_pk: int) -> bool:
    """Mène le document aussi loin que possible. Faux si un autre travailleur le tient ou s'il n'y avait
    rien à faire.

    Une erreur est notée sur la ligne (essai suivant repoussé, puis état « échec ») ; elle n'est pas relancée.
    """
    avance = False
    try:
        _noter_interruption(document_pk)
        while _etape(document_pk):
            avance = True
    except Exception as erreur:
        journal.exception("Document %s : échec de la production", document_pk)
        _noter_echec(document_pk, erreur)
    return avance


def _etape(document_pk: int) -> bool:
    """Une étape, dans une transaction ; vrai s'il y en a peut-être une autre à faire."""
    with transaction.atomic():
        document = Document.objects.prendre(document_pk)
        if document is None:
            return False
        ETAPES[document.etat](document)
        document.save()
        return document.etat in Document.A_FAIRE


@transaction.atomic
def _noter_interruption(document_pk: int) -> None:
    """Trouvé « en mise en page », le document a perdu un travailleur en chemin : un échec l'aurait remis en
    file. Compté avant de recommencer : un document qui tue son travailleur n'est pas repris sans fin.
    """
    document = Document.objects.prendre(document_pk)
    if document is None or document.etat != EtatDocument.MISE_EN_PAGE:
        return
    Evenement.consigner(document, INTERRUPTION, par=None)
    if (nombre := _interruptions(document)) >= INTERRUPTIONS_MAX:
        document.etat, document.erreur = EtatDocument.ECHEC, INTERROMPUE.format(nombre)
        Evenement.consigner(document, "échec de la production", par=None, vers=document.erreur)
        document.save()


def _interruptions(document: Document) -> int:
    """Celles que le journal a comptées depuis la dernière reprise demandée par une personne."""
    lignes = Evenement.objects.filter(
        demarche=document.demarche_id, objet_type="document", objet_id=str(document.pk)
    )
    reprise = lignes.filter(action=demandes.REPRISE).aggregate(derniere=Max("pk"))["derniere"] or 0
    return lignes.filter(action=INTERRUPTION, pk__gt=reprise).count()


def _commencer(document: Document) -> None:
    """La mise en page se voit sur la page avant d'être finie : l'état est validé d'abord."""
    document.etat = EtatDocument.MISE_EN_PAGE


def _mettre_en_page(document: Document) -> None:
    edition = Edition(titre=str(document.demarche), identifiant=document.uuid.bytes, date=document.cree_le)
    octets = html_vers_pdf(
        html_du_document(document), edition, pieces_jointes(document), statiques=settings.BASE_DIR / "static"
    )
    if document.nature == NatureDocument.A_SIGNER:
        octets = preparer(octets, champs(document))
    _ranger(document, octets)
    document.etat = EtatDocument.PRET
    Evenement.consigner(document, "document prêt", par=None, vers=document.empreinte)
    if document.nature == NatureDocument.A_SIGNER:
        signatures.prevenir(document)


def champs(document: Document) -> list[Champ]:
    """Les champs de signature du document, dans l'ordre, puis le sceau."""
    signatures = document.signatures.select_related("signataire")
    lignes = [Champ(f"Signature{s.ordre}", f"Signature de {s.signataire}") for s in signatures]
    return [*lignes, Champ("Sceau", "Sceau de la plateforme")]


def _apposer_la_suivante(document: Document) -> None:
    """Appose la signature consentie ; après la dernière, scelle et marque la démarche signée."""
    signature = (
        Signature.objects.select_related("signataire__structure")
        .filter(document=document, etat=EtatSignature.CONSENTIE)
        .first()
    )
    document.etat = EtatDocument.PRET
    if signature is None:
        return
    cachet = charger_cachet()
    octets = apposer(
        coffre.lire(document.empreinte), f"Signature{signature.ordre}", _apposition(signature), cachet
    )
    signature.etat, signature.apposee_le = EtatSignature.APPOSEE, timezone.now()
    signature.save()
    derniere = not document.signatures.exclude(etat=EtatSignature.APPOSEE).exists()
    if derniere:
        document.scelle_le = timezone.now()
        octets = sceller(octets, cachet, date=document.scelle_le)
    _ranger(document, octets)
    Evenement.consigner(
        signature,
        "apposer la signature",
        par=signature.par,
        demarche=document.demarche,
        vers=document.empreinte,
    )
    if derniere:
        _marquer_signee(document)
    else:
        signatures.prevenir(document)


def _marquer_signee(document: Document) -> None:
    """La démarche est signée, sauf si elle a été abandonnée entre le consentement et le cachet."""
    demarche = Demarche.objects.verrouiller(document.demarche_id)
    if demarche.etape == Etape.EN_SIGNATURE:
        parcours.marquer_signee(demarche)


def _apposition(signature: Signature) -> Apposition:
    signataire = signature.signataire
    return Apposition(
        nom=signataire.nom, qualite=signataire.qualite, structure=signataire.structure.nom,
        date=signature.consentie_le, reserves=signature.reserves,
    )  # fmt: skip


def _ranger(document: Document, octets: bytes) -> None:
    """Dépose le fichier au coffre, puis l'inscrit au registre : jamais de « prêt » sans fichier."""
    document.empreinte = coffre.deposer(octets)
    document.taille = len(octets)
    document.pret_le = timezone.now()
    document.essais, document.erreur, document.prochain_essai_le = 0, "", None
    with pikepdf.open(io.BytesIO(octets)) as pdf:
        document.pages = len(pdf.pages)
    Empreinte.objects.get_or_create(
        empreinte=document.empreinte,
        defaults={
            "document": document,
            "signatures": document.signatures.filter(etat=EtatSignature.APPOSEE).count(),
            "scelle": document.scelle_le is not None,
        },
    )


ETAPES = {
    EtatDocument.EN_FILE: _commencer,
    EtatDocument.MISE_EN_PAGE: _mettre_en_page,
    EtatDocument.SIGNATURE: _apposer_la_suivante,
}


def _noter_echec(document_pk: int, erreur: Exception) -> None:
    with transaction.atomic():
        document = Document.objects.prendre(document_pk)
        if document is None:
            return
        if document.noter_echec(PHRASE_ECHEC.format(_dire(erreur))):
            document.etat = EtatDocument.ECHEC
            Evenement.consigner(document, "échec de la production", par=None, vers=document.erreur)
        elif document.etat == EtatDocument.MISE_EN_PAGE:
            document.etat = EtatDocument.EN_FILE
        document.save()


def _dire(erreur: Exception) -> str:
    """Ce qu'on montre d'une erreur : nos phrases telles quelles, le nom seul des autres (le détail est au
    journal du serveur).
    """
    return str(erreur)[:500] if isinstance(erreur, DICIBLES) else f"erreur interne ({type(erreur).__name__})."
