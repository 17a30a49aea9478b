"""Le cadre que les parties acceptent : cahier des charges et son édition, calendrier des jalons."""

import hashlib
from collections import Counter
from datetime import date, datetime
from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import F

from gouvernance import edition
from gouvernance.conduite.demarches import verifier_echeances
from gouvernance.models import (
    CahierDesCharges,
    Demarche,
    EditionDuCahier,
    Evenement,
    Instance,
    Jalon,
    Role,
    Utilisateur,
)
from gouvernance.permissions import exiger, roles_de
from gouvernance.socle.comparaison import Morceau, comparer
from gouvernance.socle.modeles import Conflit
from gouvernance.socle.mots import compter

SECTIONS = ("contexte", "objectifs", "perimetre", "methode", "moyens", "vigilance")


class Portee(models.TextChoices):
    """Ce que vaut un changement du cahier, quand des structures y ont déjà adhéré."""

    FOND = "fond", "Changement de fond : une nouvelle édition s’ouvre, chacun adhère de nouveau"
    MINEURE = "mineure", "Correction mineure : l’édition et les adhésions demeurent"


@transaction.atomic
def rediger_cahier(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> CahierDesCharges:
    """Enregistre le cahier, en entier ou par section.

    Si des structures avaient adhéré à ce texte, `portee` dit si une nouvelle édition s'ouvre ; sans elle,
    elle s'ouvre. Lève PermissionDenied si qui ne coordonne pas veut garder l'édition ; Conflit si la section
    a changé depuis qu'on l'a ouverte.
    """
    demarche = edition.tenir(demarche)
    cahier = CahierDesCharges.objects.select_for_update(of=("self",)).get(demarche=demarche)
    _relire_la_section(formulaire, cahier)
    change = set(formulaire.changed_data) & set(SECTIONS)
    adherents = cahier.adhesions.filter(edition=cahier.edition).count()
    portee = Portee(formulaire.cleaned_data.get("portee") or Portee.FOND)
    edition.enregistrer(formulaire, par=par, demarche=demarche, droit="cadrer")
    if change and adherents:
        _dire_la_portee(cahier, portee, adherents, par)
    return cahier


def empreinte_de(texte: str) -> str:
    """Ce qui identifie le texte d'une section, lu à l'ouverture de son formulaire."""
    return hashlib.sha256(texte.encode()).hexdigest()


def _relire_la_section(formulaire, cahier: CahierDesCharges) -> None:
    """Deux personnes écrivent deux sections sans se gêner ; la même, et la seconde est prévenue."""
    if (lue := formulaire.cleaned_data.get("empreinte")) is None:
        return
    if empreinte_de(getattr(cahier, formulaire.section)) != lue:
        raise Conflit("Cette section a été modifiée par quelqu’un d’autre pendant votre saisie.")
    formulaire.cleaned_data["version"] = cahier.version


def _dire_la_portee(cahier: CahierDesCharges, portee: Portee, adherents: int, par) -> None:
    """`cahier` : tel qu'il était avant l'écriture."""
    dit = f"édition {cahier.edition}, {compter(adherents, 'adhésion')}"
    if portee == Portee.MINEURE:
        if par is not None and Role.COORDINATION not in roles_de(par, cahier.demarche_id):
            raise PermissionDenied("Seule la coordination déclare une correction mineure.")
        Evenement.consigner(cahier, "correction mineure", par=par, vers=f"{dit} : rien à renouveler")
        return
    EditionDuCahier.objects.create(
        cahier=cahier, edition=cahier.edition, par=par, sections={s: getattr(cahier, s) for s in SECTIONS}
    )
    CahierDesCharges.objects.filter(pk=cahier.pk).update(edition=F("edition") + 1)
    Evenement.consigner(cahier, "nouvelle édition", par=par, de=dit, vers=f"édition {cahier.edition + 1}")


class Version(NamedTuple):
    """Une édition du cahier, et ce qui l'a distinguée de la précédente : (section, morceaux)."""

    edition: int
    close_le: datetime | None
    adherents: int
    changements: list[tuple[str, list[Morceau]]]


def histoire(cahier: CahierDesCharges) -> list[Version]:
    """Les éditions, la plus récente d'abord, chacune comparée section par section à la précédente."""
    closes = list(cahier.editions.order_by("edition"))
    adherents = Counter(cahier.adhesions.values_list("edition", flat=True))
    courant = {section: getattr(cahier, section) for section in SECTIONS}
    textes = [(e.edition, e.close_le, e.sections) for e in closes] + [(cahier.edition, None, courant)]
    versions, avant = [], {}
    for numero, close_le, sections in textes:
        ecarts = _ecarts(avant, sections) if versions else []
        versions.append(Version(numero, close_le, adherents[numero], ecarts))
        avant = sections
    return versions[::-1]


def _ecarts(avant: dict, apres: dict) -> list[tuple[str, list[Morceau]]]:
    return [
        (CahierDesCharges._meta.get_field(s).verbose_name, comparer(avant.get(s, ""), apres.get(s, "")))
        for s in SECTIONS
        if avant.get(s, "") != apres.get(s, "")
    ]


@transaction.atomic
def cadrer_jalons(
    demarche: Demarche, saisies: dict[str, tuple[date | None, Instance | None]], *, version: int, par
) -> None:
    """Fixe d'un coup l'échéance et l'instance de chaque jalon ; ceux qui sont acquis ne changent plus.

    `version` : la somme des versions lues. Lève Conflit si quelqu'un a écrit depuis ; ValidationError, au
    nom du jalon, si les échéances reculent.
    """
    demarche = edition.tenir(demarche)
    exiger(par, demarche, "cadrer")
    jalons = list(
        Jalon.objects.select_for_update(of=("self",)).select_related("instance").filter(demarche=demarche)
    )
    if sum(j.version for j in jalons) != version:
        raise Conflit("Le calendrier a été modifié par quelqu’un d’autre pendant votre saisie.")
    voulues = {j.code: (j.echeance, j.instance) if j.acquis else saisies[j.code] for j in jalons}
    verifier_echeances({code: echeance for code, (echeance, _) in voulues.items()})
    if any(i and i.demarche_id != demarche.pk for _, i in voulues.values()):
        raise ValidationError("Cette instance appartient à une autre démarche.")
    changees = (voulues[j.code][1] for j in jalons if voulues[j.code][1] != j.instance)
    if arretee := next((i for i in changees if i and i.dissoute_le), None):
        raise ValidationError(f"« {arretee} » ne se réunit plus : choisissez l’instance qui lui succède.")
    for jalon in jalons:
        _replanifier(jalon, *voulues[jalon.code], par=par)


def _replanifier(jalon: Jalon, echeance: date | None, instance: Instance | None, *, par) -> None:
    if (jalon.echeance, jalon.instance) == (echeance, instance):
        return
    Evenement.consigner(
        jalon, "planifier le jalon", par=par, de=dire_jalon(jalon.echeance, jalon.instance),
        vers=dire_jalon(echeance, instance),
    )  # fmt: skip
    jalon.echeance, jalon.instance = echeance, instance
    jalon.version += 1
    jalon.attribuer(par)
    jalon.save()


def dire_jalon(echeance: date | None, instance: Instance | None) -> str:
    """« 03/03/2026, COPIL »."""
    return f"{echeance:%d/%m/%Y}, {instance or '–'}" if echeance else f"sans échéance, {instance or '–'}"
