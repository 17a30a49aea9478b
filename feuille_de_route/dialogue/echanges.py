"""Ce qui se dit autour d'une fiche : commenter, répondre, citer quelqu'un, dire que c'est réglé.

On commente à toute étape, après la signature aussi. Rien ne s'efface : on corrige son propre mot tant que
personne n'y a répondu.
"""

import re
import unicodedata
from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from feuille_de_route import fiches
from feuille_de_route.dialogue import liens_de_fiche
from feuille_de_route.models import Commentaire, EtatFiche, FicheAction, LienDeFiche, Mention
from gouvernance.edition import consommer
from gouvernance.models import Evenement, Mandat, Role, Utilisateur
from gouvernance.permissions import DROITS, Acces, exiger
from gouvernance.socle.mots import enumerer

# « @Camille Roux », « @roux » ; pas l'arobase d'une adresse électronique.
APPEL = re.compile(r"(?<![\w.@+-])@(\w[\w’'-]*(?:[ \u00a0]\w[\w’'-]*){0,3})")
RESOLVEURS = DROITS["editer_fiches"].roles | DROITS["instruire_fiches"].roles


COMMENTER, REPONDRE = "commenter", "répondre à un commentaire"
CORRIGER = "corriger un commentaire"
RESOLU_PAR_LIEN = "Ce fil est résolu : écrivez un nouveau commentaire."  # sans compte, on ne rouvre pas
D_UN_AUTRE = "Seule la personne qui a écrit un commentaire peut le corriger."


class Mot(NamedTuple):
    """Ce que l'on écrit : le texte, et ceux que l'on veut prévenir, par leur compte ou par leur lien."""

    texte: str
    mentions: list[Utilisateur] = []
    liens: list[LienDeFiche] = []


def lecteurs(fiche: FicheAction) -> QuerySet[Utilisateur]:
    """Ceux qui ont un mandat dans la démarche et voient la fiche (FicheActionQuerySet.visibles_par) : on ne
    prévient pas quelqu'un d'une page qu'il ne peut pas ouvrir.
    """
    mandats = Mandat.objects.filter(demarche=fiche.demarche_id)
    if fiche.etat == EtatFiche.BROUILLON:
        siens = Q(role__in=[Role.COORDINATION, Role.CO_PORTEUR, Role.PORTEUR_EPCI])
        if fiche.structure_porteuse_id:
            siens |= Q(utilisateur__structure=fiche.structure_porteuse_id)
        mandats = mandats.filter(siens)
    gens = Utilisateur.objects.filter(is_active=True, pk__in=mandats.order_by().values("utilisateur"))
    return gens.order_by("nom", "prenom", "pk")


def appeles(
    texte: str, gens: list[Utilisateur], cochees: list[Utilisateur]
) -> tuple[list[Utilisateur], list[str]]:
    """Les personnes citées par « @nom » dans le texte, et les appels qui ne désignent personne.

    « @nom » ou « @prénom » suffit s'il n'y en a qu'une, « @prénom nom » sinon ; une case cochée départage.
    Lève ValidationError si deux personnes répondent au même appel.
    """
    trouves, inconnus = [], []
    for appel in APPEL.findall(texte):
        mots = _plat(appel).split()
        candidats = _designes(mots, gens)
        if len(candidats) > 1 and set(candidats) & set(cochees):
            continue
        if len(candidats) > 1:
            noms = enumerer(candidats[:3])
            raise ValidationError(
                f"« @{appel} » peut désigner {noms} : cochez la personne, ou écrivez son prénom et son nom."
            )
        (trouves if candidats else inconnus).append(candidats[0] if candidats else appel.split()[0])
    return trouves, inconnus


def _designes(mots: list[str], gens: list[Utilisateur]) -> list[Utilisateur]:
    """Le plus long début de l'appel que porte un nom, ou un prénom suivi d'un nom."""
    for longueur in range(len(mots), 0, -1):
        dit = " ".join(mots[:longueur])
        candidats = [p for p in gens if dit in map(_plat, (p.nom, p.prenom, f"{p.prenom} {p.nom}"))]
        if candidats:
            return candidats
    return []


