"""Après la signature : où en est chaque action. Le texte de la fiche, lui, reste celui que l'on a signé.

On ajoute un point de suivi, on ne récrit pas l'ancien ; la fiche garde l'état du plus récent.
"""

from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import DateTimeField, Exists, Func, JSONField, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast
from django.utils import timezone

from feuille_de_route import fiches
from feuille_de_route.mise_en_oeuvre.tableau_de_suivi import court
from feuille_de_route.models import (
    Document,
    EtapeFiche,
    EtatFiche,
    EtatTransmission,
    FicheAction,
    Indicateur,
    LigneBudget,
    PointDeSuivi,
    Releve,
    Transmission,
    VersionFigee,
)
from gouvernance.edition import consommer
from gouvernance.models import Demarche, Etape, Evenement, Utilisateur
from gouvernance.permissions import DROITS, Acces, motif_d_etape
from gouvernance.socle.modeles import Conflit
from gouvernance.templatetags.feuille import nombre

DROIT = "suivre_fiches"
EN_OEUVRE = (Etape.SIGNEE, Etape.TRANSMISE, Etape.MISE_EN_OEUVRE)
RIEN = "–"
PREMIER_SCEAU = """(
    SELECT MIN(scelle_le) FROM feuille_de_route_document WHERE demarche_id = gouvernance_demarche.id)"""
PREMIER_ENVOI = """(
    SELECT MIN(envoyee_le) FROM feuille_de_route_transmission WHERE demarche_id = gouvernance_demarche.id)"""


class SaisieDePoint(NamedTuple):
    """Ce qu'un point de suivi apporte. `vu` : le dernier point que la personne a lu avant d'écrire.

    `etapes` : étape → jour où elle a été faite ; `realises` : ligne de budget → montant en euros ;
    `releves` : indicateur → valeur, à la date du point. Les seules lignes changées y sont.
    """

    point: PointDeSuivi
    vu: UUID | None = None
    etapes: dict[int, date | None] = {}
    realises: dict[int, Decimal | None] = {}
    releves: dict[int, Decimal] = {}


def version_en_vigueur(demarche: Demarche) -> VersionFigee | None:
    """La dernière version que tous ont signée, ou que l'on a transmise : celle que l'on met en œuvre.

    `numeros` : les fiches qu'elle porte. Un avenant ouvert n'y change rien.
    """
    a_elle = {"version_figee": OuterRef("pk")}
    envois = Transmission.objects.filter(
        document__version_figee=OuterRef("pk"),
        etat__in=[EtatTransmission.ENVOYEE, EtatTransmission.ACCUSEE],
    )
    scelles = Document.objects.filter(**a_elle, scelle_le__isnull=False)
    versions = VersionFigee.objects.filter(Q(Exists(scelles)) | Q(Exists(envois)), demarche=demarche)
    return versions.annotate(numeros=_numeros()).defer("canonique").order_by("-numero").first()


def _numeros() -> Func:
    """Les numéros des fiches d'une version, lus dans son JSON par PostgreSQL."""
    return Func(
        Cast("canonique", JSONField()),
        template="jsonb_path_query_array(%(expressions)s, '$.fiches[*].numero')",
        output_field=JSONField(),
    )


class Ouverture(NamedTuple):
    """`refus` : pourquoi rien ne se note, vide si le suivi est ouvert ; `version` : celle en vigueur pendant
    un avenant, None aux étapes où la dernière version figée l'est.
    """

    refus: str
    version: VersionFigee | None = None


def ouverture(demarche: Demarche) -> Ouverture:
    """LA règle : le suivi s'ouvre à la signature et ne se ferme qu'à la clôture.

    Pendant un avenant (retour au plan d'actions), il continue sur les fiches de la version en vigueur.
    """
    if demarche.etape in EN_OEUVRE:
        return Ouverture("")
    if demarche.etape == Etape.CLOSE:
        return Ouverture("On ne peut plus faire le point sur les fiches actions : la démarche est close.")
    if refus := motif_d_etape(demarche, DROITS[DROIT]):
        return Ouverture(refus)
    if (version := version_en_vigueur(demarche)) is not None:
        return Ouverture("", version)
    etape = demarche.get_etape_display()
    return Ouverture(f"Le suivi s’ouvre quand la feuille de route est signée ; elle en est à « {etape} ».")


