"""La bibliothèque : les fiches retenues des feuilles de route signées, pour s'en inspirer ailleurs.

Rien de non signé n'y paraît : la démarche est à l'étape « Signée » ou après, toutes les signatures apposées,
et la fiche y est retenue. Une démarche transmise sans signature complète n'y est pas ; une démarche rouverte
pour un avenant la quitte le temps de l'avenant. Depuis la soumission ces fiches ne s'écrivent plus : ce que
l'on lit ici est ce que la version scellée porte. Les personnes (pilote, élu, adresses) n'y sont ni montrées
ni reprises ; les structures, si : elles ont signé.
"""

from django.contrib.postgres.search import SearchRank
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from feuille_de_route.echelles import reprises
from feuille_de_route.echelles.personnes import noms_de, sans_personnes
from feuille_de_route.models import RECHERCHE, SANS_LE_PILOTE, EtatFiche, FicheAction, OrigineFiche
from feuille_de_route.plan_d_actions import recherche
from gouvernance.models import Demarche, Departement, Etape, Utilisateur

SIGNEES = [e.value for e in Etape.fil() if e.rang >= Etape.SIGNEE.rang]
TEXTES = (
    "contexte",
    "besoins",
    "objectifs",
    "description",
    "premiere_annee",
    "moyens_humains",
    "moyens_materiels",
)


def fiches_signees(demarche: Demarche) -> QuerySet[FicheAction]:
    """Celles des autres démarches, que l'on peut lire depuis celle-ci."""
    signees = FicheAction.objects.filter(
        etat=EtatFiche.RETENUE, demarche__etape__in=SIGNEES, demarche__signee_le__isnull=False
    )
    return signees.exclude(demarche=demarche)


def chercher(fiches: QuerySet, texte: str) -> QuerySet:
    """Celles qui répondent à tous les mots ; toutes s'il n'y en a pas. Le nom d'un pilote ne trouve rien."""
    requete = recherche.requete_de(texte, SANS_LE_PILOTE)
    if requete is None:
        return fiches
    return fiches.alias(texte=RECHERCHE).filter(texte=requete)


def ranger(fiches: QuerySet, texte: str) -> QuerySet:
    """Les plus pertinentes d'abord ; les dernières signées, sans mot cherché."""
    requete = recherche.requete_de(texte, SANS_LE_PILOTE)
    if requete is None:
        return fiches.order_by("-demarche__signee_le", "demarche", "numero")
    classees = fiches.annotate(rang=SearchRank(RECHERCHE, requete))
    return classees.order_by("-rang", "-demarche__signee_le", "pk")


def departements(demarche: Demarche) -> QuerySet[Departement]:
    """Ceux qui ont au moins une fiche à lire."""
    lues = fiches_signees(demarche).order_by()
    return Departement.objects.filter(pk__in=lues.values("demarche__gouvernance__departement"))


def citer(fiche: FicheAction) -> str:
    """« Fiche n° 4, « Feuille de route de la Dordogne » (Dordogne, 24), signée le 3 mars 2026 »."""
    demarche = fiche.demarche
    departement = demarche.gouvernance.departement
    le = date_format(timezone.localtime(demarche.signee_le), "j F Y")
    nom = demarche.nom if len(demarche.nom) < 160 else f"{demarche.nom[:160]}…"
    return f"Fiche n° {fiche.numero}, « {nom} » ({departement.nom}, {departement.pk}), signée le {le}"


@transaction.atomic
def s_inspirer(source_pk: int, vers: Demarche, *, par: Utilisateur | None, jeton=None) -> FicheAction:
    """Un brouillon de `vers` tiré d'une fiche signée ailleurs, source citée, sans rien des personnes.

    Lève PermissionDenied (rôle), ValidationError (étape, fiche qui n'est plus signée), DejaFait.
    """
    signees = fiches_signees(vers).select_related("demarche__gouvernance__departement", "elu_referent")
    source = signees.filter(pk=source_pk).first()
    if source is None:
        raise ValidationError("Cette fiche n’est pas, ou plus, dans une feuille de route signée.")
    noms = noms_de(source)
    reprise = reprises.Reprise(
        source, vers, titre=sans_personnes(source.titre, noms), origine=OrigineFiche.BIBLIOTHEQUE,
        citee=citer(source),
    )  # fmt: skip
    neuve = reprises.reprendre(reprise, par=par, jeton=jeton)
    _taire(FicheAction.objects.filter(pk=neuve.pk), TEXTES, noms)
    for lignes in (neuve.etapes, neuve.indicateurs, neuve.lignes_budget):
        _taire(lignes.all(), [c.name for c in lignes.model._meta.fields if _est_texte(c)], noms)
    return neuve


def _est_texte(champ: models.Field) -> bool:
    return isinstance(champ, models.CharField | models.TextField) and not champ.choices


def _taire(lignes: QuerySet, champs, noms: list[str]) -> None:
    for ligne in lignes:
        tus = {champ: sans_personnes(getattr(ligne, champ), noms) for champ in champs}
        if any(tus[champ] != getattr(ligne, champ) for champ in champs):
            type(ligne).objects.filter(pk=ligne.pk).update(**tus)
