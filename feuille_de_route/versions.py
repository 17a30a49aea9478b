"""Figer une version, vérifier la chaîne des scellés."""

import hashlib

from django.db import transaction
from django.utils import timezone

from feuille_de_route.echange.canonique import canonique, empreinte
from feuille_de_route.echange.exporter import exporter
from feuille_de_route.models import VersionFigee
from gouvernance.models import Demarche, Evenement, Utilisateur


def sceller(precedent: str, empreinte_contenu: str, identifiant: str, numero: int) -> str:
    """Le maillon de la chaîne : SHA-256 du scellé précédent, de l'empreinte, de la démarche et du numéro."""
    return hashlib.sha256(f"{precedent}|{empreinte_contenu}|{identifiant}|{numero}".encode()).hexdigest()


@transaction.atomic
def figer(demarche: Demarche, *, par: Utilisateur | None) -> VersionFigee:
    """Fige le contenu publié de la démarche (fiches retenues) ; l'appelant tient le verrou de la démarche."""
    derniere = VersionFigee.objects.filter(demarche=demarche).order_by("numero").last()
    numero = derniere.numero + 1 if derniere else 1
    texte = canonique(exporter(demarche, seulement_retenues=True))
    precedente = derniere.empreinte if derniere else ""
    version = VersionFigee.objects.create(
        demarche=demarche, numero=numero, canonique=texte, empreinte=empreinte(texte), precedente=precedente,
        scelle=sceller(derniere.scelle if derniere else "", empreinte(texte), str(demarche.uuid), numero),
        figee_le=timezone.now(), figee_par=par,
    )  # fmt: skip
    Evenement.consigner(version, "figer la version", par=par, vers=version.empreinte)
    return version


def ruptures(demarche: Demarche | None = None) -> list[str]:
    """Phrases nommant chaque maillon rompu, démarche par démarche, le premier d'abord ; vide si tout
    tient.
    """
    versions = VersionFigee.objects.select_related("demarche").order_by("demarche", "numero")
    if demarche is not None:
        versions = versions.filter(demarche=demarche)
    fautes, chaine = [], {}
    for version in versions.iterator():
        attendu, numero = chaine.get(version.demarche_id, (("", ""), 0))
        fautes += _fautes(version, attendu, numero)
        chaine[version.demarche_id] = ((version.empreinte, version.scelle), version.numero)
    return fautes


def _fautes(version: VersionFigee, attendu: tuple[str, str], numero: int) -> list[str]:
    fautes = []
    if version.numero != numero + 1:
        fautes.append(f"« {version} » : la version {numero + 1} manque.")
    if empreinte(version.canonique) != version.empreinte:
        fautes.append(f"« {version} » : le contenu ne correspond plus à son empreinte.")
    if version.precedente != attendu[0]:
        fautes.append(f"« {version} » : l’empreinte de la version précédente ne correspond pas.")
    if version.scelle != sceller(attendu[1], version.empreinte, str(version.demarche.uuid), version.numero):
        fautes.append(f"« {version} » : le scellé est rompu.")
    return fautes