def _plat(texte: str) -> str:
    """Sans accents ni majuscules, les espaces ramenées à une."""
    sans = unicodedata.normalize("NFKD", texte.replace("’", "'"))
    return " ".join("".join(c for c in sans if not unicodedata.combining(c)).casefold().split())


@transaction.atomic
def commenter(
    fiche: FicheAction,
    mot: Mot,
    *,
    par: Utilisateur | None,
    fil: Commentaire | None = None,
    jeton: UUID | None = None,
) -> Commentaire:
    """Laisse un commentaire sur la fiche, ou une réponse au `fil`.

    Lève PermissionDenied (rôle, fiche que l'on ne voit pas), ValidationError (fil résolu, texte vide),
    DejaFait (double clic).
    """
    fiche = _tenir(fiche, par)
    consommer(jeton, par)
    commentaire = ecrire(fiche, mot, fil=fil, par=par)
    Evenement.consigner(fiche, REPONDRE if fil else COMMENTER, par=par)
    return commentaire


def ecrire(
    fiche: FicheAction,
    mot: Mot,
    *,
    fil: Commentaire | None,
    par: Utilisateur | None,
    lien: LienDeFiche | None = None,
) -> Commentaire:
    """Le cœur de `commenter` ; l'appelant tient la fiche, a vérifié qui écrit, et tient le journal. Ceux
    qui ont parlé dans le fil par un lien reçoivent un courriel : ils n'ont pas de compte où le lire.

    Lève ValidationError (fil résolu, texte vide).
    """
    if fil is not None:
        fil = fiche.commentaires.get(pk=fil.parent_id or fil.pk)
        if fil.resolu_le:
            raise ValidationError(
                RESOLU_PAR_LIEN if lien else "Ce fil est résolu : rouvrez-le pour y répondre."
            )
    commentaire = Commentaire(fiche=fiche, parent=fil, texte=mot.texte.strip(), lien=lien)
    commentaire.attribuer(par)
    commentaire.full_clean()
    commentaire.save()
    citer(commentaire, mot.mentions, par)
    liens_de_fiche.prevenir_du_mot(commentaire, {*mot.liens, *_liens_du_fil(fil)} - {lien}, par=par)
    return commentaire


def _liens_du_fil(fil: Commentaire | None) -> list[LienDeFiche]:
    """Ceux par qui l'on a parlé dans ce fil."""
    if fil is None:
        return []
    dits = Commentaire.objects.filter(Q(pk=fil.pk) | Q(parent=fil), lien__isnull=False)
    return list(LienDeFiche.objects.filter(pk__in=dits.values("lien")))


@transaction.atomic
def corriger(commentaire: Commentaire, mot: Mot, *, version: int, par: Utilisateur) -> None:
    """Récrit son propre commentaire, tant que personne n'y a répondu.

    Lève PermissionDenied, ValidationError (déjà répondu, résolu), Conflit (récrit entre-temps).
    """
    fiche = _tenir(commentaire.fiche, par)
    actuel = fiche.commentaires.get(pk=commentaire.pk)
    if actuel.cree_par_id != par.pk:
        raise PermissionDenied(D_UN_AUTRE)
    avant, cite = actuel.texte, citer(actuel, mot.mentions, par)
    if recrire(actuel, mot.texte, version=version, par=par, force=cite):
        Evenement.consigner(fiche, CORRIGER, par=par, de=avant, vers=actuel.texte)


def recrire(
    actuel: Commentaire, texte: str, *, version: int, par: Utilisateur | None, force: bool = False
) -> bool:
    """Le cœur de `corriger` ; l'appelant tient la fiche, a vérifié qui écrit, et tient le journal. Faux si
    rien ne change.

    Lève ValidationError (déjà répondu, résolu, texte vide), Conflit (récrit entre-temps).
    """
    if motif := motif_de_non_correction(actuel):
        raise ValidationError(motif)
    avant, actuel.texte = actuel.texte, texte.strip()
    actuel.full_clean()
    if avant == actuel.texte and not force:
        return False
    actuel.verrouiller_version(version, texte=actuel.texte, modifie_par=par, modifie_le=timezone.now())
    return True


