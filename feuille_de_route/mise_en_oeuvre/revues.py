"""La revue que chaque comité reçoit : ce qui a bougé depuis sa dernière séance, ce qui est en retard, ce
qu'il doit décider. Elle se fait d'après les points de suivi ; personne ne l'écrit.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils import timezone

from feuille_de_route.mise_en_oeuvre import releve_de_suivi as releve
from feuille_de_route.mise_en_oeuvre import suivi
from feuille_de_route.mise_en_oeuvre.releve_de_suivi import Lecture
from feuille_de_route.mise_en_oeuvre.suivi import Ouverture
from feuille_de_route.mise_en_oeuvre.tableau_de_suivi import MAUVAIS_TEMPS
from feuille_de_route.models import FicheAction, PointDeSuivi
from gouvernance.models import (
    Cible,
    Decision,
    Demarche,
    EtatSeance,
    Evenement,
    PointOrdreDuJour,
    Seance,
    Utilisateur,
)
from gouvernance.permissions import exiger
from gouvernance.reunions import ordre_du_jour

TENUES = [EtatSeance.OUVERTE, EtatSeance.CLOSE]
DUREE = 10  # minutes proposées pour chaque point à décider
EN_ENTIER = "revue"  # la clé du point où l'on parcourt toute la revue
OBJET = "Revue de la feuille de route : où en sont les actions"


class Periode(NamedTuple):
    """`jusqu_a` compris. `precedente` : la séance d'avant, dont le jour est déjà dit ; None si l'on part de
    la signature, dont le jour compte.
    """

    depuis: date
    jusqu_a: date
    precedente: Seance | None = None

    @property
    def deja_dit(self) -> date:
        """Le dernier jour que la période laisse à la précédente."""
        return self.depuis if self.precedente else self.depuis - timedelta(days=1)


def periode(seance: Seance) -> Periode:
    """Depuis la dernière séance tenue de la même instance, si elle suit la signature."""
    signature = suivi.signee_le(seance.instance.demarche) or timezone.now()
    tenues = Seance.objects.filter(instance=seance.instance, etat__in=TENUES, debut__lt=seance.debut)
    precedente = tenues.select_related("instance").order_by("-debut").first()
    jusqu_a = min(_jour(seance.debut), timezone.localdate())
    if precedente is None or precedente.debut < signature:
        return Periode(min(_jour(signature), jusqu_a), jusqu_a)
    return Periode(_jour(precedente.debut), jusqu_a, precedente)


def _jour(instant) -> date:
    return timezone.localtime(instant).date()


def contenu(seance: Seance, ouvert: Ouverture | None = None) -> dict:
    """Tout ce que la revue dit, en données simples ; un nombre fixe de requêtes."""
    temps = periode(seance)
    suivies = suivi.suivies(seance.instance.demarche, ouvert)
    maintenant = releve.lire(suivies, temps.deja_dit, temps.jusqu_a)
    avant, points = maintenant.avant, maintenant.recents
    return {
        "depuis": temps.depuis.isoformat(),
        "jusqu_a": temps.jusqu_a.isoformat(),
        "precedente": temps.precedente.reference if temps.precedente else "",
        "phrase": releve.phrase(maintenant),
        **releve.parts(maintenant),
        "bouge": [_mouvement(f, avant.get(f.pk), points[f.pk]) for f in maintenant.fiches if f.pk in points],
        "a_decider": _a_decider(maintenant, points),
        "retards": releve.retards(maintenant),
        "depassees": _depassees(maintenant),
        "releves": releve.indicateurs(maintenant, depuis=temps.deja_dit),
        "sans_nouvelles": [str(f) for f in maintenant.vivantes() if f.pk not in points],
    }


def _mouvement(fiche: FicheAction, avant: PointDeSuivi | None, points: list[PointDeSuivi]) -> dict:
    """L'état et la météo d'avant, ceux d'après, et ce que les points de la période racontent."""
    dernier = points[-1]
    return {
        "fiche": str(fiche),
        "porteur": releve.porteur(fiche),
        "etat_avant": avant.etat if avant else "",
        "etat": dernier.etat,
        "meteo_avant": avant.meteo if avant else "",
        "meteo": dernier.meteo,
        "le": dernier.le.isoformat(),
        "fait": "\n".join(dict.fromkeys(p.fait.strip() for p in points if p.fait.strip())),
        "freins": dernier.freins.strip(),
    }


