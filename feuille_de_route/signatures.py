"""Le tour de signature : dans l'ordre, chacun sur l'exact PDF qu'il a vu ; le dernier scelle."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from feuille_de_route import versions
from feuille_de_route.models import (
    Document,
    EtatDocument,
    EtatSignature,
    NatureDocument,
    Signataire,
    Signature,
    VersionFigee,
)
from gouvernance import courriels
from gouvernance.edition import enregistrer
from gouvernance.models import Courriel, Demarche, Etape, Evenement, JetonConsomme, Utilisateur
from gouvernance.permissions import comptes_qui, exiger
from gouvernance.socle.manques import Manque

GENRE, REFUS = "signature", "signature-refusee"
RAPPEL = timedelta(days=7)


def manques(demarche: Demarche) -> list[Manque]:
    """Chaque signataire a une qualité et un engagement ; contrôlé dès la soumission, puisqu'ils sont figés
    avec elle.
    """
    attendus = Signataire.objects.filter(demarche=demarche)
    signataires = attendus.values_list("nom", "qualite", "engagement", "utilisateur", named=True)
    if not signataires:
        return [Manque("Désigner au moins un signataire.", ecran="signataires")]
    phrases = []
    for signataire in signataires:
        if not signataire.qualite.strip():
            phrases.append(f"Donner la qualité de {signataire.nom}.")
        if not signataire.engagement.strip():
            phrases.append(f"Écrire l’engagement de {signataire.nom}.")
    sans_compte = [s.nom for s in signataires if s.utilisateur is None]
    avis = [Manque(f"Aucun compte ne signera pour {nom}.", False, "signataires") for nom in sans_compte]
    return [Manque(p, ecran="signataires") for p in phrases] + avis


def manques_ouverture(demarche: Demarche) -> list[Manque]:
    """Ce qui manque pour ouvrir la signature : ce qu'exige la soumission, un compte par signataire, et une
    version figée dont l'empreinte n'a pas changé.
    """
    manques_stricts = [Manque(m.texte, True, m.ecran) for m in manques(demarche)]
    if not VersionFigee.objects.filter(demarche=demarche).exists():
        return [*manques_stricts, Manque("Aucune version n’est figée : soumettez la feuille de route.")]
    return manques_stricts + [Manque(phrase) for phrase in versions.ruptures(demarche)]


@transaction.atomic
def designer(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> Signataire:
    """Enregistre un signataire à un rang libre ; deux saisies simultanées se suivent (démarche verrouillée).

    Lève ValidationError (rang pris, étape passée), et ce que lève edition.enregistrer.
    """
    Demarche.objects.verrouiller(demarche.pk)
    autres = Signataire.objects.filter(demarche=demarche).exclude(pk=formulaire.instance.pk)
    if autres.filter(ordre=formulaire.cleaned_data["ordre"]).exists() and not _deja_recu(formulaire):
        raise ValidationError({"ordre": "Deux signataires ne peuvent pas avoir le même rang."})
    return enregistrer(formulaire, par=par, demarche=demarche, droit="engager", lien="demarche")


def _deja_recu(formulaire) -> bool:
    """Le second clic d'un même envoi : c'est à `enregistrer` de le dire, pas au rang."""
    return JetonConsomme.objects.filter(jeton=formulaire.cleaned_data.get("jeton")).exists()


@transaction.atomic
def ouvrir(demarche: Demarche, *, par: Utilisateur | None) -> Document:
    """Crée le document à signer et une signature attendue par signataire ; l'appelant tient le verrou de
    la démarche.
    """
    version = VersionFigee.objects.filter(demarche=demarche).order_by("numero").last()
    document = Document.objects.create(
        demarche=demarche, version_figee=version, nature=NatureDocument.A_SIGNER, cree_par=par
    )
    Signature.objects.bulk_create(
        Signature(document=document, signataire=signataire, ordre=rang)
        for rang, signataire in enumerate(demarche.signataires.order_by("ordre"), start=1)
    )
    Evenement.consigner(
        document, "ouvrir la signature", par=par, vers=f"{document.signatures.count()} signataires"
    )
    return document


def attendue(document: Document) -> Signature | None:
    """La signature dont c'est le tour : la première qui n'est pas apposée, si elle est attendue."""
    premiere = document.signatures.exclude(etat=EtatSignature.APPOSEE).select_related("signataire").first()
    return premiere if premiere and premiere.etat == EtatSignature.ATTENDUE else None


def prevenir(document: Document, *, apres: str = "") -> bool:
    """Écrit à qui c'est le tour de signer, une seule fois ; `apres` : le refus d'où l'on revient, ou le
    rappel, qui valent un autre courriel. L'appelant tient le document, prêt à signer.
    """
    signature = attendue(document)
    compte = signature.signataire.utilisateur if signature else None
    demarche = document.demarche
    if compte is None or not compte.is_active or demarche.etape != Etape.EN_SIGNATURE:
        return False
    lien = courriels.adresse("signer", demarche.uuid, document.uuid)
    lettre = courriels.Lettre(
        GENRE, compte.email, GENRE, {"signature": signature, "demarche": demarche, "lien": lien},
        demarche=demarche, objet_lie=document.uuid,
        cle=f"{GENRE}:{document.uuid}:{signature.ordre}:{compte.pk}:{apres}",
    )  # fmt: skip
    return courriels.deposer(lettre) is not None


def rappeler() -> int:
    """Une semaine sans signer ni refuser : un nouveau courriel à qui c'est le tour, et ainsi de suite."""
    avant = timezone.now() - RAPPEL
    recents = Courriel.objects.filter(genre=GENRE, objet_lie=OuterRef("uuid"), cree_le__gt=avant)
    suivants = Document.objects.filter(
        demarche=OuterRef("demarche"), nature=NatureDocument.A_SIGNER, pk__gt=OuterRef("pk")
    )
    attendent = Document.objects.filter(
        ~Exists(recents), ~Exists(suivants), nature=NatureDocument.A_SIGNER, etat=EtatDocument.PRET,
        scelle_le=None, pret_le__lt=avant, demarche__etape=Etape.EN_SIGNATURE,
    )  # fmt: skip
    return sum(_rappeler(pk) for pk in list(attendent.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def _rappeler(document_pk: int) -> bool:
    libres = Document.objects.select_for_update(of=("self",), skip_locked=True).select_related("demarche")
    document = libres.filter(pk=document_pk, etat=EtatDocument.PRET).first()
    return document is not None and prevenir(document, apres=f"rappel du {timezone.localdate()}")


def _annoncer_le_refus(signature: Signature) -> None:
    """Le tour est arrêté : qui conduit la démarche l'apprend, et lit pourquoi."""
    demarche = signature.document.demarche
    lien = courriels.adresse("documents", demarche.uuid)
    contexte = {"signature": signature, "demarche": demarche, "lien": lien}
    cle = f"{REFUS}:{signature.pk}:{signature.refusee_le.isoformat()}"
    lettre = courriels.Lettre(REFUS, "", "signature_refusee", contexte, cle, demarche=demarche)
    courriels.deposer_pour(lettre, comptes_qui("conduire", demarche))


def verrouiller(document_pk: int) -> Document:
    """Le document, verrouillé. Lève ValidationError sans attendre si un travailleur le prépare : il peut le
    tenir longtemps, et une page ne patiente pas.

    Ordre des verrous, partout : le document d'abord, la démarche ensuite.
    """
    exiger_pret(Document.objects.get(pk=document_pk))
    document = Document.objects.select_for_update(of=("self",)).get(pk=document_pk)
    exiger_pret(document)
    return document


def exiger_pret(document: Document) -> None:
    """Lève ValidationError si le PDF n'est pas là, entier et au repos."""
    if document.etat == EtatDocument.ECHEC:
        raise ValidationError("La production du document a échoué : la coordination doit la relancer.")
    if document.etat != EtatDocument.PRET:
        raise ValidationError(
            f"Le document n’est pas prêt ({document.get_etat_display()}) : patientez un instant."
        )


def _a_son_tour(signature_pk: int, par: Utilisateur) -> Signature:
    """La signature, son document verrouillé ; contrôlée avant le verrou, puis sous le verrou."""
    _controler(_lire(signature_pk), par)
    document = verrouiller(_lire(signature_pk).document_id)
    signature = _lire(signature_pk)
    signature.document = document
    _controler(signature, par)
    premiere = attendue(document)
    if premiere is None or premiere.pk != signature.pk:
        raise ValidationError("Ce n’est pas encore votre tour : une signature précédente est attendue.")
    return signature


def _lire(signature_pk: int) -> Signature:
    return Signature.objects.select_related("signataire", "document__demarche").get(pk=signature_pk)


def _controler(signature: Signature, par: Utilisateur) -> None:
    if signature.signataire.utilisateur_id != par.pk:
        raise PermissionDenied("Cette signature est attendue d’une autre personne.")
    if signature.etat != EtatSignature.ATTENDUE:
        raise ValidationError(f"Cette signature est déjà « {signature.get_etat_display()} ».")
    if signature.document.demarche.etape != Etape.EN_SIGNATURE:
        raise ValidationError("Le tour de signature n’est pas ouvert.")


@transaction.atomic
def consentir(signature_pk: int, *, par: Utilisateur, empreinte_vue: str, reserves: str = "") -> Signature:
    """Le signataire signe l'exact document qu'il a vu ; le cachet est ensuite apposé par le travailleur.

    Lève PermissionDenied (pas le signataire), ValidationError (pas son tour, document en préparation ou
    changé).
    """
    signature = _a_son_tour(signature_pk, par)
    document = signature.document
    if document.empreinte != empreinte_vue:
        raise ValidationError(
            "Le document a changé depuis que vous l’avez ouvert : rechargez la page, relisez-le, puis signez."
        )
    signature.etat, signature.consentie_le = EtatSignature.CONSENTIE, timezone.now()
    signature.empreinte_vue, signature.reserves, signature.par = empreinte_vue, reserves.strip(), par
    signature.save()
    document.etat, document.essais, document.prochain_essai_le = EtatDocument.SIGNATURE, 0, None
    document.save()
    Evenement.consigner(signature, "signer", par=par, demarche=document.demarche, vers=empreinte_vue)
    return signature


@transaction.atomic
def refuser(signature_pk: int, *, par: Utilisateur, motif: str) -> Signature:
    """Le signataire refuse, et dit pourquoi ; le tour s'arrête jusqu'à ce que la coordination le relance."""
    if not motif.strip():
        raise ValidationError({"motif": "Dites pourquoi vous refusez de signer."})
    signature = _a_son_tour(signature_pk, par)
    signature.etat, signature.refusee_le = EtatSignature.REFUSEE, timezone.now()
    signature.motif, signature.par = motif.strip(), par
    signature.save()
    Evenement.consigner(
        signature, "refuser de signer", par=par, demarche=signature.document.demarche, vers=signature.motif
    )
    _annoncer_le_refus(signature)
    return signature


@transaction.atomic
def redemander(signature_pk: int, *, par: Utilisateur | None) -> Signature:
    """Après un refus, la coordination redemande la signature ; le motif reste au journal."""
    exiger(par, _lire(signature_pk).document.demarche, "conduire")
    document = verrouiller(_lire(signature_pk).document_id)
    signature = _lire(signature_pk)
    if document.demarche.etape != Etape.EN_SIGNATURE:
        raise ValidationError("Le tour de signature n’est pas ouvert.")
    if signature.etat != EtatSignature.REFUSEE:
        raise ValidationError("Cette signature n’a pas été refusée.")
    Evenement.consigner(
        signature, "redemander la signature", par=par, demarche=document.demarche, de=signature.motif
    )
    refus = signature.refusee_le.isoformat()
    signature.etat, signature.refusee_le = EtatSignature.ATTENDUE, None
    signature.motif, signature.par = "", None
    signature.save()
    prevenir(document, apres=refus)
    return signature
