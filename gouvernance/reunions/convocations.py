"""Convoquer les sièges d'une séance, les prévenir d'un changement ou de l'annulation : un courriel par
personne, avec son rendez-vous.

Ce qui a été annoncé se relit dans le dernier rendez-vous parti : la page dit ce qui a changé depuis, et un
seul acte en prévient tout le monde. Rien ne part à chaque retouche de l'ordre du jour.
"""

from datetime import datetime
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.utils import formats, timezone

from gouvernance import courriels
from gouvernance.courriels import Lettre, PieceJointe
from gouvernance.models import (
    Courriel,
    EtatCourriel,
    EtatSeance,
    Evenement,
    PieceDeCourriel,
    PieceDeSeance,
    PointOrdreDuJour,
    Seance,
    Siege,
    Utilisateur,
)
from gouvernance.permissions import exiger
from gouvernance.reunions import ics, seances

CONVOCATION, CHANGEMENT, ANNULATION = "convocation", "changement-seance", "annulation-seance"
GENRES = (CONVOCATION, CHANGEMENT, ANNULATION)
EN_PIECES_JOINTES = 5 * 1024 * 1024  # au-delà, le courriel renvoie à la page de la séance
PASSEE = "Cette séance est datée du {} : on ne convoque pas à une date passée. Changez d’abord sa date."


class Destinataire(NamedTuple):
    nom: str
    adresse: str


class Envoi(NamedTuple):
    """Le dernier courriel écrit à une adresse : son état, et quand (départ, sinon écriture)."""

    etat: EtatCourriel
    le: datetime


class Envois(NamedTuple):
    """Où en est la convocation. `convoques` : adresse → dernier envoi ; `manquent` : sièges sans adresse."""

    convoques: dict[str, Envoi]
    a_convoquer: list[Destinataire]
    manquent: list[Siege]
    changements: list[str]

    @property
    def sans_personne(self) -> list[Siege]:
        """Les sièges d'une structure qui n'a désigné personne."""
        return [siege for siege in self.manquent if siege.personne is None]

    @property
    def sans_adresse(self) -> list[Siege]:
        return [siege for siege in self.manquent if siege.personne is not None]


class Lot(NamedTuple):
    """Ce que partagent les courriels d'un même envoi."""

    seance: Seance
    points: list[PointOrdreDuJour]
    pieces: list[PieceDeSeance]
    changements: tuple[str, ...] = ()


def avec_annonce(requete):
    """Ajoute à une requête de séances `annonce`, le dernier rendez-vous parti (texte) ou None, et `partis`,
    ce que l'on a écrit à qui.
    """
    lignes = Courriel.objects.filter(objet_lie=OuterRef("uuid"), genre__in=GENRES).order_by("pk")
    dit = JSONObject(adresse="destinataire", etat="etat", le=Coalesce("envoye_le", "cree_le"))
    parties = PieceDeCourriel.objects.filter(
        courriel__objet_lie=OuterRef("uuid"), courriel__genre__in=[CONVOCATION, CHANGEMENT], nom=ics.NOM
    )
    return requete.annotate(
        annonce=Subquery(parties.order_by("-courriel_id").values("contenu")[:1]),
        partis=ArraySubquery(lignes.values(dit=dit)),
    )


def destinataire(siege: Siege) -> Destinataire | None:
    """À qui écrire pour ce siège : l'adresse de son titulaire, ou celle de son compte."""
    personne = siege.personne
    if personne is None:
        return None
    adresse = personne.email or (personne.utilisateur.email if personne.utilisateur else "")
    return Destinataire(str(personne), adresse.lower()) if adresse else None


def envois(seance: Seance, sieges: list[Siege], points: list[PointOrdreDuJour]) -> Envois:
    """Qui est convoqué, qui ne l'est pas, et ce que les convoqués ignorent encore (sans requête).

    `seance` vient de `avec_annonce` ; ses sièges, avec personne et compte.
    """
    convoques = {
        parti["adresse"]: Envoi(EtatCourriel(parti["etat"]), datetime.fromisoformat(parti["le"]))
        for parti in seance.partis
    }
    ouverts = [s for s in sieges if s.clos_le is None]
    trouves = {d.adresse: d for s in ouverts if (d := destinataire(s))}
    return Envois(
        convoques,
        [d for adresse, d in trouves.items() if adresse not in convoques],
        [s for s in ouverts if destinataire(s) is None],
        changements(seance, points) if convoques else [],
    )


