"""Ce qu'un export lit de la base : un nombre fixe de requêtes, quelle que soit la taille de la démarche."""

from dataclasses import dataclass

from django.db.models import F, Prefetch, QuerySet

from ateliers.models import Atelier, ChantierCle, Contribution, SousGroupe
from diagnostic.models import Constat, Enjeu, Mesure, Regard
from feuille_de_route.echange import chargement_plan as plan
from feuille_de_route.echange.chargement_plan import STRUCTURE
from feuille_de_route.echange.chargement_plan import dates as _dates
from feuille_de_route.models import (
    Axe,
    BesoinIngenierie,
    DemandeSubvention,
    Enveloppe,
    FicheAction,
    PartageDeFiche,
    Signataire,
)
from gouvernance.models import (
    Adhesion,
    CahierDesCharges,
    Commune,
    Decision,
    DefinitionAdoptee,
    DefinitionCommune,
    Demarche,
    DemarcheEpci,
    Instance,
    Jalon,
    LimiteDAction,
    Membre,
    Personne,
    PointDeBlocage,
    PointOrdreDuJour,
    Presence,
    Rencontre,
    Seance,
    Siege,
    StatutMembre,
    Terme,
)
from gouvernance.socle.tri import cle_francaise

PERSONNE = ("personne__structure__college", "personne__structure__epci")


@dataclass
class Dossier:
    """Les lignes d'une démarche, chaque liste dans l'ordre où elle s'exporte. `fige` : ce que l'on signe."""

    demarche: Demarche
    fige: bool
    cahier: CahierDesCharges
    definition: DefinitionCommune
    membres: list[Membre]
    perimetres: list[DemarcheEpci]
    instances: list[Instance]
    adhesions: list[Adhesion]
    jalons: list[Jalon]
    seances: list[Seance]
    blocages: list[PointDeBlocage]
    definitions: list[DefinitionAdoptee]
    termes: list[Terme]
    limites: list[LimiteDAction]
    rencontres: list[Rencontre]
    constats: list[Constat]
    enjeux: list[Enjeu]
    chantiers: list[ChantierCle]
    ateliers: list[Atelier]
    axes: list[Axe]
    axes_parents: list[Axe]
    fiches: list[FicheAction]
    partages: list[PartageDeFiche]
    enveloppes: list[Enveloppe]
    demandes: list[DemandeSubvention]
    besoins: list[BesoinIngenierie]
    signataires: list[Signataire]


def charger(demarche_pk: int, *, seulement_retenues: bool) -> Dossier:
    """Lit toute la démarche. `seulement_retenues` : fiches retenues et membres confirmés seulement."""
    demarche = _demarche(demarche_pk)
    membres = Membre.objects.filter(gouvernance=demarche.gouvernance_id).select_related(*STRUCTURE)
    membres = membres.exclude(statut=StatutMembre.REFUSE)
    fige = {"fige": seulement_retenues}
    if seulement_retenues:
        membres = membres.filter(statut=StatutMembre.CONFIRME)
    adhesions = Adhesion.objects.filter(cahier__demarche=demarche).select_related(*STRUCTURE)
    pilote = ("pilote__college", "pilote__epci")
    responsable = ("responsable__college", "responsable__epci")
    de = {"demarche": demarche}
    return Dossier(
        demarche=demarche,
        **fige,
        cahier=CahierDesCharges.objects.filter(**de).first() or CahierDesCharges(),
        definition=DefinitionCommune.objects.filter(**de).first() or DefinitionCommune(),
        membres=list(membres),
        perimetres=list(DemarcheEpci.objects.filter(**de).select_related("epci").order_by("epci_id")),
        instances=list(_instances(demarche)),
        adhesions=list(adhesions),
        jalons=list(Jalon.objects.filter(**de).order_by("ordre")),
        seances=list(_seances(demarche)),
        blocages=list(_dates(PointDeBlocage.objects.filter(**de).select_related(*responsable), "echeance")),
        definitions=list(DefinitionAdoptee.objects.filter(**de).order_by("-edition")),
        termes=sorted(Terme.objects.filter(**de), key=lambda t: (cle_francaise(t.terme), t.terme)),
        limites=list(LimiteDAction.objects.filter(**de).select_related(*responsable).order_by("pk")),
        rencontres=list(_rencontres(demarche)),
        constats=list(_constats(demarche)),
        enjeux=list(_enjeux(demarche)),
        chantiers=list(ChantierCle.objects.filter(**de).select_related(*pilote).order_by("ordre", "pk")),
        ateliers=list(_ateliers(demarche)),
        axes=list(_axes(Axe.objects.filter(**de))),
        axes_parents=list(Axe.objects.filter(demarche=demarche.parente_id).order_by("ordre", "pk")),
        **plan.actions(demarche, **fige),
        besoins=list(BesoinIngenierie.objects.filter(**de).order_by("rang")),
        signataires=list(Signataire.objects.filter(**de).select_related(*STRUCTURE).order_by("ordre")),
    )


def _demarche(pk: int) -> Demarche:
    liens = ("gouvernance__departement__region", "porteur__college", "porteur__epci", "parente")
    return Demarche.objects.select_related(*liens).get(pk=pk)


def _instances(demarche: Demarche) -> QuerySet:
    sieges = Siege.objects.select_related(*STRUCTURE, *PERSONNE).order_by("pk")
    instances = Instance.objects.filter(demarche=demarche).select_related("epci").order_by("pk")
    return instances.prefetch_related(Prefetch("sieges", sieges))


def _seances(demarche: Demarche) -> QuerySet:
    seances = Seance.objects.filter(instance__demarche=demarche).select_related("instance")
    return seances.order_by("debut", "pk").prefetch_related(
        Prefetch("points", PointOrdreDuJour.objects.select_related("jalon").order_by("ordre", "pk")),
        Prefetch("presences", Presence.objects.order_by("siege_id")),
        Prefetch("decisions", Decision.objects.select_related("jalon").order_by("ordre")),
    )


def _rencontres(demarche: Demarche) -> QuerySet:
    referents = Personne.objects.select_related("structure__college", "structure__epci")
    rencontres = Rencontre.objects.filter(demarche=demarche).select_related("epci").order_by("date", "pk")
    return rencontres.prefetch_related(
        Prefetch("communes", Commune.objects.order_by("code")), Prefetch("referents", referents)
    )


def _constats(demarche: Demarche) -> QuerySet:
    mesures = Mesure.objects.select_related("serie")
    mesures = mesures.order_by("serie__code", "echelle", "territoire", "annee")
    constats = Constat.objects.filter(demarche=demarche).select_related("thematique").order_by("ordre", "pk")
    return constats.prefetch_related(
        Prefetch("mesures", mesures), Prefetch("regards", Regard.objects.order_by("pk"))
    )


def _enjeux(demarche: Demarche) -> QuerySet:
    rang = F("rang").asc(nulls_last=True)
    return Enjeu.objects.filter(demarche=demarche).order_by(rang, "ordre", "pk").prefetch_related("constats")


def _ateliers(demarche: Demarche) -> QuerySet:
    return _dates(Atelier.objects.filter(demarche=demarche), "date").prefetch_related(
        Prefetch("sous_groupes", SousGroupe.objects.order_by("pk")),
        Prefetch("contributions", Contribution.objects.select_related("sous_groupe").order_by("pk")),
    )


def _axes(axes: QuerySet) -> QuerySet:
    return axes.order_by("ordre", "pk").prefetch_related("enjeux")
