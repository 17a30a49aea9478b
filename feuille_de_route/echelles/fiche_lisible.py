"""Une fiche telle qu'on la lit d'une autre démarche : le propos et l'ordre de grandeur, sans personne."""

from decimal import Decimal
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import DecimalField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from feuille_de_route.echelles.personnes import noms_de, sans_personnes
from feuille_de_route.models import (
    Competence,
    EtatFinancement,
    FicheAction,
    Financement,
    Indicateur,
    LigneBudget,
    Partenariat,
    Public,
    Service,
    TypeFinanceur,
)
from gouvernance.models import Epci, Structure

EXTRAIT = 220
TEXTES = (
    ("contexte", "Contexte et besoin"),
    ("besoins", "Besoins auxquels l’action répond"),
    ("objectifs", "Objectifs"),
    ("description", "Description"),
    ("premiere_annee", "Ce qui se fait la première année"),
    ("moyens_humains", "Moyens humains"),
    ("moyens_materiels", "Moyens matériels"),
)


class FicheLisible(NamedTuple):
    """`textes` : (terme, texte) de ce qui est rempli ; `budget` en euros, zéro s'il n'est pas chiffré."""

    fiche: FicheAction
    titre: str
    textes: list[tuple[str, str]]
    publics: list[str]
    services: list[str]
    competences: list[str]
    etapes: list[str]
    indicateurs: list[str]
    financeurs: list[str]

    @property
    def budget(self) -> Decimal:
        return self.fiche.budget_prevu


def completer(fiches: QuerySet) -> QuerySet:
    """Ce que la lecture demande, avec la fiche, en une requête et celle des étapes."""
    return fiches.select_related(
        "structure_porteuse", "elu_referent", "demarche__gouvernance__departement"
    ).annotate(
        budget_prevu=Coalesce(_total(), Value(Decimal(0)), output_field=DecimalField()),
        noms_partenaires=_noms(Partenariat, "structure__nom"),
        noms_copilotes=ArraySubquery(
            Structure.objects.filter(fiches_copilotees=OuterRef("pk")).values("nom")
        ),
        noms_territoires=ArraySubquery(Epci.objects.filter(fiches=OuterRef("pk")).values("nom")),
        noms_indicateurs=_noms(Indicateur, "libelle"),
        types_financeurs=ArraySubquery(
            Financement.objects.filter(fiche=OuterRef("pk"))
            .exclude(etat=EtatFinancement.REFUSE)
            .order_by("type")
            .values("type")
            .distinct()
        ),
    )


def _total() -> Subquery:
    lignes = LigneBudget.objects.filter(fiche=OuterRef("pk")).order_by().values("fiche")
    return Subquery(lignes.annotate(total=Sum("montant")).values("total"))


def _noms(modele, champ: str) -> ArraySubquery:
    return ArraySubquery(modele.objects.filter(fiche=OuterRef("pk")).order_by("pk").values(champ))


def lisible(fiche: FicheAction) -> FicheLisible:
    """La fiche, lue par `completer`, sans rien de ce qui désigne une personne."""
    noms = noms_de(fiche)
    return FicheLisible(
        fiche=fiche,
        titre=titre(fiche),
        textes=[
            (terme, sans_personnes(t, noms))
            for champ, terme in TEXTES
            if (t := getattr(fiche, champ).strip())
        ],
        publics=_libelles(Public, fiche.publics),
        services=_libelles(Service, fiche.services),
        competences=_libelles(Competence, fiche.competences),
        etapes=[sans_personnes(e.libelle, noms) for e in fiche.etapes.all()],
        indicateurs=[sans_personnes(i, noms) for i in fiche.noms_indicateurs],
        financeurs=_libelles(TypeFinanceur, fiche.types_financeurs),
    )


def titre(fiche: FicheAction) -> str:
    return sans_personnes(fiche.titre, noms_de(fiche))


def extrait(fiche: FicheAction) -> str:
    """Quelques mots pour choisir : les objectifs, à défaut la description."""
    texte = sans_personnes(fiche.objectifs.strip() or fiche.description.strip(), noms_de(fiche))
    return texte if len(texte) <= EXTRAIT else f"{texte[:EXTRAIT].rsplit(' ', 1)[0]}…"


def _libelles(choix, valeurs: list[str]) -> list[str]:
    connus = dict(choix.choices)
    return [str(connus.get(valeur, valeur)) for valeur in valeurs]