def _a_decider(lecture: Lecture, points: dict[int, list[PointDeSuivi]]) -> list[dict]:
    """Ce que les fiches demandent à l'instance ; et celles que le mauvais temps met en difficulté."""
    demandes = []
    for fiche in lecture.fiches:
        textes = [p.a_decider.strip() for p in points.get(fiche.pk, []) if p.a_decider.strip()]
        dernier = lecture.points.get(fiche.pk)
        if textes or (dernier and dernier.meteo in MAUVAIS_TEMPS):
            demandes.append(
                {
                    "cle": str(fiche.uuid),
                    "fiche": str(fiche),
                    "porteur": releve.porteur(fiche),
                    "texte": textes[-1] if textes else "",
                    "meteo": dernier.meteo,
                    "freins": dernier.freins.strip(),
                }
            )
    return demandes


def _depassees(lecture: Lecture) -> list[dict]:
    return [
        {"fiche": str(f), "porteur": releve.porteur(f), "fin": f.fin.isoformat()}
        for f in lecture.vivantes()
        if f.fin and f.fin < lecture.le
    ]


@transaction.atomic
def inscrire(seance_pk: int, cles: list[str], *, par: Utilisateur | None) -> int:
    """Inscrit à l'ordre du jour la revue elle-même (EN_ENTIER) et les points à décider choisis (identifiants
    de fiches) ; rend leur nombre.

    Ce qui y est déjà n'est pas inscrit deux fois. Lève PermissionDenied, ValidationError (séance
    finie, rien de choisi, fiche que la revue ne soumet plus).
    """
    seance = Seance.objects.select_related("instance__demarche").get(pk=seance_pk)
    demarche = Demarche.objects.verrouiller(seance.instance.demarche_id, no_key=True)
    exiger(par, demarche, "tenir_seance")
    demandes = {demande["cle"]: demande for demande in proposables(contenu(seance))}
    deja = deja_inscrites(seance)
    if not cles:
        raise ValidationError("Cochez au moins un point à inscrire à l’ordre du jour.")
    if set(cles) - set(demandes):
        raise ValidationError("La revue a changé : rechargez la page, puis choisissez de nouveau.")
    a_inscrire = [demandes[cle] for cle in demandes if cle in cles and cle not in deja]
    for demande in a_inscrire:
        ordre_du_jour.inscrire_point(seance.pk, _point(demande), par=par)
    if a_inscrire:
        Evenement.consigner(
            seance, "proposer les points de la revue", par=par, demarche=demarche,
            vers="\n".join(demande["fiche"] for demande in a_inscrire),
        )  # fmt: skip
    return len(a_inscrire)


def proposables(dit: dict) -> list[dict]:
    """La revue elle-même, puis ce qu'elle soumet à décider."""
    entiere = {"cle": EN_ENTIER, "texte": OBJET, "fiche": dit["phrase"], "porteur": "", "freins": ""}
    return [entiere, *dit["a_decider"]]


def deja_inscrites(seance: Seance) -> set[str]:
    """Les clés (voir `inscrire`) de ce qui est déjà à l'ordre du jour."""
    return cles_des_points(_de_la_revue(seance).values_list("cible", flat=True))


def cles_des_points(cibles: Iterable[UUID | None]) -> set[str]:
    return {str(cible) if cible else EN_ENTIER for cible in cibles}


def inscrites() -> ArraySubquery:
    """Les fiches de ces points, lues avec la séance ; None pour la revue entière."""
    return ArraySubquery(_de_la_revue(OuterRef("pk")).values("cible"))


def decisions() -> ArraySubquery:
    """Ce que la séance a décidé des actions : fiche, ordre et identifiant de la décision, nature et texte."""
    prises = Decision.objects.filter(seance=OuterRef("pk"), cible_type=Cible.FICHE).order_by("ordre")
    champs = ("cible", "ordre", "uuid", "nature", "texte")
    return ArraySubquery(prises.values(dit=JSONObject(**{champ: champ for champ in champs})))


def _de_la_revue(seance: Seance | OuterRef) -> QuerySet[PointOrdreDuJour]:
    siens = Q(cible_type=Cible.FICHE) | Q(cible_type="", objet=OBJET)
    return PointOrdreDuJour.objects.filter(siens, seance=seance).order_by("ordre")


def _point(demande: dict) -> PointOrdreDuJour:
    """« Financer un second poste ? – 5. Cartographier les lieux »."""
    if demande["cle"] == EN_ENTIER:
        return PointOrdreDuJour(objet=OBJET, duree=2 * DUREE)
    dit = demande["texte"] or f"Lever ce qui freine : {demande['freins']}"
    premiere = " ".join(dit.split())
    objet = f"{premiere[: 245 - len(demande['fiche'])]} – {demande['fiche']}"
    return PointOrdreDuJour(
        objet=objet[:250], duree=DUREE, rapporteur=demande["porteur"][:150], cible_type=Cible.FICHE,
        cible=UUID(demande["cle"]), cible_libelle=demande["fiche"][:250],
    )  # fmt: skip
