"""Qui peut quoi : une seule table, lue par les boutons, par les règles et par les essais."""

from collections.abc import Iterable
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import CharField, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from gouvernance.models import Demarche, Etape, Mandat, Role, Utilisateur

COORDINATION, CO_PORTEUR, PORTEUR_EPCI = Role.COORDINATION, Role.CO_PORTEUR, Role.PORTEUR_EPCI
ELU, COTECH, PARTENAIRE = Role.ELU, Role.COTECH, Role.PARTENAIRE
ADMINISTRATION = "administration"
ROLES_LUS = """ARRAY(
    SELECT role FROM gouvernance_mandat
    WHERE utilisateur_id = %s AND demarche_id = gouvernance_demarche.id)"""
SANS_STRUCTURE = (
    "Votre compte n’est rattaché à aucune structure : demandez à la coordination de vous inviter au nom de "
    "la vôtre ; si vous êtes la coordination, demandez-le à l’administration du site."
)
RATTACHER = "gouvernance.change_utilisateur"  # la permission de Django qui ouvre la fiche d'un compte
PILOTES = frozenset({COORDINATION, CO_PORTEUR})
REDACTEURS = PILOTES | {PORTEUR_EPCI}
PARTIES = REDACTEURS | {ELU, COTECH, PARTENAIRE}


class Droit(NamedTuple):
    """`jusqu_a` : dernière étape où l'acte est encore possible ; `depuis` : première."""

    libelle: str
    roles: frozenset
    jusqu_a: Etape = Etape.CLOSE
    depuis: Etape = Etape.CADRAGE

    @property
    def refus(self) -> str:
        de = "d’" if self.libelle[0] in "aeéèiou" else "de "
        return f"Votre rôle ne permet pas {de}{self.libelle}."


DROITS = {
    "cadrer": Droit("modifier la gouvernance et le cadrage", PILOTES | {ADMINISTRATION}),
    "adherer": Droit("adhérer au cahier des charges", PARTIES, Etape.PLAN_ACTIONS),
    "relancer": Droit("relancer les structures qui n’ont pas adhéré", PILOTES, Etape.PLAN_ACTIONS),
    "perimetrer": Droit("changer le périmètre", PILOTES | {ADMINISTRATION}, Etape.CADRAGE),
    "suivre_elus": Droit("tenir la grille des élus", PILOTES),
    "lire_elus": Droit("lire la sensibilité des élus", PILOTES),
    "rencontrer": Droit("organiser les rencontres", REDACTEURS),
    "tenir_seance": Droit("préparer une séance et y consigner les décisions", PILOTES),
    "diagnostiquer": Droit("modifier le diagnostic", REDACTEURS, Etape.DIAGNOSTIC),
    "regarder": Droit("donner son regard", PARTIES, Etape.DIAGNOSTIC),
    "formuler_enjeux": Droit("modifier les enjeux", REDACTEURS, Etape.ENJEUX),
    "voter": Droit("voter pour les enjeux", PARTIES - {COTECH}, Etape.ENJEUX, Etape.ENJEUX),
    "consigner_vote": Droit("consigner un vote recueilli sur papier", PILOTES, Etape.ENJEUX, Etape.ENJEUX),
    "animer": Droit("préparer et animer les ateliers", REDACTEURS | {COTECH}, Etape.PLAN_ACTIONS),
    "contribuer": Droit("contribuer à un atelier", PARTIES, Etape.PLAN_ACTIONS),
    "structurer": Droit("modifier les axes", REDACTEURS, Etape.STRATEGIE),
    "creer_fiche": Droit("créer une fiche action", REDACTEURS | {PARTENAIRE}, Etape.PLAN_ACTIONS),
    "editer_fiches": Droit("modifier les fiches actions", REDACTEURS, Etape.PLAN_ACTIONS),
    "partager_fiches": Droit("partager une fiche avec une autre démarche", REDACTEURS),
    "lire_coherence": Droit("lire la cohérence entre les échelles", REDACTEURS | {ADMINISTRATION}),
    "instruire_fiches": Droit("instruire les fiches actions", PILOTES | {COTECH}, Etape.PLAN_ACTIONS),
    "donner_avis": Droit("rendre l’avis du COTECH sur une fiche", PILOTES | {COTECH}, Etape.PLAN_ACTIONS),
    "confier_fiches": Droit("confier des fiches à des partenaires", REDACTEURS, Etape.PLAN_ACTIONS),
    "suivre_fiches": Droit(
        "faire le point sur les fiches actions", REDACTEURS | {PARTENAIRE}, Etape.MISE_EN_OEUVRE
    ),  # depuis la signature, avenant compris : feuille_de_route.mise_en_oeuvre.suivi le dit
    "commenter": Droit("commenter les fiches actions", PARTIES),
    "demander_subvention": Droit("demander une subvention à l’État", PILOTES, Etape.MISE_EN_OEUVRE),
    "instruire_subvention": Droit(
        "instruire les demandes de subvention", frozenset({ADMINISTRATION}), Etape.MISE_EN_OEUVRE
    ),
    "dresser_bilan": Droit("dresser le bilan d’une année", REDACTEURS),
    "engager": Droit("désigner les signataires", PILOTES, Etape.PLAN_ACTIONS),
    "choisir_compte": Droit("choisir le compte qui signe", PILOTES, Etape.VALIDEE),
    "conduire": Droit("faire avancer la démarche", frozenset({COORDINATION})),
    "soumettre": Droit("soumettre la feuille de route", PILOTES),
    "editer_projet": Droit("éditer un projet de document", REDACTEURS),
    "transmettre": Droit("transmettre la feuille de route", frozenset({COORDINATION})),
    "accuser": Droit("accuser réception", frozenset({ADMINISTRATION})),
    "exporter": Droit("exporter la démarche", PARTIES | {ADMINISTRATION, Role.LECTURE}),
}