def premieres_dates() -> dict[str, RawSQL]:
    """Le premier sceau et le premier envoi d'une démarche, à lire avec elle (voir `signee_le`)."""
    lues = {"premier_sceau": PREMIER_SCEAU, "premier_envoi": PREMIER_ENVOI}
    return {nom: RawSQL(texte, (), DateTimeField()) for nom, texte in lues.items()}  # noqa: S611 – textes constants


def en_avenant(demarche: Demarche) -> bool:
    """Une version est signée, et l'on en prépare une autre (`demarche` lue avec ses premières dates)."""
    rang = Etape(demarche.etape).rang
    if not Etape.ABANDONNEE.rang < rang < Etape.SIGNEE.rang:
        return False
    envoyee = demarche.premier_envoi and rang < Etape.EN_SIGNATURE.rang  # sinon, un complément à envoyer
    return bool(demarche.premier_sceau or envoyee)


def signee_le(demarche: Demarche) -> datetime | None:
    """Quand la PREMIÈRE version a été signée par tous, à défaut transmise : le suivi part de là. None avant.

    Un avenant redate la démarche, pas le début de ce que l'on suit.
    """
    if not hasattr(demarche, "premier_sceau"):
        demarche = Demarche.objects.annotate(**premieres_dates()).get(pk=demarche.pk)
    dates = (demarche.premier_sceau, demarche.premier_envoi, demarche.signee_le or demarche.transmise_le)
    return min(filter(None, dates), default=None)


def suivies(demarche: Demarche, ouvert: Ouverture | None = None) -> QuerySet[FicheAction]:
    """Les fiches de la version en vigueur."""
    ouvert = ouvert or ouverture(demarche)
    siennes = FicheAction.objects.filter(demarche=demarche)
    if ouvert.version is not None:
        return siennes.filter(numero__in=ouvert.version.numeros)
    if demarche.etape in (*EN_OEUVRE, Etape.CLOSE):
        return siennes.filter(etat=EtatFiche.RETENUE)
    return siennes.none()


def motif(fiche: FicheAction, acces: Acces, ouvert: Ouverture | None = None) -> str:
    """Pourquoi cette personne ne peut pas suivre cette fiche maintenant ; vide si elle le peut."""
    return motif_de_role(fiche, acces) or motif_de_la_fiche(fiche, ouvert)


def motif_de_role(fiche: FicheAction, acces: Acces) -> str:
    """La coordination, le co-porteur, le porteur EPCI ; et le partenaire dont la structure porte l'action."""
    if not acces.autorise_nom(DROIT):
        return DROITS[DROIT].refus
    if acces.autorise_nom("editer_fiches"):
        return ""
    porteuse = fiche.structure_porteuse_id
    if porteuse and porteuse == acces.structure_id:
        return ""
    return "Cette action est portée par une autre structure que la vôtre : c’est elle qui en donne l’état."


def motif_de_la_fiche(fiche: FicheAction, ouvert: Ouverture | None = None) -> str:
    ouvert = ouvert or ouverture(fiche.demarche)
    if ouvert.refus:
        return ouvert.refus
    en_vigueur = fiche.numero in ouvert.version.numeros if ouvert.version else fiche.etat == EtatFiche.RETENUE
    return "" if en_vigueur else "Cette fiche n’est pas dans la version en vigueur : elle ne se suit pas."


def _ouvrir(fiche_pk: int, par: Utilisateur | None) -> FicheAction:
    """La fiche, verrouillée après sa démarche, si la personne peut la suivre.

    Lève PermissionDenied (rôle), ValidationError (suivi fermé, fiche hors de la version en vigueur).
    """
    fiche = fiches.verrouiller(fiche_pk)
    if par is not None and (refus := motif_de_role(fiche, Acces(par, fiche.demarche))):
        raise PermissionDenied(refus)
    if refus := motif_de_la_fiche(fiche):
        raise ValidationError(refus)
    return fiche


