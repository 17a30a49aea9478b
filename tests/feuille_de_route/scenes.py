"""Des démarches déjà rendues à la fin du fil, et de quoi y jouer les travailleurs et les signataires."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from feuille_de_route import signatures, versions
from feuille_de_route.documents import production
from feuille_de_route.models import Document, Transmission
from feuille_de_route.transmission import envoi
from gouvernance.models import Demarche, Etape, Role
from tests.feuille_de_route.fabriques import SignataireFactory
from tests.gouvernance.fabriques import (
    DemarcheFactory,
    MandatFactory,
    MembreFactory,
    StructureFactory,
    UtilisateurFactory,
)

STYLE = """@page { size: A4; margin: 20mm } body { font: 10pt "DejaVu Sans" }
a { display: block; height: 34mm } main { width: 80mm }"""


def petit_html(document: Document) -> str:
    """Une page, avec les emplacements de signature que demande documents/signature.py."""
    liens = "".join(f'<a href="champ:{champ.nom}"></a>' for champ in production.champs(document))
    return (
        f'<!doctype html><html lang="fr"><head><title>t</title><style>{STYLE}</style></head>'
        f"<body><h1>{document.demarche.nom}</h1><main>{liens}</main></body></html>"
    )


def petit_document(monkeypatch) -> None:
    """La production met en page une seule feuille : ces essais portent sur le fil."""
    monkeypatch.setattr(production, "html_du_document", petit_html)
    monkeypatch.setattr(production, "pieces_jointes", lambda document: [])


@contextmanager
def scene_gardee(jouer: Callable, coffre: Path, cachet: Path) -> Iterator:
    """Ce que rend `jouer`, pour tout un module : la base est défaite à la fin ; chaque essai copie `coffre`.

    Dans un département à part : d'autres essais du module ouvrent leur démarche dans celui des fabriques.
    """
    signe = {"SIGNATURE_CERTIFICAT": cachet, "SIGNATURE_MOT_DE_PASSE": "essai"}
    with transaction.atomic():
        with override_settings(MEDIA_ROOT=coffre, **signe), pytest.MonkeyPatch.context() as retouche:
            petit_document(retouche)
            rendu = jouer()
        yield rendu
        transaction.set_rollback(True)


def demarche_soumise(**options) -> Demarche:
    demarche = DemarcheFactory(**options)
    maintenant = timezone.now()
    demarche.etape, demarche.soumise_le = Etape.SOUMISE, maintenant
    demarche.save()
    return demarche


def demarche_en_signature(signataires: int = 2, *, avant_de_figer=None, **options) -> Demarche:
    """Version figée, document à signer en file ; chaque signataire a un compte et un mandat d'élu.

    `avant_de_figer(demarche)` y ajoute du contenu.
    """
    demarche = demarche_soumise(**options)
    if avant_de_figer:
        avant_de_figer(demarche)
    for rang in range(1, signataires + 1):
        compte = MandatFactory(demarche=demarche, role=Role.ELU).utilisateur
        structure = StructureFactory(departement=demarche.departement)
        MembreFactory(gouvernance=demarche.gouvernance, structure=structure)
        SignataireFactory(
            demarche=demarche, ordre=rang, utilisateur=compte, nom=f"Signataire {rang}", structure=structure
        )
    versions.figer(demarche, par=None)
    Demarche.objects.filter(pk=demarche.pk).update(etape=Etape.EN_SIGNATURE, validee_le=timezone.now())
    demarche.refresh_from_db()
    signatures.ouvrir(demarche, par=None)
    return demarche


def coordination_de(demarche: Demarche):
    return MandatFactory(demarche=demarche, role=Role.COORDINATION).utilisateur


def anct():
    return UtilisateurFactory(anct=True)


def document_de(demarche: Demarche) -> Document:
    """Le document à signer de la dernière version."""
    return demarche.documents.filter(nature="a_signer").order_by("-pk")[:1].get()


def travailler() -> None:
    """Ce que ferait un travailleur : tout ce qui attend et dont l'heure est venue."""
    for pk in list(Document.objects.a_faire().values_list("pk", flat=True)):
        production.produire(pk)
    for pk in list(Transmission.objects.a_faire().values_list("pk", flat=True)):
        envoi.envoyer(pk)


def consentir(demarche: Demarche, **options) -> None:
    """La personne dont c'est le tour signe ce qui est prêt."""
    document = document_de(demarche)
    signature = signatures.attendue(document)
    signatures.consentir(
        signature.pk, par=signature.signataire.utilisateur, empreinte_vue=document.empreinte, **options
    )


def demarche_signee(signataires: int = 1, **options) -> Demarche:
    """Signée par tous et scellée."""
    demarche = demarche_en_signature(signataires, **options)
    travailler()
    for _ in range(signataires):
        consentir(demarche)
        travailler()
    demarche.refresh_from_db()
    assert demarche.etape == Etape.SIGNEE
    return demarche