def changements(seance: Seance, points: list[PointOrdreDuJour]) -> list[str]:
    """Ce qui diffère du dernier rendez-vous envoyé, en phrases ; vide si tout le monde est à jour."""
    if not seance.annonce:
        return []
    avant, apres = ics.relire(seance.annonce), ics.annonce_de(seance, points)
    dits = []
    if avant.debut != apres.debut:
        dits.append(f"La date : {_quand(apres.debut)} (au lieu du {_quand(avant.debut)}).")
    if avant.fin - avant.debut != apres.fin - apres.debut:
        dits.append(f"La durée : fin prévue à {apres.fin:%Hh%M}.")
    if avant.lieu != apres.lieu:
        dits.append(f"Le lieu : {apres.lieu or 'à préciser'} (au lieu de : {avant.lieu or 'à préciser'}).")
    if avant.visioconference != apres.visioconference:
        dits.append(f"La visioconférence : {apres.visioconference or 'il n’y en a plus'}.")
    if avant.ordre_du_jour != apres.ordre_du_jour:
        dits.append("L’ordre du jour.")
    return dits


def _quand(instant) -> str:
    return formats.date_format(instant, "l j F Y à H\\hi")


def pouvoir_envoyer(seance: Seance) -> None:
    """Lève ValidationError si la séance est passée."""
    if timezone.localdate(seance.debut) < timezone.localdate():
        raise ValidationError(PASSEE.format(formats.date_format(timezone.localtime(seance.debut), "j F Y")))


@transaction.atomic
def convoquer(seance_pk: int, *, par: Utilisateur | None) -> int:
    """Passe la séance à « convoquée », soumet ses jalons, écrit à chaque siège ; rend le nombre d'envois.

    Lève PermissionDenied ; ValidationError (date passée, ordre du jour vide, déjà convoquée).
    """
    seance = seances.verrouiller(seance_pk)
    exiger(par, seance.instance.demarche, "tenir_seance")
    pouvoir_envoyer(seance)
    seances.effectuer("convoquer", seance_pk, par=par)
    lot, etat = _preparer(seance_pk)
    return _convoquer(lot, etat.a_convoquer)


@transaction.atomic
def prevenir(seance_pk: int, *, par: Utilisateur | None) -> int:
    """Annonce aux convoqués ce qui a changé, convoque ceux qui ne l'étaient pas ; rend le nombre d'envois.

    Lève PermissionDenied ; ValidationError si la séance n'est pas convoquée, est passée, ou si tout est dit.
    """
    seance = seances.verrouiller(seance_pk)
    exiger(par, seance.instance.demarche, "tenir_seance")
    if seance.etat != EtatSeance.CONVOQUEE:
        raise ValidationError(f"La séance est « {seance.get_etat_display()} » : personne n’est à prévenir.")
    pouvoir_envoyer(seance)
    lot, etat = _preparer(seance_pk)
    if not etat.changements and not etat.a_convoquer:
        raise ValidationError("Tout le monde est déjà prévenu : rien n’est parti.")
    partis = 0
    if etat.changements:
        lot.seance.sequence += 1
        lot.seance.save(update_fields=["sequence"])
        partis = _annoncer(lot, etat)
    partis += _convoquer(lot, etat.a_convoquer)
    dit = " ".join(etat.changements) or "nouveaux convoqués"
    demarche = seance.instance.demarche
    Evenement.consigner(seance, "prévenir", par=par, demarche=demarche, vers=f"{dit} ({partis} courriels)")
    return partis


@transaction.atomic
def annuler(seance_pk: int, *, par: Utilisateur | None) -> int:
    """Annule la séance et le fait savoir à ceux qu'elle avait convoqués ; rend le nombre de courriels."""
    seances.effectuer("annuler", seance_pk, par=par)
    lot, etat = _preparer(seance_pk)
    if not etat.convoques:
        return 0
    lot.seance.sequence += 1
    lot.seance.save(update_fields=["sequence"])
    return _ecrire_a(lot, ANNULATION, _a_prevenir(lot.seance, etat))


def _annoncer(lot: Lot, etat: Envois) -> int:
    """Le changement à qui siège encore ; aux autres, que leur convocation ne vaut plus : ni l'ordre du jour,
    ni les documents, ni la visioconférence ne sont plus pour eux.
    """
    assis = adresses_assises([lot.seance]).get(lot.seance.instance_id, set())
    connus = _a_prevenir(lot.seance, etat)
    restent = [qui for qui in connus if qui.adresse in assis]
    partis = _ecrire_a(lot, CHANGEMENT, restent, f"{lot.seance.sequence}")
    return partis + _ecrire_a(lot, ANNULATION, [qui for qui in connus if qui.adresse not in assis])


