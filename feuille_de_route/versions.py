"""Figer une version, vérifier la chaîne des scellés."""

import hashlib
from datetime import UTC

from django.db import transaction
from django.utils import timezone

from feuille_de_route.echange.canonique import canonique, empreinte
from feuille_de_route.echange.exporter import exporter
from feuille_de_route.models import VersionFigee
from gouvernance.models import Demarche, Evenement, Utilisateur

FIGER = "figer la version"


def sceller(precedent: str, version: VersionFigee) -> str:
    """Le maillon de la chaîne : SHA-256 du scellé précédent, de l'empreinte, de la démarche, du numéro et de
    la date (UTC, à la microseconde).
    """
    date = version.figee_le.astimezone(UTC).isoformat(timespec="microseconds")
    maillon = f"{precedent}|{version.empreinte}|{version.demarche.uuid}|{version.numero}|{date}"
    return hashlib.sha256(maillon.encode()).hexdigest()


@transaction.atomic
def figer(demarche: Demarche, *, par: Utilisateur | None) -> VersionFigee:
    """Fige le contenu publié de la démarche (fiches retenues) ; l'appelant tient le verrou de la démarche."""
    derniere = VersionFigee.objects.filter(demarche=demarche).order_by("numero").last()
    numero = derniere.numero + 1 if derniere else 1
    texte = canonique(exporter(demarche, seulement_retenues=True))
    version = VersionFigee(
        demarche=demarche, numero=numero, canonique=texte, empreinte=empreinte(texte),
        precedente=derniere.empreinte if derniere else "", figee_le=timezone.now(), figee_par=par,
    )  # fmt: skip
    version.scelle = sceller(derniere.scelle if derniere else "", version)
    version.save(force_insert=True)
    Evenement.consigner(version, FIGER, par=par, vers=version.empreinte)
    return version


def ruptures(demarche: Demarche | None = None) -> list[str]:
    """Phrases nommant chaque maillon rompu, démarche par démarche, le premier d'abord ; vide si tout
    tient.

    Le journal, que la base protège aussi, est le second témoin : une chaîne recalculée d'un bout à l'autre ou
    raccourcie de ses dernières versions ne s'accorde plus avec lui.
    """
    versions = VersionFigee.objects.select_related("demarche").order_by("demarche", "numero")
    if demarche is not None:
        versions = versions.filter(demarche=demarche)
    fautes, chaine, lues = [], {}, {}
    for version in versions.iterator(chunk_size=50):
        attendu, numero = chaine.get(version.demarche_id, (("", ""), 0))
        fautes += _fautes(version, attendu, numero)
        chaine[version.demarche_id] = ((version.empreinte, version.scelle), version.numero)
        lues[str(version.pk)] = version.empreinte
    return fautes + _desaccords(lues, demarche)


def _desaccords(lues: dict[str, str], demarche: Demarche | None) -> list[str]:
    """Ce que le journal dit avoir figé, et ce qui s'y trouve."""
    evenements = Evenement.objects.filter(action=FIGER, objet_type=VersionFigee._meta.model_name)
    if demarche is not None:
        evenements = evenements.filter(demarche=demarche)
    fautes, restantes = [], dict(lues)
    for pk, objet, figee in evenements.order_by("pk").values_list("objet_id", "objet", "vers"):
        trouvee = restantes.pop(pk, None)
        if trouvee is None:
            fautes.append(f"« {objet} » : le journal l’a vue figer, elle n’existe plus.")
        elif trouvee != figee:
            fautes.append(f"« {objet} » : son empreinte n’est plus celle que le journal a notée.")
    return fautes + [f"Version n° {pk} en base : le journal ne l’a jamais vue figer." for pk in restantes]


def _fautes(version: VersionFigee, attendu: tuple[str, str], numero: int) -> list[str]:
    fautes = []
    if version.numero != numero + 1:
        fautes.append(f"« {version} » : la version {numero + 1} manque.")
    if empreinte(version.canonique) != version.empreinte:
        fautes.append(f"« {version} » : le contenu ne correspond plus à son empreinte.")
    if version.precedente != attendu[0]:
        fautes.append(f"« {version} » : l’empreinte de la version précédente ne correspond pas.")
    if version.scelle != sceller(attendu[1], version):
        fautes.append(f"« {version} » : le scellé est rompu.")
    return fautes
