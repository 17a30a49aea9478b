"""La cohérence entre les échelles : les axes du département, les axes locaux qui les servent, et les trous.

Source : règle de l'ANCT, une feuille de route infra-départementale est cohérente avec la départementale, et
deux d'entre elles ne couvrent pas le même territoire.

Qui lit quoi : l'administration et les pilotes de la démarche départementale lisent toute la gouvernance ; les
autres, leurs démarches et l'intitulé des axes départementaux (strategie.axes_departementaux dit pourquoi).
"""

from collections import Counter, defaultdict
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef

from feuille_de_route.models import Axe, EtatFiche, FicheAction
from gouvernance.models import Demarche, DemarcheEpci, Epci, Etape, Mandat, Perimetre, Utilisateur
from gouvernance.permissions import PILOTES
from gouvernance.socle.tri import cle_francaise

NON_COMPTEES = (EtatFiche.BROUILLON, EtatFiche.ECARTEE)


class AxeServi(NamedTuple):
    """Un axe du département et, par démarche locale, les axes qui le servent."""

    numero: int
    axe: Axe
    par: list[tuple[Demarche, list[Axe]]]


class EpciCouvert(NamedTuple):
    """Un EPCI, la démarche locale qui le couvre, et ses fiches : celles qui le nomment, celles qui valent
    pour tout le périmètre de sa démarche ou du département.
    """

    epci: Epci
    demarche: Demarche | None
    nommees: int
    generales: int

    @property
    def sans_fiche(self) -> bool:
        return not self.nommees and not self.generales


class Coherence(NamedTuple):
    """`entiere` : la personne lit toute la gouvernance ; sinon, ses démarches seulement."""

    departement: Demarche | None
    locales: list[Demarche]
    axes: list[AxeServi]
    sans_lien: list[tuple[Demarche, Axe]]
    epcis: list[EpciCouvert]
    entiere: bool

    @property
    def non_servis(self) -> list[AxeServi]:
        return [a for a in self.axes if not a.par] if self.locales else []

    @property
    def sans_demarche(self) -> list[EpciCouvert]:
        return [e for e in self.epcis if e.demarche is None]

    @property
    def sans_fiche(self) -> list[EpciCouvert]:
        return [e for e in self.epcis if e.sans_fiche]


def lire(demarche: Demarche, utilisateur: Utilisateur) -> Coherence:
    """La cohérence de la gouvernance de `demarche`, telle que cette personne la lit : cinq requêtes."""
    toutes = _demarches(demarche, utilisateur)
    departement = _departementale(toutes)
    entiere = utilisateur.administration or utilisateur.is_superuser or _pilote(departement)
    lisibles = [d for d in toutes if entiere or d.a_un_mandat]
    locales = [d for d in lisibles if d.perimetre == Perimetre.GROUPEMENT]
    axes = _axes([*locales, *([departement] if departement else [])])
    return Coherence(
        departement=departement,
        locales=locales,
        axes=_servis(axes, departement, locales),
        sans_lien=[(d, a) for d in locales for a in axes[d.pk] if departement and not a.sert],
        epcis=_epcis(demarche, toutes, lisibles, entiere=entiere),
        entiere=entiere,
    )


def _demarches(demarche: Demarche, utilisateur: Utilisateur) -> list[Demarche]:
    """Celles de la gouvernance, hors abandon ; chacune dit si la personne y a un mandat, et pilote."""
    mandats = Mandat.objects.filter(utilisateur=utilisateur, demarche=OuterRef("pk")).order_by()
    demarches = Demarche.objects.filter(gouvernance=demarche.gouvernance_id).exclude(etape=Etape.ABANDONNEE)
    return list(
        demarches.annotate(
            a_un_mandat=Exists(mandats), pilotee=Exists(mandats.filter(role__in=PILOTES))
        ).order_by("nom", "pk")
    )


def _departementale(demarches: list[Demarche]) -> Demarche | None:
    """Celle qui court ; à défaut la dernière close."""
    siennes = [d for d in demarches if d.perimetre == Perimetre.DEPARTEMENTAL]
    return max(siennes, key=lambda d: (d.etape != Etape.CLOSE, d.pk), default=None)


def _pilote(departement: Demarche | None) -> bool:
    return departement is not None and departement.pilotee


def _axes(demarches: list[Demarche]) -> dict[int, list[Axe]]:
    """Démarche → ses axes, numérotés ; `sert` : les axes départementaux servis, par lui ou ses sous-axes."""
    tous = list(
        Axe.objects.filter(demarche__in=[d.pk for d in demarches]).order_by("demarche", "ordre", "pk")
    )
    racines = defaultdict(list)
    for axe in tous:
        if axe.parent_id is None:
            racines[axe.demarche_id].append(axe)
            axe.numero = len(racines[axe.demarche_id])
            lignee = [axe, *(a for a in tous if a.parent_id == axe.pk)]
            axe.sert = {a.axe_departemental_id for a in lignee} - {None}
    return racines


def _servis(
    axes: dict[int, list[Axe]], departement: Demarche | None, locales: list[Demarche]
) -> list[AxeServi]:
    if departement is None:
        return []
    return [
        AxeServi(axe.numero, axe, [
            (d, servants) for d in locales if (servants := [a for a in axes[d.pk] if axe.pk in a.sert])
        ])
        for axe in axes[departement.pk]
    ]  # fmt: skip


def _epcis(
    demarche: Demarche, toutes: list[Demarche], lisibles: list[Demarche], *, entiere: bool
) -> list[EpciCouvert]:
    """Les EPCI du département, ou ceux des démarches que la personne lit."""
    code = demarche.gouvernance.departement_id
    par_pk = {d.pk: d for d in toutes}
    actifs = DemarcheEpci.objects.filter(departement=code, actif=True).values_list("epci", "demarche")
    couverts = {epci: par_pk.get(pk) for epci, pk in actifs}
    epcis = Epci.objects.actuels().filter(departements__contains=[code])
    if not entiere:
        epcis = epcis.filter(pk__in=[e for e, d in couverts.items() if d in lisibles])
    nommees, generales = _fiches(lisibles)
    du_departement = sum(generales[d.pk] for d in lisibles if d.perimetre != Perimetre.GROUPEMENT)
    lignes = [
        EpciCouvert(
            epci, (locale := couverts.get(epci.pk)), nommees[epci.pk],
            du_departement + (generales[locale.pk] if locale else 0),
        )
        for epci in epcis
    ]  # fmt: skip
    return sorted(lignes, key=lambda ligne: cle_francaise(ligne.epci.nom))


def _fiches(demarches: list[Demarche]) -> tuple[Counter, Counter]:
    """EPCI → fiches qui le nomment ; démarche → fiches qui valent pour tout son périmètre."""
    lues = FicheAction.objects.filter(demarche__in=[d.pk for d in demarches]).exclude(etat__in=NON_COMPTEES)
    territoires = FicheAction.territoires.through.objects.filter(ficheaction=OuterRef("pk")).values("epci")
    nommees, generales = Counter(), Counter()
    for demarche, sirens in lues.order_by().values_list("demarche", ArraySubquery(territoires)):
        nommees.update(sirens)
        generales[demarche] += not sirens
    return nommees, generales