def motif_de_non_correction(commentaire: Commentaire) -> str:
    """Pourquoi ce commentaire ne se corrige plus, fût-ce par qui l'a écrit ; vide s'il le peut."""
    fil = commentaire.parent or commentaire
    if fil.resolu_le:
        sans_compte = commentaire.lien_id is not None
        return RESOLU_PAR_LIEN if sans_compte else "Ce fil est résolu : rouvrez-le pour corriger votre mot."
    if fil.reponses.filter(pk__gt=commentaire.pk).exists():
        return "Quelqu’un a répondu depuis : ajoutez plutôt une réponse."
    return ""


def citer(commentaire: Commentaire, gens: list[Utilisateur], par: Utilisateur | None) -> bool:
    """Note qui prévenir, et qui ne l'est plus s'il ne l'a pas encore été ; vrai si cela change. N'est prévenu
    ni qui écrit, ni qui ne voit pas la fiche.
    """
    voulus = {personne.pk for personne in gens} - {par.pk if par else None}
    voulus = set(lecteurs(commentaire.fiche).filter(pk__in=voulus).values_list("pk", flat=True))
    actuels = dict(commentaire.appels.values_list("utilisateur", "prevenue_le"))
    retires = [pk for pk, prevenue_le in actuels.items() if prevenue_le is None and pk not in voulus]
    nouveaux = sorted(voulus - actuels.keys())
    commentaire.appels.filter(utilisateur__in=retires).delete()
    Mention.objects.bulk_create([Mention(commentaire=commentaire, utilisateur_id=pk) for pk in nouveaux])
    return bool(retires or nouveaux)


@transaction.atomic
def resoudre(commentaire: Commentaire, *, par: Utilisateur | None) -> None:
    """Dit que le sujet est réglé. Lève PermissionDenied, ValidationError (déjà résolu)."""
    fil = _tenir_le_fil(commentaire, par)
    if fil.resolu_le:
        raise ValidationError("Ce fil est déjà résolu.")
    fil.resolu_le, fil.resolu_par = timezone.now(), par or fil.cree_par
    _enregistrer(fil, "résoudre un commentaire", par)


@transaction.atomic
def rouvrir(commentaire: Commentaire, *, par: Utilisateur | None) -> None:
    """Dit que le sujet ne l'est pas. Lève PermissionDenied, ValidationError (pas résolu)."""
    fil = _tenir_le_fil(commentaire, par)
    if not fil.resolu_le:
        raise ValidationError("Ce fil est déjà ouvert.")
    fil.resolu_le = fil.resolu_par = None
    _enregistrer(fil, "rouvrir un commentaire", par)


def motif_de_non_resolution(fil: Commentaire, fiche: FicheAction, acces: Acces) -> str:
    """Pourquoi cette personne ne dit pas qu'un fil est réglé ; vide si elle le peut."""
    if acces.refus["commenter"]:
        return acces.refus["commenter"]
    if fil.cree_par_id == acces.utilisateur.pk or RESOLVEURS & acces.roles:
        return ""
    if not fiches.motif_de_role(fiche, acces):
        return ""
    return "Seuls la personne qui a ouvert le fil, ceux qui écrivent la fiche et le COTECH le disent résolu."


def _tenir_le_fil(commentaire: Commentaire, par: Utilisateur | None) -> Commentaire:
    fiche = _tenir(commentaire.fiche, par)
    fil = fiche.commentaires.get(pk=commentaire.parent_id or commentaire.pk)
    if par is not None and (motif := motif_de_non_resolution(fil, fiche, Acces(par, fiche.demarche))):
        raise PermissionDenied(motif)
    return fil


def _enregistrer(fil: Commentaire, action: str, par: Utilisateur | None) -> None:
    fil.verrouiller_version(fil.version, resolu_le=fil.resolu_le, resolu_par=fil.resolu_par)
    Evenement.consigner(fil.fiche, action, par=par, vers=str(fil))


def _tenir(fiche: FicheAction, par: Utilisateur | None) -> FicheAction:
    """La fiche sous verrou, si l'on a le droit d'y commenter et si on la voit."""
    tenue = fiches.verrouiller(fiche.pk, fiche.demarche_id)
    exiger(par, tenue.demarche, "commenter")
    if par is not None and not FicheAction.objects.visibles_par(par).filter(pk=tenue.pk).exists():
        raise PermissionDenied("Vous ne pouvez pas lire cette fiche.")
    return tenue
