"""Transmettre à l'ANCT : une ligne durable par envoi, l'accusé de réception, le complément demandé."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from feuille_de_route import parcours, signatures
from feuille_de_route.models import Document, EtatDocument, EtatTransmission, NatureDocument, Transmission
from gouvernance import courriels
from gouvernance.models import Demarche, Etape, Evenement, Utilisateur
from gouvernance.permissions import comptes_qui, exiger

GENRE = "reponse-anct"
TRANSMISSIBLE = (Etape.SIGNEE, Etape.EN_SIGNATURE)


def a_transmettre(demarche: Demarche) -> Document | None:
    """Le dernier document à signer de la démarche, s'il est prêt (jamais celui d'une version d'avant)."""
    dernier = (
        Document.objects.filter(demarche=demarche, nature=NatureDocument.A_SIGNER).order_by("-pk").first()
    )
    return dernier if dernier and dernier.etat == EtatDocument.PRET else None


@transaction.atomic
def demander(demarche_pk: int, *, par: Utilisateur | None, motif: str = "") -> Transmission:
    """Confie la feuille de route à l'envoi. Signée, ou « sans signature complète » avec un motif."""
    demarche = Demarche.objects.get(pk=demarche_pk)
    exiger(par, demarche, "transmettre")
    _exiger_transmissible(demarche, motif)
    document = a_transmettre(demarche)
    if document is None:
        raise ValidationError("Le document est encore en préparation : patientez un instant.")
    document = signatures.verrouiller(document.pk)
    demarche = Demarche.objects.verrouiller(demarche_pk)
    _exiger_transmissible(demarche, motif)
    incomplete = demarche.etape == Etape.EN_SIGNATURE
    envois = Transmission.objects.filter(demarche=demarche).count()
    transmission = Transmission(
        demarche=demarche, document=document, canal=settings.TRANSMISSION_CANAL, par=par,
        motif=motif.strip() if incomplete else "",
        reference=f"FDR-{demarche.identifiant}-v{document.version_figee.numero}-{envois + 1:02d}",
    )  # fmt: skip
    transmission.attribuer(par)
    transmission.save()
    Evenement.consigner(transmission, "transmettre", par=par, vers=transmission.reference)
    parcours.marquer_transmise(demarche, par=par)
    return transmission


def _exiger_transmissible(demarche: Demarche, motif: str) -> None:
    if demarche.etape not in TRANSMISSIBLE:
        raise ValidationError(
            f"La démarche est « {demarche.get_etape_display()} » : il n’y a rien à transmettre."
        )
    if demarche.etape == Etape.EN_SIGNATURE and not motif.strip():
        raise ValidationError(
            {"motif": "La signature n’est pas complète : dites pourquoi vous transmettez sans elle."}
        )


def _envoyee(transmission_pk: int, par) -> Transmission:
    transmission = (
        Transmission.objects.select_for_update(of=("self",))
        .select_related("demarche")
        .get(pk=transmission_pk)
    )
    exiger(par, transmission.demarche, "accuser")
    if transmission.etat != EtatTransmission.ENVOYEE:
        raise ValidationError(f"Cette transmission est « {transmission.get_etat_display()} ».")
    return transmission


def _qui_attend(transmission: Transmission) -> Demarche | None:
    """La démarche, tenue, si son étape attend cette réponse. Un avenant a pu s'ouvrir depuis l'envoi, et même
    partir à son tour : ce que l'ANCT répond à la version d'avant ne dit alors rien de lui.
    """
    demarche = Demarche.objects.verrouiller(transmission.demarche_id)
    suivantes = Transmission.objects.filter(demarche=demarche, pk__gt=transmission.pk)
    return demarche if demarche.etape == Etape.TRANSMISE and not suivantes.exists() else None


def complement_attendu(demarche: Demarche) -> bool:
    """La dernière réponse de l'ANCT demande un complément, et rien n'est reparti depuis. Une requête."""
    etats = Transmission.objects.filter(demarche=demarche).order_by("-pk").values_list("etat", flat=True)
    return etats.first() == EtatTransmission.COMPLEMENT


def _prevenir(transmission: Transmission, par: Utilisateur | None) -> None:
    """Ce que l'ANCT répond s'écrit à ceux qui peuvent transmettre : un complément attend d'eux un envoi."""
    demarche = transmission.demarche
    contexte = {
        "transmission": transmission,
        "demarche": demarche,
        "lien": courriels.adresse("transmission", demarche.uuid),
    }
    lettre = courriels.Lettre(
        GENRE, "", "reponse_anct", contexte, f"{GENRE}:{transmission.uuid}:{transmission.etat}",
        demarche=demarche, objet_lie=transmission.uuid,
    )  # fmt: skip
    courriels.deposer_pour(lettre, comptes_qui("transmettre", demarche), sauf=par)


@transaction.atomic
def accuser(transmission_pk: int, *, par: Utilisateur | None, reference: str) -> Transmission:
    """L'ANCT accuse réception par une référence : la mise en œuvre commence."""
    if not reference.strip():
        raise ValidationError({"reference": "Donnez la référence de l’accusé de réception."})
    transmission = _envoyee(transmission_pk, par)
    transmission.etat, transmission.accusee_le = EtatTransmission.ACCUSEE, timezone.now()
    transmission.reference_accuse = reference.strip()
    transmission.attribuer(par)
    transmission.save()
    Evenement.consigner(transmission, "accuser réception", par=par, vers=transmission.reference_accuse)
    _prevenir(transmission, par)
    if demarche := _qui_attend(transmission):
        parcours.marquer_recue(demarche, par=par)
    return transmission


@transaction.atomic
def demander_complement(transmission_pk: int, *, par: Utilisateur | None, complement: str) -> Transmission:
    """L'ANCT demande un complément : la démarche redevient transmissible, l'envoi reste dans l'histoire."""
    if not complement.strip():
        raise ValidationError({"complement": "Dites ce qui manque."})
    transmission = _envoyee(transmission_pk, par)
    transmission.etat, transmission.complement = EtatTransmission.COMPLEMENT, complement.strip()
    transmission.attribuer(par)
    transmission.save()
    Evenement.consigner(transmission, "demander un complément", par=par, vers=transmission.complement)
    _prevenir(transmission, par)
    if demarche := _qui_attend(transmission):
        parcours.reprendre_apres_complement(demarche, par=par)
    return transmission


@transaction.atomic
def reessayer(transmission_pk: int, *, par: Utilisateur | None) -> Transmission:
    """Après un échec, remet l'envoi en file, par le canal réglé aujourd'hui."""
    transmission = (
        Transmission.objects.select_for_update(of=("self",))
        .select_related("demarche")
        .get(pk=transmission_pk)
    )
    exiger(par, transmission.demarche, "transmettre")
    if transmission.etat != EtatTransmission.ECHEC:
        raise ValidationError(f"Cette transmission est « {transmission.get_etat_display()} ».")
    Evenement.consigner(transmission, "réessayer l’envoi", par=par, de=transmission.erreur)
    transmission.etat, transmission.canal = EtatTransmission.EN_FILE, settings.TRANSMISSION_CANAL
    transmission.essais, transmission.prochain_essai_le, transmission.erreur = 0, None, ""
    transmission.save()
    return transmission
