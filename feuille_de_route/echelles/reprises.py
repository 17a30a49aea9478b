"""Partir d'une fiche qui existe : la dupliquer, la reprendre l'année suivante, dans une autre démarche de la
gouvernance, ou depuis la bibliothèque des fiches signées d'autres territoires.

La copie est un brouillon qui garde le lien vers sa source. Ne se reprennent ni ce qui est arrivé à la source
(étapes faites, relevés, réalisé, accords des financeurs), ni ce qui s'est dit autour d'elle (commentaires,
pièces jointes) : une reprise recommence.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, QuerySet, Subquery

from feuille_de_route import fiches
from feuille_de_route.models import (
    Axe,
    EtatFiche,
    EtatFinancement,
    FicheAction,
    OrigineFiche,
    Releve,
)
from gouvernance.models import Demarche, Epci, Etape, Evenement, Perimetre, Utilisateur
from gouvernance.permissions import DROITS

ANNEE_MAX = 2100
# Un brouillon n'est pas encore montré à l'autre démarche, une fiche écartée ne l'est plus.
NON_PARTAGEES = (EtatFiche.BROUILLON, EtatFiche.ECARTEE)
TEXTES = (
    "nature", "contexte", "besoins", "objectifs", "description", "services", "publics", "competences",
    "priorite", "gain_rapide", "premiere_annee", "moyens_humains", "moyens_materiels",
)  # fmt: skip
# Les gens et les structures sont ceux d'une gouvernance : ailleurs, ils ne disent rien.
GENS = ("structure_porteuse_id", "pilote", "elu_referent_id")
DEMARCHE = ("axe_id", "chantier_id", "instance_suivi_id")


class Reprise(NamedTuple):
    """Ce que l'on reprend, dans quelle démarche, et comment.

    `annees` : de combien d'années avancent dates, budget et financements (0 : une variante, 1 : l'année
    suivante) ; `titre` : celui de la source s'il est vide ; `origine` : BIBLIOTHEQUE pour une fiche signée
    d'un autre territoire, dont on ne prend que le propos et l'ordre de grandeur du budget ; `citee` : la
    source en toutes lettres, telle qu'on la cite à qui ne peut pas l'ouvrir (300 signes).
    """

    source: FicheAction
    vers: Demarche
    annees: int = 0
    titre: str = ""
    origine: OrigineFiche = OrigineFiche.REPRISE
    citee: str = ""

    @property
    def de_la_bibliotheque(self) -> bool:
        return self.origine == OrigineFiche.BIBLIOTHEQUE

    @property
    def meme_demarche(self) -> bool:
        return self.source.demarche_id == self.vers.pk


def demarches_d_accueil(fiche: FicheAction, utilisateur: Utilisateur) -> QuerySet[Demarche]:
    """Les démarches de la même gouvernance où cette personne a un rôle qui crée des fiches, quelle que soit
    leur étape.
    """
    accueil = demarches_ou_creer(utilisateur).filter(gouvernance=fiche.demarche.gouvernance_id)
    return accueil.distinct().order_by("perimetre", "nom")


def demarches_ou_creer(utilisateur: Utilisateur) -> QuerySet[Demarche]:
    """Celles où cette personne a un rôle qui crée des fiches."""
    return Demarche.objects.filter(
        mandats__utilisateur=utilisateur, mandats__role__in=DROITS["creer_fiche"].roles
    )


def a_reprendre(vers: Demarche, utilisateur: Utilisateur) -> QuerySet[FicheAction]:
    """Les fiches des autres démarches de la gouvernance que cette personne voit, sauf les écartées ; `deja` :
    une fiche de cette démarche en vient. Les plus récentes démarches d'abord.
    """
    prises = FicheAction.objects.filter(demarche=vers, reprise_de=OuterRef("pk"))
    voisines = FicheAction.objects.visibles_par(utilisateur).filter(demarche__gouvernance=vers.gouvernance_id)
    voisines = voisines.exclude(demarche=vers).exclude(etat=EtatFiche.ECARTEE).annotate(deja=Exists(prises))
    return voisines.order_by("-demarche__cree_le", "demarche", "numero")


@transaction.atomic
def reprendre(reprise: Reprise, *, par: Utilisateur | None, jeton: UUID | None = None) -> FicheAction:
    """Crée le brouillon, avec le numéro suivant de sa démarche et le `jeton` pour adresse s'il est donné.

    Lève PermissionDenied (rôle dans la démarche d'accueil, source que l'on ne peut pas lire), ValidationError
    (étape de la démarche d'accueil), DejaFait (double clic).
    """
    for pk in sorted({reprise.source.demarche_id, reprise.vers.pk}):  # toujours dans cet ordre
        Demarche.objects.verrouiller(pk, no_key=True)
    source = FicheAction.objects.select_related("demarche__gouvernance__departement", "axe").get(
        pk=reprise.source.pk
    )
    reprise = reprise._replace(source=source)
    _exiger_lisible(reprise, par)
    neuve = _copier(reprise)
    if jeton is not None:
        neuve.uuid = jeton
    fiches.creer(neuve, par=par, jeton=jeton)
    _copier_les_listes(reprise, neuve)
    _consigner(reprise, neuve, par)
    return neuve


def _exiger_lisible(reprise: Reprise, par: Utilisateur | None) -> None:
    """Voir la source, ou la trouver à la bibliothèque : retenue, dans une feuille de route signée."""
    source = reprise.source
    if reprise.de_la_bibliotheque:
        signee = Etape(source.demarche.etape).rang >= Etape.SIGNEE.rang
        if source.etat != EtatFiche.RETENUE or not signee or source.demarche.etape == Etape.ABANDONNEE:
            raise ValidationError("Cette fiche n’est pas, ou plus, dans une feuille de route signée.")
        return
    if source.demarche.gouvernance_id != reprise.vers.gouvernance_id:
        raise ValidationError("Cette fiche est d’un autre territoire : passez par la bibliothèque.")
    if source.etat not in NON_PARTAGEES and source.partages.filter(demarche=reprise.vers).exists():
        return  # sa démarche l'a partagée avec celle-ci
    if par is not None and not FicheAction.objects.visibles_par(par).filter(pk=source.pk).exists():
        raise PermissionDenied("Vous ne pouvez pas lire la fiche que vous voulez reprendre.")


def _copier(reprise: Reprise) -> FicheAction:
    source = reprise.source
    champs = TEXTES if reprise.de_la_bibliotheque else TEXTES + GENS
    valeurs = {champ: getattr(source, champ) for champ in champs}
    if reprise.meme_demarche:
        valeurs |= {champ: getattr(source, champ) for champ in DEMARCHE}
    elif not reprise.de_la_bibliotheque:
        valeurs["axe"] = _axe_correspondant(source.axe, reprise.vers)
    if not reprise.de_la_bibliotheque:
        valeurs |= {champ: avancer(getattr(source, champ), reprise.annees) for champ in ("debut", "fin")}
    return FicheAction(
        demarche=reprise.vers, titre=reprise.titre.strip() or source.titre, origine=reprise.origine,
        reprise_de=source, source=reprise.citee.strip()[:300], **valeurs,
    )  # fmt: skip


def _axe_correspondant(axe: Axe | None, vers: Demarche) -> Axe | None:
    """L'axe de l'autre échelle : celui qui sert cet axe départemental, ou l'axe départemental servi."""
    if axe is None:
        return None
    return vers.axes.filter(declinaisons=axe).first() or vers.axes.filter(axe_departemental=axe).first()


def _copier_les_listes(reprise: Reprise, neuve: FicheAction) -> None:
    source, annees = reprise.source, reprise.annees
    if reprise.meme_demarche:
        neuve.enjeux.set(source.enjeux.all())
    _ranger(neuve, source.etapes.all(), lambda e: _etape(e, reprise))
    _ranger(neuve, _indicateurs(source), lambda i: _indicateur(i, reprise))
    _ranger(neuve, source.lignes_budget.all(), lambda ligne: _budget(ligne, annees))
    if reprise.de_la_bibliotheque:
        return
    neuve.copilotes.set(source.copilotes.all())
    neuve.territoires.set(_territoires(reprise))
    _ranger(neuve, source.partenariats.all(), lambda lien: lien)
    demandes = source.financements.exclude(etat=EtatFinancement.REFUSE)
    _ranger(neuve, demandes, lambda part: _financement(part, annees))


def _ranger(neuve: FicheAction, lignes: Iterable[Model], adapter) -> None:
    """Recopie des lignes sous la fiche neuve, chacune adaptée à la reprise."""
    copies = [adapter(ligne) for ligne in lignes]
    for copie in copies:
        copie.pk, copie.fiche, copie._state.adding = None, neuve, True
    if copies:
        type(copies[0]).objects.bulk_create(copies)


def _etape(etape, reprise: Reprise):
    etape.faite_le = None
    etape.echeance = None if reprise.de_la_bibliotheque else avancer(etape.echeance, reprise.annees)
    return etape


def _indicateurs(source: FicheAction):
    dernier = Releve.objects.filter(indicateur=OuterRef("pk")).order_by("-le", "-pk").values("valeur")[:1]
    return source.indicateurs.annotate(dernier=Subquery(dernier))


def _indicateur(indicateur, reprise: Reprise):
    """On part d'où l'on est arrivé : le dernier relevé, à défaut la cible de l'année écoulée."""
    if reprise.de_la_bibliotheque:  # les chiffres d'un autre territoire ne sont pas les nôtres
        indicateur.reference = indicateur.cible = indicateur.echeance = None
        return indicateur
    if indicateur.dernier is not None:
        indicateur.reference = indicateur.dernier
    elif reprise.annees and indicateur.cible is not None:
        indicateur.reference = indicateur.cible
    indicateur.echeance = avancer(indicateur.echeance, reprise.annees)
    return indicateur


def _budget(ligne, annees: int):
    ligne.annee, ligne.realise = min(ligne.annee + annees, ANNEE_MAX), None
    return ligne


def _financement(part, annees: int):
    """Rien n'est acquis d'avance : la somme obtenue devient celle que l'on demande, si l'on n'en sait pas
    d'autre.
    """
    part.demande = part.obtenu if part.demande is None else part.demande
    part.etat, part.obtenu = EtatFinancement.ENVISAGE, None
    part.annee = part.annee and min(part.annee + annees, ANNEE_MAX)
    return part


def _territoires(reprise: Reprise) -> QuerySet[Epci]:
    """Ceux de la source qui sont dans le périmètre de la démarche d'accueil."""
    tous = reprise.source.territoires.all()
    if reprise.meme_demarche or reprise.vers.perimetre != Perimetre.GROUPEMENT:
        return tous
    return tous.filter(perimetres__demarche=reprise.vers)


def avancer(jour: date | None, annees: int) -> date | None:
    """Le même jour, tant d'années plus tard ; le 29 février devient le 28."""
    if jour is None or not annees:
        return jour
    try:
        return jour.replace(year=jour.year + annees)
    except ValueError:
        return jour.replace(year=jour.year + annees, day=28)


def _consigner(reprise: Reprise, neuve: FicheAction, par: Utilisateur | None) -> None:
    """Au journal des deux fiches. Qui lit la source n'y lit ni le titre d'un brouillon qu'il ne voit
    peut-être pas, ni, d'un autre territoire, le nom de qui reprend.
    """
    source, citee = reprise.source, reprise.citee.strip()
    de = str(source) if reprise.meme_demarche else citee or f"{source} (démarche « {source.demarche} »)"
    Evenement.consigner(neuve, "reprendre d’une autre fiche", par=par, de=de, vers=neuve.titre)
    if reprise.meme_demarche:
        vers = f"Fiche n° {neuve.numero}"
        Evenement.consigner(source, "reprendre dans une autre fiche", par=par, vers=vers)
    elif not reprise.de_la_bibliotheque:
        Evenement.consigner(
            source, "reprendre dans une autre fiche", par=par, vers=f"Dans la démarche « {reprise.vers} »"
        )
    else:
        ailleurs = f"Par la gouvernance {reprise.vers.gouvernance.departement}"
        Evenement.consigner(source, "reprendre dans une autre fiche", par=None, vers=ailleurs)
