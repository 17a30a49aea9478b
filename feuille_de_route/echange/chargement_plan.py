"""Ce qu'un export lit du plan d'actions. `fige` : ce que l'on signe, sans brouillons ni suivi."""

from django.db.models import F, Prefetch, QuerySet

from feuille_de_route.models import (
    Avis,
    DemandeSubvention,
    Enveloppe,
    EtapeFiche,
    EtatDemande,
    EtatFiche,
    FicheAction,
    Financement,
    Indicateur,
    LigneBudget,
    PartageDeFiche,
    Partenariat,
    Plafond,
    PointDeSuivi,
    Releve,
)
from gouvernance.models import Demarche, Epci, Structure

STRUCTURE = ("structure__college", "structure__epci")


def dates(lignes: QuerySet, champ: str) -> QuerySet:
    """Les datées d'abord, dans l'ordre ; puis les autres, dans l'ordre de leur saisie."""
    return lignes.order_by(F(champ).asc(nulls_last=True), "pk")


def actions(demarche: Demarche, *, fige: bool) -> dict[str, list]:
    """Les fiches, celles qui sont partagées, les demandes et leurs enveloppes."""
    demandees = list(demandes(demarche, fige=fige))
    return {
        "fiches": list(fiches(demarche, fige=fige)),
        "partages": list(partages(demarche, fige=fige)),
        "demandes": demandees,
        "enveloppes": list(enveloppes(demarche, demandees)),
    }


def fiches(demarche: Demarche, *, fige: bool) -> QuerySet:
    porteuse = ("structure_porteuse__college", "structure_porteuse__epci")
    elu = ("elu_referent__structure__college", "elu_referent__structure__epci")
    lues = FicheAction.objects.filter(demarche=demarche).select_related(*porteuse, *elu, "reprise_de")
    lues = lues.order_by("numero").prefetch_related(
        "enjeux",
        Prefetch("territoires", Epci.objects.order_by("siren")),
        Prefetch("copilotes", Structure.objects.select_related("college", "epci")),
        Prefetch("partenariats", Partenariat.objects.select_related(*STRUCTURE).order_by("pk")),
        Prefetch("etapes", dates(EtapeFiche.objects.all(), "echeance")),
        Prefetch("indicateurs", _indicateurs(fige=fige)),
        Prefetch("lignes_budget", LigneBudget.objects.order_by("annee", "pk")),
        Prefetch("financements", Financement.objects.order_by("pk")),
        Prefetch("avis", Avis.objects.order_by("pk")),
    )
    if fige:
        return lues.filter(etat=EtatFiche.RETENUE)
    return lues.prefetch_related(Prefetch("points_de_suivi", PointDeSuivi.objects.order_by("le", "pk")))


def _indicateurs(*, fige: bool) -> QuerySet:
    indicateurs = Indicateur.objects.order_by("pk")
    return (
        indicateurs
        if fige
        else indicateurs.prefetch_related(Prefetch("releves", Releve.objects.order_by("le")))
    )


def partages(demarche: Demarche, *, fige: bool) -> QuerySet:
    """Les fiches d'autres démarches ; on ne fige que celles qui y sont retenues."""
    lues = PartageDeFiche.objects.filter(demarche=demarche).select_related("fiche__demarche")
    return (lues.filter(fiche__etat=EtatFiche.RETENUE) if fige else lues).order_by("pk")


def demandes(demarche: Demarche, *, fige: bool) -> QuerySet:
    """Les demandes de subvention ; on ne fige ni les brouillons, ni celles d'une fiche non retenue."""
    beneficiaire = ("beneficiaire__college", "beneficiaire__epci")
    lues = DemandeSubvention.objects.filter(demarche=demarche).select_related("enveloppe", *beneficiaire)
    if fige:
        lues = lues.filter(fiche__etat=EtatFiche.RETENUE).exclude(etat=EtatDemande.BROUILLON)
    return lues.order_by("pk")


def enveloppes(demarche: Demarche, citees: list[DemandeSubvention]) -> QuerySet:
    """Celles des demandes, avec le seul plafond du département."""
    plafonds = Plafond.objects.filter(departement=demarche.gouvernance.departement_id)
    lues = Enveloppe.objects.filter(pk__in={d.enveloppe_id for d in citees}).order_by("nom")
    return lues.prefetch_related(Prefetch("plafonds", plafonds))