@transaction.atomic
def faire_le_point(
    fiche_pk: int, saisie: SaisieDePoint, *, par: Utilisateur | None, jeton: UUID | None = None
) -> PointDeSuivi:
    """Ajoute un point de suivi, avec les étapes faites, le réalisé et les relevés qui l'accompagnent.

    Lève PermissionDenied, ValidationError (suivi fermé, ligne disparue, relevé déjà écrit à cette date),
    Conflit (un autre point a été noté depuis que l'on a ouvert la page), DejaFait (double clic).
    """
    fiche = _ouvrir(fiche_pk, par)
    consommer(jeton, par)
    dernier = fiche.points_de_suivi.first()
    if saisie.vu != (dernier.uuid if dernier else None):
        raise Conflit(f"Un point vient d’être noté sur « {fiche} » pendant votre saisie.")
    point = saisie.point
    point.fiche = fiche
    point.attribuer(par)
    point.full_clean(exclude=["fiche"])
    point.save()
    details = _dire_le_point(dernier, point)
    details += _cocher_les_etapes(fiche, saisie.etapes)
    details += _ecrire_le_realise(fiche, saisie.realises)
    details += [_relever(fiche, pk, point, valeur) for pk, valeur in saisie.releves.items()]
    if saisie.etapes or saisie.realises:  # une section ouverte avant se réunit avec ces lignes
        fiche.verrouiller_version(fiche.version)
    _mettre_a_jour(fiche)
    Evenement.consigner_saisie(fiche, "faire le point", par=par, details=details)
    return point


class PointsRefuses(Exception):
    """Des lignes d'une mise à jour groupée sont refusées. `fautes` : fiche → phrases ; `depasses` : fiche →
    le point que quelqu'un vient d'y noter.
    """

    def __init__(self, fautes: dict[int, list[str]], depasses: dict[int, PointDeSuivi]):
        super().__init__(fautes)
        self.fautes, self.depasses = fautes, depasses


@transaction.atomic
def faire_les_points(
    saisies: dict[int, SaisieDePoint], *, par: Utilisateur | None, jeton: UUID | None = None
) -> int:
    """Plusieurs fiches d'un coup : toutes, ou aucune. Rend le nombre de points notés.

    Lève PermissionDenied, DejaFait, PointsRefuses (une phrase par fiche refusée).
    """
    consommer(jeton, par)
    fautes: dict[int, list[str]] = {}
    depasses: dict[int, PointDeSuivi] = {}
    for pk in sorted(saisies):
        try:
            faire_le_point(pk, saisies[pk], par=par)
        except ValidationError as refus:
            fautes[pk] = refus.messages
        except Conflit:
            depasses[pk] = PointDeSuivi.objects.select_related("cree_par").filter(fiche=pk).first()
            fautes[pk] = [_dire_le_conflit(depasses[pk])]
    if fautes:
        raise PointsRefuses(fautes, depasses)
    return len(saisies)


def _dire_le_conflit(point: PointDeSuivi) -> str:
    qui = point.cree_par or "Quelqu’un"
    suite = "Relisez, puis enregistrez de nouveau pour ajouter le vôtre."
    return f"{qui} vient de noter « {en_bref(point)} ». {suite}"


def en_bref(point: PointDeSuivi) -> str:
    """« En cours, pluie »."""
    meteo = court(point.get_meteo_display()).lower()
    return ", ".join(filter(None, (point.get_etat_display(), meteo)))


def _mettre_a_jour(fiche: FicheAction) -> None:
    """La fiche dit ce que dit son point le plus récent, même si l'on vient d'en noter un plus ancien.

    Ce champ-là n'en change pas la version : qui écrit un avenant au même moment n'est pas interrompu.
    """
    point = fiche.points_de_suivi.first()
    FicheAction.objects.filter(pk=fiche.pk).update(
        etat_realisation=point.etat, meteo=point.meteo, freins=point.freins,
        suivie_le=timezone.make_aware(datetime.combine(point.le, time(12))),
    )  # fmt: skip


def _dire_le_point(dernier: PointDeSuivi | None, point: PointDeSuivi) -> list[list[str]]:
    """[libellé, avant, après] de ce que le point change ou ajoute."""
    lignes = [
        ["À la date du", f"{dernier.le:%d/%m/%Y}" if dernier else RIEN, f"{point.le:%d/%m/%Y}"],
        ["État", dernier.get_etat_display() if dernier else RIEN, point.get_etat_display()],
        ["Météo", (dernier and dernier.get_meteo_display()) or RIEN, point.get_meteo_display() or RIEN],
    ]
    textes = (("fait", "Ce qui a avancé"), ("freins", "Freins"), ("a_decider", "À décider"))
    return lignes + [[mots, RIEN, getattr(point, nom)] for nom, mots in textes if getattr(point, nom)]


def _cocher_les_etapes(fiche: FicheAction, faites: dict[int, date | None]) -> list[list[str]]:
    details = []
    for etape in _retrouver(EtapeFiche, fiche, faites, "Une étape"):
        avant, etape.faite_le = etape.faite_le, faites[etape.pk]
        etape.save(update_fields=["faite_le"])
        details.append([f"Étape « {etape} »", _jour(avant), _jour(etape.faite_le)])
    return details


