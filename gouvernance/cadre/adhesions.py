"""Le tour des adhésions : à qui l'on demande, qui a adhéré et à quelle édition, qui relancer.

Une adhésion vaut pour une édition du cahier ; celles d'une édition passée restent dans l'histoire.
"""

from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from gouvernance import courriels, edition
from gouvernance.conduite.demarches import membres_confirmes
from gouvernance.courriels import Lettre
from gouvernance.models import (
    Adhesion,
    CahierDesCharges,
    Courriel,
    Demarche,
    Evenement,
    Mandat,
    Membre,
    Personne,
    Role,
    Structure,
    Utilisateur,
)
from gouvernance.permissions import DROITS, exiger

GENRE = "relance-adhesion"


class Ligne(NamedTuple):
    """Un membre confirmé dans le tour ; `ancienne` : son adhésion à une édition passée, à renouveler."""

    membre: Membre
    adhesion: Adhesion | None
    ancienne: Adhesion | None

    @property
    def consignee(self) -> bool:
        """La coordination l'a consignée pour une structure qui n'est pas la sienne (accord écrit)."""
        par = self.adhesion.par if self.adhesion else None
        return par is not None and par.structure_id != self.membre.structure_id


class Relance(NamedTuple):
    """Courriels écrits, personnes déjà relancées cette semaine, structures sans adresse."""

    ecrits: int
    deja: int
    sans_adresse: list[str]

    @property
    def phrase(self) -> str:
        phrases = []
        if self.ecrits:
            phrases.append(f"{self.ecrits} courriel{'s partent' if self.ecrits > 1 else ' part'}.")
        if self.deja:
            pluriel = "s ont déjà été relancées" if self.deja > 1 else " a déjà été relancée"
            phrases.append(f"{self.deja} personne{pluriel} cette semaine.")
        if self.sans_adresse:
            noms = ", ".join(f"« {nom} »" for nom in self.sans_adresse)
            phrases.append(f"Aucune adresse connue pour {noms} : consignez leur accord, ou invitez-les.")
        return " ".join(phrases)


@transaction.atomic
def adherer(demarche: Demarche, structure: Structure, *, par: Utilisateur | None) -> Adhesion:
    """La structure accepte l'édition courante du cahier des charges. Chacun n'adhère que pour la sienne.

    La coordination peut consigner l'accord d'une structure membre qui n'a pas de compte.
    """
    demarche = edition.tenir(demarche)
    exiger(par, demarche, "adherer")
    cahier = CahierDesCharges.objects.select_for_update(of=("self",)).get(demarche=demarche)
    _verifier_objectifs(cahier)
    if not membres_confirmes(demarche).filter(structure=structure).exists():
        raise ValidationError(f"« {structure} » n’est pas membre confirmé de la gouvernance.")
    if par is not None and par.structure_id != structure.pk:
        coordonne = Mandat.objects.filter(utilisateur=par, demarche=demarche, role=Role.COORDINATION).exists()
        if not coordonne:
            raise PermissionDenied("On n’adhère que pour sa propre structure.")
    adhesion, cree = Adhesion.objects.get_or_create(
        cahier=cahier, structure=structure, edition=cahier.edition, defaults={"par": par}
    )
    if cree:
        Evenement.consigner(
            adhesion, "adhérer au cahier des charges", par=par, demarche=demarche, vers=structure
        )
    return adhesion


def _verifier_objectifs(cahier: CahierDesCharges) -> None:
    if not cahier.objectifs.strip():
        raise ValidationError(
            "Le cahier des charges n’a pas encore d’objectifs : on n’adhère pas à une page vide."
        )


def attendue(demarche: Demarche, structure_pk: int | None) -> bool:
    """Cette structure, membre confirmé, n'a pas adhéré à l'édition courante d'un cahier écrit."""
    if structure_pk is None:
        return False
    signees = Adhesion.objects.filter(
        cahier=OuterRef("pk"), structure=structure_pk, edition=OuterRef("edition")
    )
    membres = membres_confirmes(demarche).filter(structure=structure_pk)
    cahiers = CahierDesCharges.objects.filter(Exists(membres), ~Exists(signees), demarche=demarche)
    return cahiers.filter(objectifs__regex=r"\S").exists()


