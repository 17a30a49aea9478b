"""Prévenir ceux que l'on a cités : un courriel par personne et par jour, qui réunit tout ce qui l'attend.

La mention est la file : elle attend tant que `prevenue_le` est vide. Ce qui arrive après le courriel du jour
part le lendemain ; rejouer ne double rien et ne perd rien. Ce qui attend encore une réponse se lit aussi sur
l'accueil et la page de la démarche (`sans_reponse`).
"""

from collections import defaultdict
from datetime import date, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import JSONField
from django.db.models.expressions import RawSQL
from django.utils import timezone

from feuille_de_route.models import EtatFiche, FicheAction, Mention
from gouvernance import courriels
from gouvernance.courriels import Lettre
from gouvernance.models import Demarche, Etape, Utilisateur
from gouvernance.permissions import DROITS, REDACTEURS

GENRE = "mentions"
RECENTES = timedelta(days=30)  # au-delà, prévenir n'apprend plus rien
EXTRAIT = 280  # signes d'un commentaire cités dans le courriel

# Écrite à la main : l'ORM passait à la composer plus de temps que la base à y répondre, à chaque page.
SANS_REPONSE = """ARRAY(
    SELECT jsonb_build_object(
        'fiche', fiche.uuid, 'titre', fiche.titre, 'etat', fiche.etat,
        'structure', fiche.structure_porteuse_id, 'mot', mot.uuid, 'fil', fil.id,
        'recente', mot.cree_le >= %s)
    FROM feuille_de_route_mention mention
    JOIN feuille_de_route_commentaire mot ON mot.id = mention.commentaire_id
    JOIN feuille_de_route_commentaire fil ON fil.id = COALESCE(mot.parent_id, mot.id)
    JOIN feuille_de_route_ficheaction fiche ON fiche.id = mot.fiche_id
    WHERE mention.utilisateur_id = %s AND fiche.demarche_id = gouvernance_demarche.id
        AND fil.resolu_le IS NULL AND NOT EXISTS (
            SELECT FROM feuille_de_route_commentaire dit
            WHERE dit.parent_id = fil.id AND dit.cree_par_id = %s AND dit.id > mot.id)
    ORDER BY mot.id DESC LIMIT 20)"""


@transaction.atomic
def prevenir(aujourd_hui: date | None = None) -> int:
    """Écrit les courriels dus et rend leur nombre."""
    aujourd_hui = aujourd_hui or timezone.localdate()
    ecrits = 0
    for personne, attendues in _dues().items():
        visibles = _encore_visibles(personne, attendues)
        if not visibles or courriels.deposer(_lettre(personne, visibles, aujourd_hui)) is None:
            continue
        Mention.objects.filter(pk__in=[m.pk for m in visibles]).update(prevenue_le=timezone.now())
        ecrits += 1
    return ecrits


def _dues() -> dict[Utilisateur, list[Mention]]:
    """Les mentions qui attendent, par personne, tenues jusqu'à la fin de la transaction."""
    attendues = (
        Mention.objects.filter(
            prevenue_le=None, utilisateur__is_active=True, commentaire__cree_le__gte=timezone.now() - RECENTES
        )
        .select_for_update(of=("self",), skip_locked=True)
        .select_related(
            "utilisateur",
            "commentaire__cree_par",
            "commentaire__lien__structure",
            "commentaire__fiche__demarche",
        )
    )
    par_personne = defaultdict(list)
    for mention in attendues:
        par_personne[mention.utilisateur].append(mention)
    return par_personne


def _encore_visibles(personne: Utilisateur, mentions: list[Mention]) -> list[Mention]:
    """Qui n'a plus son mandat, ou ne voit plus la fiche, n'en reçoit rien."""
    fiches = {m.commentaire.fiche_id for m in mentions}
    vues = set(FicheAction.objects.visibles_par(personne).filter(pk__in=fiches).values_list("pk", flat=True))
    return [m for m in mentions if m.commentaire.fiche_id in vues]


def sans_reponse(utilisateur: Utilisateur) -> dict[str, RawSQL]:
    """Ce qui cite la personne dans un fil ouvert où elle n'a rien dit depuis, à lire avec chaque démarche ;
    `attendues` en garde ce qu'elle voit.
    """
    parametres = [timezone.now() - RECENTES, utilisateur.pk, utilisateur.pk]
    return {"citations": RawSQL(SANS_REPONSE, parametres, ArrayField(JSONField()))}  # noqa: S611 – le texte est constant


def attendues(demarche: Demarche, utilisateur: Utilisateur) -> list[dict]:
    """Une par fil, la dernière ; `repond` : elle peut y répondre, sinon elle la lit tant que c'est récent
    (`demarche` lue avec `sans_reponse` et `permissions.roles_lus`).
    """
    roles = set(demarche.roles_lus)
    repond = bool(roles & DROITS["commenter"].roles)
    if not roles or demarche.etape == Etape.ABANDONNEE:
        return []
    par_fil: dict[int, dict] = {}
    for citee in demarche.citations:
        if (repond or citee["recente"]) and _vue(citee, roles, utilisateur):
            par_fil.setdefault(citee["fil"], citee | {"repond": repond})
    return list(par_fil.values())


def _vue(citee: dict, roles: set[str], utilisateur: Utilisateur) -> bool:
    """Comme FicheActionQuerySet.visibles_par, pour qui a un mandat dans la démarche."""
    sienne = utilisateur.structure_id and citee["structure"] == utilisateur.structure_id
    return citee["etat"] != EtatFiche.BROUILLON or bool(roles & REDACTEURS or sienne)


def _lettre(personne: Utilisateur, mentions: list[Mention], jour: date) -> Lettre:
    dites = [
        {
            "fiche": m.commentaire.fiche,
            "auteur": m.commentaire.auteur,
            "extrait": _extrait(m.commentaire.texte),
            "adresse": courriels.adresse(
                "fiche_echanges", m.commentaire.fiche.demarche.uuid, m.commentaire.fiche.uuid
            )
            + f"#commentaire-{m.commentaire.uuid}",
        }
        for m in mentions
    ]
    demarches = {m.commentaire.fiche.demarche for m in mentions}
    return Lettre(
        genre=GENRE, destinataire=personne.email, gabarit="mentions", contexte={"mentions": dites},
        cle=f"{GENRE}:{jour:%Y-%m-%d}:{personne.email}",
        demarche=demarches.pop() if len(demarches) == 1 else None,
    )  # fmt: skip


def _extrait(texte: str) -> str:
    seul = " ".join(texte.split())
    return seul if len(seul) <= EXTRAIT else seul[: EXTRAIT - 1].rstrip() + "…"
