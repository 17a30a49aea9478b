"""Demander un document, ou la reprise de celui qui a échoué : ce que font les écrans.

Module léger (ni WeasyPrint, ni pyHanko) : la page inscrit la demande, le travailleur seul la réalise, dans
`production`.
"""

from django.core.exceptions import ValidationError
from django.db import transaction

from feuille_de_route.models import Document, EtatDocument, NatureDocument
from gouvernance.models import Demarche, Evenement

REPRISE = "réessayer"


@transaction.atomic
def reessayer(document_pk: int, *, par) -> Document:
    """Remet en file un document en échec, à l'étape où il s'était arrêté. Lève ValidationError s'il ne l'est
    pas.
    """
    if Document.objects.values_list("etat", flat=True).get(pk=document_pk) != EtatDocument.ECHEC:
        raise ValidationError("La production de ce document n’est pas en échec.")
    document = Document.objects.select_for_update(of=("self",)).get(pk=document_pk)
    if document.etat != EtatDocument.ECHEC:
        raise ValidationError("La production de ce document a déjà repris.")
    Evenement.consigner(document, REPRISE, par=par, de=document.erreur)
    document.etat = EtatDocument.SIGNATURE if document.empreinte else EtatDocument.EN_FILE
    document.essais, document.prochain_essai_le, document.erreur = 0, None, ""
    document.save()
    return document


@transaction.atomic
def editer_projet(demarche: Demarche, *, par) -> Document:
    """Demande un projet de document (contenu courant, filigrane) ; un projet déjà en cours est rendu tel
    quel.
    """
    Demarche.objects.verrouiller(demarche.pk)
    en_cours = Document.objects.filter(
        demarche=demarche, nature=NatureDocument.PROJET, etat__in=Document.A_FAIRE
    )
    if (document := en_cours.first()) is not None:
        return document
    document = Document.objects.create(demarche=demarche, nature=NatureDocument.PROJET, cree_par=par)
    Evenement.consigner(document, "éditer un projet", par=par)
    return document
