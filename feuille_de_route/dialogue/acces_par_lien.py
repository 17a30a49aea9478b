"""Ce que peut, sur sa fiche et sur elle seule, la personne qui a reçu un lien ; elle n'a pas de compte.

Aucune règle n'est appelée avec `par=None` sans la garde d'ici : le lien est relu et verrouillé dans la
transaction qui écrit. Lire tient à la révocation, à l'échéance et à la structure porteuse ; écrire, aussi à
l'état de la fiche et à l'étape de la démarche.
"""

from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from feuille_de_route import fiches
from feuille_de_route.dialogue import echanges, pieces_de_fiche, remarques
from feuille_de_route.dialogue.liens_de_fiche import est_caduc, redemander
from feuille_de_route.models import Commentaire, EtatFiche, FicheAction, LienDeFiche, PieceDeFiche, Remarque
from feuille_de_route.redaction.ecarts import RIEN
from gouvernance.acces.cles import LienPerime, celle_du_code
from gouvernance.edition import consommer
from gouvernance.models import Courriel, Evenement, Utilisateur
from gouvernance.permissions import COORDINATION, DROITS, motif_d_etape
from gouvernance.socle import secrets

INCONNU = (
    "Ce lien n’existe pas, ou un plus récent l’a remplacé : ouvrez le dernier courriel reçu, ou demandez un "
    "nouveau lien."
)
REMPLACE = (
    "Un lien plus récent a remplacé celui qui a ouvert cette page : ouvrez le dernier courriel reçu, ou "
    "demandez un nouveau lien."
)
SUITES = {
    EtatFiche.PROPOSEE: "Votre fiche est proposée, merci. Le comité technique la lit, puis le comité de "
    "pilotage décide. S’il faut la compléter, un courriel vous le dira et elle se rouvrira ici.",
    EtatFiche.RETENUE: "Votre fiche est retenue : elle fait partie de la feuille de route. Pour la corriger, "
    "écrivez à la coordination.",
    EtatFiche.ECARTEE: "Le comité de pilotage n’a pas retenu cette fiche. Le motif est écrit ci-dessous ; la "
    "coordination vous en dira plus.",
}


class LienFerme(LienPerime):
    """Ce lien n'ouvre plus rien. `lien` : celui dont il s'agit, s'il est connu et peut être redemandé."""

    def __init__(self, motif: str, lien: LienDeFiche | None = None):
        super().__init__(motif)
        self.lien = lien


def lire(jeton: str) -> LienDeFiche:
    """Le lien, sans rien y changer. Lève LienFerme s'il n'ouvre plus rien."""
    return exiger_lecture(_lus().filter(empreinte=secrets.empreinte(jeton)).first())


def lire_par_uuid(uuid: UUID | str, tenue: str) -> LienDeFiche:
    """Celui que la session tient ouvert ; `tenue` : la marque du courriel qui l'a ouvert."""
    lien = exiger_lecture(_lus().filter(uuid=uuid).first())
    if marque(lien) != tenue:
        raise LienFerme(REMPLACE)
    return lien


def marque(lien: LienDeFiche) -> str:
    """Ce qui distingue le lien d'un courriel de celui du courriel suivant, sans rien dire du secret."""
    return lien.empreinte[:16]


def exiger_lecture(lien: LienDeFiche | None) -> LienDeFiche:
    if lien is None:
        raise LienFerme(INCONNU)
    if lien.revoque_le:
        raise LienFerme("La coordination a révoqué ce lien : il n’ouvre plus la fiche.")
    if est_caduc(lien):
        raise LienFerme("Cette fiche est maintenant confiée à une autre structure : ce lien ne l’ouvre plus.")
    if lien.expire:
        raise LienFerme("Ce lien a expiré : il est valable trente jours.", lien)
    return lien


def motif_de_non_ecriture(lien: LienDeFiche) -> str:
    """Pourquoi la fiche ne s'écrit plus par ce lien, en disant la suite ; vide si elle s'écrit."""
    fiche = lien.fiche
    if fiche.etat not in fiches.MODIFIABLES_PAR_PORTEUR:
        return SUITES[EtatFiche(fiche.etat)]
    return motif_d_etape(fiche.demarche, DROITS["editer_fiches"])