def attendent_une_structure() -> QuerySet[Utilisateur]:
    """Les comptes qui tiennent un rôle dans une démarche en cours et n'ont pas de structure : ils ne peuvent
    ni adhérer, ni voter (SANS_STRUCTURE).
    """
    finies = [Etape.CLOSE, Etape.ABANDONNEE]
    mandats = Mandat.objects.filter(role__in=PARTIES).exclude(demarche__etape__in=finies).order_by()
    return Utilisateur.objects.filter(is_active=True, structure=None, pk__in=mandats.values("utilisateur"))


class Acces:
    """Ce qu'une personne peut faire dans une démarche, calculé une fois par requête.

    `peut` : nom du droit → vrai ou faux ; `refus` : nom du droit → phrase, vide si l'acte est permis.
    """

    def __init__(self, utilisateur: Utilisateur, demarche: Demarche, roles: Iterable[str] | None = None):
        """`roles` : ceux de ses mandats, s'ils sont déjà lus (voir `roles_lus`)."""
        self.utilisateur, self.demarche = utilisateur, demarche
        deja = roles is not None
        self.roles = _et_charge(utilisateur, roles) if deja else roles_de(utilisateur, demarche.pk)
        self.refus = {nom: self._motif(droit) for nom, droit in DROITS.items()}
        self.peut = {nom: not motif for nom, motif in self.refus.items()}

    def _motif(self, droit: Droit) -> str:
        if not self.autorise(droit):
            return droit.refus
        return motif_d_etape(self.demarche, droit)

    def autorise(self, droit: Droit) -> bool:
        return bool(droit.roles & self.roles)

    def autorise_nom(self, nom: str) -> bool:
        """Le rôle suffit, sans regarder l'étape."""
        return self.autorise(DROITS[nom])

    def exiger(self, nom: str) -> None:
        """Lève PermissionDenied si le rôle manque ; l'étape, elle, se dit dans la page."""
        if not self.autorise_nom(nom):
            raise PermissionDenied(self.refus[nom])

    @property
    def structure_id(self):
        return self.utilisateur.structure_id