def _ecrire_le_realise(fiche: FicheAction, realises: dict[int, Decimal | None]) -> list[list[str]]:
    details = []
    for ligne in _retrouver(LigneBudget, fiche, realises, "Une ligne de budget"):
        avant, ligne.realise = ligne.realise, realises[ligne.pk]
        ligne.save(update_fields=["realise"])
        details.append([f"Réalisé « {ligne} »", _nombre(avant), _nombre(ligne.realise)])
    return details


def _retrouver(modele, fiche: FicheAction, cles: dict, quoi: str) -> list:
    """Les lignes de cette fiche. Lève ValidationError si l'une a été supprimée entre-temps."""
    if not cles:
        return []
    lignes = list(modele.objects.filter(fiche=fiche, pk__in=cles).order_by("pk"))
    if len(lignes) != len(cles):
        raise ValidationError(f"{quoi} que vous remplissez n’existe plus : rouvrez la page.")
    return lignes


def _relever(fiche: FicheAction, indicateur_pk: int, point: PointDeSuivi, valeur: Decimal) -> list[str]:
    indicateur = Indicateur.objects.filter(fiche=fiche, pk=indicateur_pk).first()
    if indicateur is None:
        raise ValidationError("Un indicateur que vous relevez n’existe plus : rouvrez la page.")
    if deja := indicateur.releves.filter(le=point.le).first():
        refus = (
            f"Un relevé est déjà écrit au {point.le:%d/%m/%Y} ({_nombre(deja.valeur)}) : videz cette case, "
        )
        suite = "enregistrez le point, puis corrigez-le depuis la page de suivi."
        raise ValidationError({f"releve_{indicateur_pk}": refus + suite})
    releve = Releve(indicateur=indicateur, le=point.le, valeur=valeur)
    releve.attribuer(point.modifie_par)
    releve.save()
    return [f"Relevé « {indicateur} »", RIEN, _nombre(valeur)]


@transaction.atomic
def noter_releve(formulaire, fiche_pk: int, *, par: Utilisateur | None, jeton: UUID | None = None) -> Releve:
    """Enregistre un relevé daté, neuf ou corrigé (formulaire de Releve valide).

    Lève ce que lève `_ouvrir` ; Conflit si le relevé a été corrigé entre-temps ; DejaFait (double clic).
    """
    fiche = _ouvrir(fiche_pk, par)
    consommer(jeton, par)
    releve = formulaire.instance
    if releve.indicateur.fiche_id != fiche.pk:
        raise ValidationError("Cet indicateur n’est pas de cette fiche.")
    avant = RIEN
    if releve.pk:
        ancien = Releve.objects.filter(pk=releve.pk).first()
        if ancien is None:
            raise ValidationError("Ce relevé n’existe plus : il vient d’être retiré.")
        avant = _dire_releve(ancien)
        releve.verrouiller_version(formulaire.cleaned_data["version"])
    releve.attribuer(par)
    formulaire.save()
    details = [[f"Relevé « {releve.indicateur} »", avant, _dire_releve(releve)]]
    Evenement.consigner_saisie(fiche, "noter un relevé", par=par, details=details)
    return releve


@transaction.atomic
def retirer_releve(releve_pk: int, fiche_pk: int, *, par: Utilisateur | None) -> None:
    """Retire un relevé fautif ; le journal en garde la valeur."""
    fiche = _ouvrir(fiche_pk, par)
    releve = Releve.objects.filter(pk=releve_pk, indicateur__fiche=fiche).select_related("indicateur").first()
    if releve is None:
        raise ValidationError("Ce relevé n’existe plus.")
    details = [[f"Relevé « {releve.indicateur} »", _dire_releve(releve), RIEN]]
    Evenement.consigner_saisie(fiche, "retirer un relevé", par=par, details=details)
    releve.delete()


def _dire_releve(releve: Releve) -> str:
    mots = f" ({releve.commentaire})" if releve.commentaire else ""
    return f"{_nombre(releve.valeur)} au {releve.le:%d/%m/%Y}{mots}"


def _jour(jour: date | None) -> str:
    return f"{jour:%d/%m/%Y}" if jour else RIEN


def _nombre(valeur: Decimal | None) -> str:
    return nombre(valeur) or RIEN