@transaction.atomic
def ouvrir(lien: LienDeFiche) -> LienDeFiche:
    """Note que la personne est venue. Lève LienFerme."""
    lien = _tenir(lien)
    lien.vu_le = timezone.now()
    lien.ouvert_le = lien.ouvert_le or lien.vu_le
    lien.essais = 0
    lien.save(update_fields=["ouvert_le", "vu_le", "essais"])
    _consigner(lien, "ouvrir la fiche par un lien", [])
    return lien


@transaction.atomic
def trouver_par_code(email: str, code: str) -> LienDeFiche | None:
    """Le lien de cette adresse qui porte ce code ; un code faux compte pour tous les siens."""
    liens = _lus().select_for_update(of=("self",)).filter(email=email, revoque_le=None).order_by("pk")
    return celle_du_code(liens, code, pour=email)


def adresse_de(jeton: str) -> str:
    """L'adresse qui a reçu ce lien, pour compter ses demandes ; vide s'il est inconnu."""
    liens = LienDeFiche.objects.filter(empreinte=secrets.empreinte(jeton))
    return liens.values_list("email", flat=True).first() or ""


@transaction.atomic
def redemander_par_jeton(jeton: str) -> list[Courriel]:
    """Un lien neuf à l'adresse du lien expiré, et à elle seule."""
    return _renvoyer(_lus().filter(empreinte=secrets.empreinte(jeton)))


@transaction.atomic
def redemander_par_adresse(email: str) -> list[Courriel]:
    """Un lien neuf pour chaque fiche confiée à cette adresse."""
    return _renvoyer(_lus().filter(email=email))


def _renvoyer(liens) -> list[Courriel]:
    vivants = liens.filter(revoque_le=None).select_for_update(of=("self",)).order_by("pk")
    return [redemander(lien) for lien in vivants if not est_caduc(lien)]


@transaction.atomic
def ecrire(formulaire, *, lien: LienDeFiche) -> FicheAction:
    """Enregistre une section. Lève LienFerme, ValidationError (état, étape), Conflit, DejaFait."""
    lien = _tenir_pour_ecrire(lien)
    fiche = fiches.ecrire(lien.fiche, formulaire, par=None, auteur=lien.auteur)
    return _noter(lien, fiche)


@transaction.atomic
def proposer(lien: LienDeFiche) -> FicheAction:
    """La fiche est proposée. Lève LienFerme, ValidationError (état, étape, ce qui reste à remplir)."""
    lien = _tenir_pour_ecrire(lien)
    return _noter(lien, fiches.proposer_sans_compte(lien.fiche, auteur=lien.auteur))


@transaction.atomic
def marquer(remarque: Remarque, acte: str, *, lien: LienDeFiche) -> FicheAction:
    """« C'est corrigé », ou « pas encore ». Lève LienFerme, ValidationError."""
    lien = _tenir_pour_ecrire(lien)
    remarques.noter(remarque, acte, par=None, auteur=lien.auteur)
    return _noter(lien, lien.fiche)


@transaction.atomic
def commenter(
    lien: LienDeFiche, texte: str, *, fil: Commentaire | None = None, jeton: UUID | None = None
) -> Commentaire:
    """Laisse un mot sur la fiche, ou répond ; qui a confié la fiche, et qui a ouvert le fil, en sont
    prévenus. On commente à toute étape, que la fiche s'écrive encore ou non.

    Lève LienFerme, ValidationError (étape, fil résolu), DejaFait (double clic).
    """
    lien = _tenir(lien)
    if motif := motif_de_non_commentaire(lien):
        raise ValidationError(motif)
    consommer(jeton, None)
    mot = echanges.Mot(texte, _a_prevenir(lien, fil))
    commentaire = echanges.ecrire(lien.fiche, mot, fil=fil, par=None, lien=lien)
    _consigner(lien, echanges.REPONDRE if fil else echanges.COMMENTER, [])
    _venir(lien)
    return commentaire