def roles_de(utilisateur: Utilisateur, demarche_pk: int) -> set[str]:
    """Les rôles d'une personne dans une démarche, en une requête."""
    mandats = Mandat.objects.filter(utilisateur=utilisateur, demarche=demarche_pk).order_by()
    return _et_charge(utilisateur, mandats.values_list("role", flat=True))


def comptes_qui(nom: str, demarche: Demarche) -> QuerySet[Utilisateur]:
    """Les comptes actifs à qui un mandat donne ce droit dans la démarche."""
    ayant = {"mandats__demarche": demarche, "mandats__role__in": DROITS[nom].roles}
    return Utilisateur.objects.filter(is_active=True, **ayant)


def roles_lus(utilisateur: Utilisateur) -> RawSQL:
    """Les rôles que tient la personne, à lire avec une démarche.

    Écrite à la main : l'ORM mettait plus de temps à la composer que la base à y répondre.
    """
    return RawSQL(ROLES_LUS, (utilisateur.pk,), ArrayField(CharField()))  # noqa: S611 – le texte est constant


def avec_roles(objets: QuerySet, utilisateur: Utilisateur) -> QuerySet:
    """Les objets d'une démarche, chacun avec les rôles qu'y tient la personne, dans la même requête."""
    mandats = Mandat.objects.filter(utilisateur=utilisateur, demarche=OuterRef("demarche")).order_by()
    return objets.annotate(roles_lus=ArraySubquery(mandats.values("role")))


def _et_charge(utilisateur: Utilisateur, roles: Iterable[str]) -> set[str]:
    """Les rôles de ses mandats, et celui que donne sa charge nationale."""
    nationale = utilisateur.administration or utilisateur.is_superuser
    return {*roles, ADMINISTRATION} if nationale else set(roles)


def motif_d_etape(demarche: Demarche, droit: Droit) -> str:
    """Pourquoi l'étape où en est la démarche interdit l'acte ; vide si elle le permet."""
    etape = Etape(demarche.etape)
    if etape == Etape.ABANDONNEE:
        return "La démarche est abandonnée : elle ne se modifie plus."
    if etape.rang > droit.jusqu_a.rang:
        refus = f"On ne peut plus {droit.libelle} : la démarche en est à « {etape.label} »."
        return refus + _comment_revenir(etape)
    if etape.rang < droit.depuis.rang:
        return f"On pourra {droit.libelle} à l’étape « {droit.depuis.label} »."
    return ""


def _comment_revenir(etape: Etape) -> str:
    """Ce que la coordination peut faire pour y revenir ; rien tant que la version figée suit son cours."""
    if etape.rang <= Etape.PLAN_ACTIONS.rang:
        return " Rouvrez le jalon concerné pour y revenir."
    if etape == Etape.SOUMISE:
        return " Pour y revenir, l’instance qui valide peut la renvoyer."
    if Etape.SIGNEE.rang <= etape.rang < Etape.CLOSE.rang:
        return " Pour y revenir, ouvrez un avenant."
    return ""


def exiger(par: Utilisateur | None, demarche: Demarche, nom: str) -> None:
    """Lève PermissionDenied si le rôle manque, ValidationError si l'étape ne le permet pas.

    `par=None` désigne une commande d'exploitation (import, administration) : le rôle n'est pas vérifié.
    """
    exiger_role(par, demarche, nom)
    if motif := motif_d_etape(demarche, DROITS[nom]):
        raise ValidationError(motif)


def exiger_role(par: Utilisateur | None, demarche: Demarche, nom: str) -> None:
    """Lève PermissionDenied si le rôle manque, sans regarder l'étape."""
    droit = DROITS[nom]
    if par is not None and not droit.roles & roles_de(par, demarche.pk):
        raise PermissionDenied(droit.refus)


def lit_note_privee(utilisateur: Utilisateur, demarche: Demarche, roles: Iterable[str] | None = None) -> bool:
    """La note privée n'est lue que par l'équipe de la préfecture : coordination, et structure du collège
    « État ».
    """
    structure = utilisateur.structure
    return bool(
        structure
        and structure.college_id == "etat"
        and Role.COORDINATION in (roles_de(utilisateur, demarche.pk) if roles is None else roles)
    )