def adresses_assises(seances_: list[Seance]) -> dict[int, set[str]]:
    """Instance de ces séances → adresses de ses sièges ouverts (une requête)."""
    ouverts = Siege.objects.ouverts().filter(instance__in={s.instance_id for s in seances_})
    assises: dict[int, set[str]] = {}
    for siege in ouverts.select_related("personne__utilisateur"):
        if qui := destinataire(siege):
            assises.setdefault(siege.instance_id, set()).add(qui.adresse)
    return assises


def _preparer(seance_pk: int) -> tuple[Lot, Envois]:
    seance = avec_annonce(Seance.objects).select_related("instance__demarche", "cree_par").get(pk=seance_pk)
    points = list(seance.points.all())
    sieges = list(seance.instance.sieges.ouverts().select_related("structure", "personne__utilisateur"))
    etat = envois(seance, sieges, points)
    return Lot(seance, points, list(seance.pieces.all()), tuple(etat.changements)), etat


def _a_prevenir(seance: Seance, etat: Envois) -> list[Destinataire]:
    """Ceux qui ont été convoqués, même s'ils n'ont plus de siège : leur agenda ne doit pas garder une date
    fausse.
    """
    sieges = seance.instance.sieges.select_related("personne__utilisateur")
    connus = {d.adresse: d for s in sieges if (d := destinataire(s))}
    return [connus.get(adresse, Destinataire(adresse, adresse)) for adresse in etat.convoques]


def _convoquer(lot: Lot, a_convoquer: list[Destinataire]) -> int:
    return _ecrire_a(lot._replace(changements=()), CONVOCATION, a_convoquer)


def _ecrire_a(lot: Lot, genre: str, destinataires: list[Destinataire], periode: str = "") -> int:
    """Un courriel par adresse ; la clé (genre, séance, adresse, révision) interdit le doublon."""
    lettres = (_lettre(lot, genre, d, periode) for d in destinataires)
    return sum(courriels.deposer(lettre) is not None for lettre in lettres)


def _lettre(lot: Lot, genre: str, qui: Destinataire, periode: str) -> Lettre:
    seance, annule = lot.seance, genre == ANNULATION
    methode = ics.ANNULATION if annule else ics.REQUETE
    rendez_vous = PieceJointe(
        ics.NOM, ics.TYPE_MIME.format(methode), ics.ecrire(seance, lot.points, methode, tuple(qui))
    )
    jointes = [] if annule or sum(p.taille for p in lot.pieces) > EN_PIECES_JOINTES else lot.pieces
    demarche = seance.instance.demarche
    contexte = {
        "nom": qui.nom, "seance": seance, "demarche": demarche, "annonce": ics.annonce_de(seance, lot.points),
        "changements": lot.changements, "pieces": lot.pieces, "jointes": jointes,
        "annulee": seance.etat == EtatSeance.ANNULEE,
        "adresse": courriels.adresse("seance", demarche.uuid, seance.uuid),
    }  # fmt: skip
    return Lettre(
        genre=genre, destinataire=qui.adresse, gabarit=genre, contexte=contexte,
        cle=f"{genre}:{seance.uuid}:{periode}:{qui.adresse}", demarche=demarche, objet_lie=seance.uuid,
        pieces=[rendez_vous, *(PieceJointe(p.nom, p.type_mime, empreinte=p.empreinte) for p in jointes)],
    )  # fmt: skip


DIT = {
    EtatCourriel.EN_FILE: "courriel en partance",
    EtatCourriel.ENVOYE: "courriel parti",
    EtatCourriel.ECHEC: "courriel non remis : vérifiez l’adresse",
}


def etat_du_siege(siege: Siege, etat: Envois) -> str:
    """« convoqué le 3 mars, courriel parti », « sans adresse », « personne n’y siège », « à convoquer »."""
    qui = destinataire(siege)
    if qui is None:
        return "sans adresse électronique" if siege.personne else "personne n’y siège : aucun courriel"
    envoi = etat.convoques.get(qui.adresse)
    if envoi is None:
        return "pas encore convoqué"
    return f"{DIT[envoi.etat]}, le {formats.date_format(timezone.localtime(envoi.le), 'j F')}"