@transaction.atomic
def corriger(commentaire: Commentaire, texte: str, *, lien: LienDeFiche, version: int) -> None:
    """Récrit un mot que l'on a écrit par ce lien, dans les mêmes délais qu'avec un compte ; qui en est
    prévenu ne change pas. Le mot d'un autre lien, fût-il allé à la même adresse, n'est pas le sien.

    Lève LienFerme, PermissionDenied, ValidationError (étape, déjà répondu, résolu), Conflit.
    """
    lien = _tenir(lien)
    actuel = lien.fiche.commentaires.get(pk=commentaire.pk)
    if actuel.lien_id != lien.pk:
        raise PermissionDenied(echanges.D_UN_AUTRE)
    if motif := motif_de_non_commentaire(lien):
        raise ValidationError(motif)
    avant = actuel.texte
    if echanges.recrire(actuel, texte, version=version, par=None):
        _consigner(lien, echanges.CORRIGER, [["Commentaire", avant, actuel.texte]])
    _venir(lien)


def motif_de_non_commentaire(lien: LienDeFiche) -> str:
    return motif_d_etape(lien.fiche.demarche, DROITS["commenter"])


def _a_prevenir(lien: LienDeFiche, fil: Commentaire | None) -> list[Utilisateur]:
    """Qui a confié la fiche et qui a ouvert le fil ; à défaut de quelqu'un qui la voie, la coordination."""
    voulus = {lien.cree_par_id, fil.cree_par_id if fil else None}
    lecteurs = echanges.lecteurs(lien.fiche)
    siens = list(lecteurs.filter(pk__in=voulus - {None}))
    return siens or list(
        lecteurs.filter(mandats__demarche=lien.fiche.demarche_id, mandats__role=COORDINATION)
    )


@transaction.atomic
def joindre(lien: LienDeFiche, nom: str, octets: bytes) -> PieceDeFiche:
    """Lève LienFerme, ValidationError (état, étape, format, taille, déjà joint, trop de documents)."""
    lien = _tenir_pour_ecrire(lien)
    piece = PieceDeFiche(fiche=lien.fiche, nom=nom, lien=lien)
    pieces_de_fiche.ranger(piece, octets, par=None)
    _consigner(lien, pieces_de_fiche.JOINDRE, [["Document", RIEN, piece.nom]])
    _noter(lien, lien.fiche)
    return piece


@transaction.atomic
def retirer(piece: PieceDeFiche, *, lien: LienDeFiche) -> None:
    """Retire un document que l'on a joint soi-même. Lève PermissionDenied, LienFerme, ValidationError."""
    lien = _tenir_pour_ecrire(lien)
    if piece.lien_id != lien.pk:
        raise PermissionDenied("Ce document a été joint par quelqu’un d’autre : demandez-lui de le retirer.")
    _consigner(lien, pieces_de_fiche.RETIRER, [["Document", piece.nom, RIEN]])
    lien.fiche.pieces.filter(pk=piece.pk).delete()
    _noter(lien, lien.fiche)


def _tenir(lien: LienDeFiche) -> LienDeFiche:
    """La démarche, la fiche, puis le lien, relus et verrouillés : une révocation, ou un nouvel envoi, passe
    avant ou attend.
    """
    fiche, tenue = fiches.verrouiller(lien.fiche_id), marque(lien)
    lien = LienDeFiche.objects.select_for_update(of=("self",)).select_related("structure").get(pk=lien.pk)
    lien.fiche = fiche
    if marque(exiger_lecture(lien)) != tenue:
        raise LienFerme(REMPLACE)
    return lien


def _tenir_pour_ecrire(lien: LienDeFiche) -> LienDeFiche:
    lien = _tenir(lien)
    if motif := motif_de_non_ecriture(lien):
        raise ValidationError(motif)
    return lien


def _noter(lien: LienDeFiche, fiche: FicheAction) -> FicheAction:
    """La personne a écrit la fiche."""
    lien.ecrit_le = timezone.now()
    _venir(lien)
    return fiche


def _venir(lien: LienDeFiche) -> None:
    lien.vu_le = timezone.now()
    lien.ouvert_le = lien.ouvert_le or lien.vu_le
    lien.save(update_fields=["ecrit_le", "vu_le", "ouvert_le"])


def _consigner(lien: LienDeFiche, action: str, details: list) -> None:
    Evenement.consigner_saisie(lien.fiche, action, par=None, details=details, auteur=lien.auteur)


def _lus():
    return LienDeFiche.objects.select_related(
        "fiche__demarche__gouvernance__departement", "structure", "cree_par__structure"
    )