def lire_cahier(demarche: Demarche) -> CahierDesCharges | None:
    """Le cahier, avec la date de la dernière relance (`relance_le`) : une requête."""
    relances = Courriel.objects.filter(demarche=demarche.pk, genre=GENRE).order_by("-cree_le")
    cahiers = CahierDesCharges.objects.filter(demarche=demarche)
    return cahiers.annotate(relance_le=Subquery(relances.values("cree_le")[:1])).first()


def tour(demarche: Demarche, cahier: CahierDesCharges) -> list[Ligne]:
    """Les membres confirmés, co-porteurs d'abord, et où chacun en est : deux requêtes."""
    par_structure: dict[int, list[Adhesion]] = {}
    for adhesion in cahier.adhesions.select_related("par").order_by("edition"):
        par_structure.setdefault(adhesion.structure_id, []).append(adhesion)
    membres = membres_confirmes(demarche).select_related("structure")
    lignes = []
    for membre in membres.order_by("-co_porteur", "structure__nom"):
        siennes = par_structure.get(membre.structure_id, [])
        courante = next((a for a in siennes if a.edition == cahier.edition), None)
        anciennes = [a for a in siennes if a.edition < cahier.edition]
        lignes.append(Ligne(membre, courante, anciennes[-1] if anciennes and not courante else None))
    return lignes


@transaction.atomic
def relancer(demarche: Demarche, *, par: Utilisateur | None) -> Relance:
    """Écrit un courriel à chaque personne d'une structure qui n'a pas adhéré : une fois par semaine au plus.

    On écrit aux comptes de la structure qui peuvent adhérer, et à ses personnes connues de la gouvernance.
    Lève PermissionDenied ; ValidationError si l'étape est passée, le cahier vide, ou s'il n'y a qui relancer.
    """
    demarche = edition.tenir(demarche)
    exiger(par, demarche, "relancer")
    cahier = CahierDesCharges.objects.get(demarche=demarche)
    _verifier_objectifs(cahier)
    absents = [ligne.membre for ligne in tour(demarche, cahier) if not ligne.adhesion]
    if not absents:
        raise ValidationError("Tous les membres confirmés ont adhéré : il n’y a personne à relancer.")
    adresses = _adresses(demarche, [m.structure_id for m in absents])
    semaine = timezone.localdate().strftime("%G-%V")
    ecrits = deja = 0
    for membre in absents:
        for adresse in adresses.get(membre.structure_id, ()):
            neuf = courriels.deposer(_lettre(demarche, cahier, membre, adresse, semaine))
            ecrits, deja = ecrits + bool(neuf), deja + (not neuf)
    sans = [str(m.structure) for m in absents if not adresses.get(m.structure_id)]
    relance = Relance(ecrits, deja, sans)
    if ecrits:
        Evenement.consigner(cahier, "relancer les adhésions", par=par, vers=relance.phrase)
    return relance


def _adresses(demarche: Demarche, structures: list[int]) -> dict[int, list[str]]:
    """Structure → adresses, chacune une fois, dans l'ordre alphabétique."""
    comptes = Mandat.objects.filter(
        demarche=demarche, role__in=DROITS["adherer"].roles, utilisateur__is_active=True,
        utilisateur__structure__in=structures,
    ).values_list("utilisateur__structure", "utilisateur__email")  # fmt: skip
    personnes = Personne.objects.filter(
        gouvernance=demarche.gouvernance_id, structure__in=structures
    ).exclude(email="")
    trouvees: dict[int, set[str]] = {}
    for structure, adresse in [*comptes, *personnes.values_list("structure", "email")]:
        trouvees.setdefault(structure, set()).add(adresse.lower())
    return {structure: sorted(adresses) for structure, adresses in trouvees.items()}


def _lettre(
    demarche: Demarche, cahier: CahierDesCharges, membre: Membre, adresse: str, semaine: str
) -> Lettre:
    return Lettre(
        genre=GENRE, destinataire=adresse, gabarit="relance_adhesion", demarche=demarche,
        objet_lie=cahier.uuid, cle=f"{GENRE}:{cahier.uuid}:{cahier.edition}:{semaine}:{adresse}",
        contexte={
            "demarche": demarche, "structure": membre.structure, "edition": cahier.edition,
            "adresse": courriels.adresse("cahier", demarche.uuid),
        },
    )  # fmt: skip
