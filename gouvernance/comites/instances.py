"""Vie d'une instance et de ses sièges : composer, présider, ordonner, remplacer, clore.

Une instance remplacée ou dissoute ne se modifie plus : elle reste lisible, avec ses séances.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Max, Min, Prefetch, Q
from django.utils import timezone

from gouvernance import edition
from gouvernance.models import (
    Demarche,
    EtatSeance,
    Evenement,
    Instance,
    Personne,
    Presence,
    Siege,
    StatutMembre,
    Structure,
    Utilisateur,
)
from gouvernance.permissions import exiger
from gouvernance.socle.mots import enumerer

DEJA = "Cette composition vient de changer : rechargez la page, puis recommencez."


class Place(NamedTuple):
    """Une place voulue dans une instance."""

    structure: Structure
    personne: Personne | None = None
    president: bool = False


def dire_presidence(sieges: Iterable[Siege]) -> str:
    """« Présidée par … », « Co-présidée par … et … » ; vide si personne ne préside."""
    noms = [_dire_president(s) for s in sieges if s.president]
    if not noms:
        return ""
    return f"{'Co-présidée' if len(noms) > 1 else 'Présidée'} par {enumerer(noms)}"


def _dire_president(siege: Siege) -> str:
    if siege.personne is None:
        return siege.structure.nom
    fonction = siege.personne.fonction
    titre = f"{siege.personne}, {fonction[:1].lower()}{fonction[1:]}" if fonction else str(siege.personne)
    return f"{siege.structure.nom} ({titre})"


def par_college(sieges: Iterable[Siege]) -> list[tuple[str, list[Siege]]]:
    """Les sièges tels qu'on les lit : ceux qui président, puis chaque collège dans son ordre."""
    groupes: dict[tuple[int, str], list[Siege]] = {}
    for siege in sieges:
        cle = (-1, "Présidence") if siege.president else _cle_du_college(siege)
        groupes.setdefault(cle, []).append(siege)
    return [(titre, groupes[rang, titre]) for rang, titre in sorted(groupes)]


def _cle_du_college(siege: Siege) -> tuple[int, str]:
    return siege.structure.college.ordre, siege.structure.college.libelle


def exiger_active(instance: Instance) -> None:
    """Lève ValidationError si l'instance a été remplacée ou dissoute."""
    if instance.dissoute_le:
        raise ValidationError(
            f"« {instance} » s’est arrêtée le {timezone.localtime(instance.dissoute_le):%d/%m/%Y} : "
            "elle reste lisible, mais ne se modifie plus."
        )


def verrouiller(instance_pk: int, par: Utilisateur | None, droit: str = "cadrer") -> Instance:
    """La démarche puis l'instance, tenues ; lève PermissionDenied, ValidationError (étape, instance arrêtée).

    L'ordre des verrous est celui de la maison : document, démarche, objet.
    """
    demarche_pk = Instance.objects.values_list("demarche", flat=True).get(pk=instance_pk)
    demarche = Demarche.objects.verrouiller(demarche_pk, no_key=True)
    exiger(par, demarche, droit)
    instance = (
        Instance.objects.select_for_update(of=("self",), no_key=True)
        .select_related("demarche__gouvernance__departement__region")
        .get(pk=instance_pk)
    )
    exiger_active(instance)
    return instance


@transaction.atomic
def enregistrer(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> Instance:
    """Crée ou modifie une instance qui se réunit encore."""
    if formulaire.instance.pk:
        verrouiller(formulaire.instance.pk, par)
    return edition.enregistrer(formulaire, par=par, demarche=demarche, droit="cadrer", lien="demarche")


@transaction.atomic
def supprimer(instance: Instance, *, par: Utilisateur | None) -> None:
    """Supprime une instance restée vide. Lève ValidationError si un siège, une séance ou un jalon y tient."""
    edition.supprimer(verrouiller(instance.pk, par), par=par, demarche=instance.demarche, droit="cadrer")


@transaction.atomic
def enregistrer_siege(formulaire, *, par: Utilisateur | None) -> Siege:
    """Ajoute un siège à la fin, ou modifie un siège ouvert.

    Lève ValidationError si la structure ou le titulaire d'un siège déjà compté en séance changeait :
    ce serait réécrire les présences passées.
    """
    siege = formulaire.instance
    instance = verrouiller(siege.instance_id, par)
    if siege.pk is None:
        siege.ordre = _prochain_ordre(instance)
    else:
        refuser_si_clos(siege)
        if {"structure", "personne"} & set(formulaire.changed_data) and compte_en_seance(siege):
            raise ValidationError(
                "Ce siège figure aux présences d’une séance : remplacez son titulaire, "
                "le nom de qui y était restera."
            )
    return edition.enregistrer(formulaire, par=par, demarche=instance.demarche, droit="cadrer")


def refuser_si_clos(siege: Siege) -> None:
    if siege.clos_le:
        raise ValidationError(f"Le siège de « {siege} » est clos : il ne se modifie plus.")


def compte_en_seance(siege: Siege) -> bool:
    """Vrai si le siège figure aux présences d'une séance, pour lui-même ou pour le pouvoir d'un autre."""
    return Presence.objects.filter(Q(siege=siege) | Q(pouvoir_a=siege)).exists()


def _prochain_ordre(instance: Instance) -> int:
    return (instance.sieges.aggregate(dernier=Max("ordre"))["dernier"] or 0) + 1


@transaction.atomic
def ajouter_sieges(instance_pk: int, places: list[Place], *, par: Utilisateur | None) -> list[Siege]:
    """Ouvre d'un coup plusieurs sièges, dans l'ordre donné ; ceux qui existent déjà sont laissés en place.

    Lève ValidationError si une structure n'est pas autour de la table, ou si un titulaire est d'ailleurs.
    """
    instance = verrouiller(instance_pk, par)
    verifier_places(instance.demarche, places)
    deja = set(instance.sieges.ouverts().values_list("structure", "personne"))
    voulues = [p for p in places if (p.structure.pk, p.personne and p.personne.pk) not in deja]
    sieges = asseoir(instance, voulues, par=par)
    if sieges:
        presidents = [str(s) for s in sieges if s.president]
        dits = ", ".join(str(s) for s in sieges)
        preside = f"\nPréside : {', '.join(presidents)}" if presidents else ""
        Evenement.consigner(instance, "ajouter des sièges", par=par, vers=dits + preside)
    return sieges


def asseoir(instance: Instance, places: list[Place], *, par: Utilisateur | None) -> list[Siege]:
    """Écrit les sièges voulus, à la suite ; l'appelant tient l'instance et consigne."""
    rang = _prochain_ordre(instance)
    sieges = [
        Siege(
            instance=instance, structure=p.structure, personne=p.personne, president=p.president,
            ordre=rang + n, cree_par=par, modifie_par=par,
        )
        for n, p in enumerate(places)
    ]  # fmt: skip
    try:
        with transaction.atomic():
            return Siege.objects.bulk_create(sieges)
    except IntegrityError as erreur:
        raise ValidationError(DEJA) from erreur


def verifier_places(demarche: Demarche, places: list[Place]) -> None:
    """Lève ValidationError si une structure n'est pas autour de la table, un titulaire d'une autre."""
    voulues = {p.structure.pk for p in places}
    assises = demarche.gouvernance.membres.filter(
        structure__in=voulues, statut__in=[StatutMembre.CANDIDAT, StatutMembre.CONFIRME]
    ).values_list("structure", flat=True)
    if hors := voulues - set(assises):
        nom = next(str(p.structure) for p in places if p.structure.pk in hors)
        raise ValidationError(f"« {nom} » n’est pas membre de la gouvernance.")
    for p in places:
        ailleurs = p.personne and (
            p.personne.structure_id != p.structure.pk
            or p.personne.gouvernance_id != demarche.gouvernance_id
        )  # fmt: skip
        if ailleurs:
            raise ValidationError(f"{p.personne} n’appartient pas à « {p.structure} ».")


def verrouiller_siege(siege_pk: int, par: Utilisateur | None) -> Siege:
    """Le siège, sous les verrous de sa démarche et de son instance ; lève ce que lève `verrouiller`."""
    verrouiller(Siege.objects.values_list("instance", flat=True).get(pk=siege_pk), par)
    siege = (
        Siege.objects.select_for_update(of=("self",))
        .select_related("instance__demarche", "structure", "personne")
        .get(pk=siege_pk)
    )
    refuser_si_clos(siege)
    return siege


@transaction.atomic
def remplacer_titulaire(
    siege_pk: int, personne: Personne | None, *, par: Utilisateur | None, version: int
) -> Siege:
    """Donne le siège à quelqu'un d'autre de la même structure ; None : à désigner.

    Une personne neuve est d'abord enregistrée. Si le siège a compté en séance, il est clos et un autre
    s'ouvre à sa place : les présences passées ne changent pas. Lève Conflit, ValidationError.
    """
    siege = verrouiller_siege(siege_pk, par)
    siege.verrouiller_version(version)
    demarche, ancien = siege.instance.demarche, siege.personne
    if personne and personne.pk is None:
        _enregistrer_personne(personne, siege, par)
    verifier_places(demarche, [Place(siege.structure, personne)])
    if (personne and personne.pk) == siege.personne_id:
        raise ValidationError({"personne": "C’est déjà le titulaire de ce siège."})
    suivant = _changer(siege, personne, par)
    Evenement.consigner(
        suivant, "remplacer le titulaire", par=par, demarche=demarche, de=ancien or "à désigner",
        vers=personne or "à désigner",
    )  # fmt: skip
    return suivant


def _enregistrer_personne(personne: Personne, siege: Siege, par) -> None:
    personne.gouvernance_id = siege.instance.demarche.gouvernance_id
    personne.structure = siege.structure
    personne.attribuer(par)
    personne.full_clean()
    personne.save()
    Evenement.consigner(personne, "créer", par=par, demarche=siege.instance.demarche, vers=personne)


def _changer(siege: Siege, personne: Personne | None, par) -> Siege:
    """Le même siège au nom de `personne`, ou un nouveau si l'ancien appartient à l'histoire."""
    if not compte_en_seance(siege):
        _refuser_doublon(siege, personne)
        siege.personne = personne
        siege.attribuer(par)
        siege.save()
        return siege
    ordre, president = siege.ordre, siege.president
    siege.clos_le = timezone.now()
    siege.attribuer(par)
    siege.save()
    _refuser_doublon(siege, personne)
    suivant = Siege(
        instance=siege.instance, structure=siege.structure, personne=personne, president=president,
        ordre=ordre,
    )  # fmt: skip
    suivant.attribuer(par)
    suivant.save()
    return suivant


def _refuser_doublon(siege: Siege, personne: Personne | None) -> None:
    memes = Siege.objects.ouverts().filter(
        instance=siege.instance_id, structure=siege.structure_id, personne=personne
    )
    if memes.exclude(pk=siege.pk).exists():
        raise ValidationError({"personne": "Ce siège existe déjà dans l’instance."})


@transaction.atomic
def clore_siege(siege_pk: int, *, par: Utilisateur | None) -> Siege:
    """Le siège ne sera plus convoqué ; il reste aux présences des séances passées."""
    siege = verrouiller_siege(siege_pk, par)
    siege.clos_le = timezone.now()
    siege.version += 1
    siege.attribuer(par)
    siege.save()
    Evenement.consigner(siege, "clore le siège", par=par, demarche=siege.instance.demarche, de=siege)
    return siege


@transaction.atomic
def supprimer_siege(siege_pk: int, *, par: Utilisateur | None) -> None:
    """Supprime un siège que nulle séance n'a compté. Lève ValidationError sinon : on le clôt."""
    siege = verrouiller_siege(siege_pk, par)
    if compte_en_seance(siege):
        raise ValidationError(
            f"Le siège de « {siege} » figure aux présences d’une séance : il ne se supprime plus. "
            "Vous pouvez le clore : il ne sera plus convoqué."
        )
    edition.supprimer(siege, par=par, demarche=siege.instance.demarche, droit="cadrer")


@transaction.atomic
def monter_siege(siege_pk: int, *, par: Utilisateur | None) -> Siege:
    """Passe un siège avant celui qui le précède, dans la présidence ou dans son collège ; renumérote."""
    siege = verrouiller_siege(siege_pk, par)
    ouverts = siege.instance.sieges.ouverts().select_related("structure__college", "personne")
    voisins = next(
        (groupe for _, groupe in par_college(ouverts) if siege.pk in {s.pk for s in groupe}), [siege]
    )
    rang = [s.pk for s in voisins].index(siege.pk)
    if rang == 0:
        raise ValidationError(f"« {siege} » est déjà en tête.")
    voisins[rang - 1], voisins[rang] = voisins[rang], voisins[rang - 1]
    for n, voisin in enumerate(voisins, start=1):
        voisin.ordre = n
    Siege.objects.bulk_update(voisins, ["ordre"])
    Evenement.consigner(
        siege, "avancer le siège", par=par, demarche=siege.instance.demarche,
        vers=f"avant « {voisins[rang]} »",
    )  # fmt: skip
    return siege


class Apercu(NamedTuple):
    """Une instance telle que la page de la gouvernance la résume."""

    instance: Instance
    presidence: str
    sieges: int
    a_designer: int


def apercus(demarche: Demarche) -> list[Apercu]:
    """Les instances qui se réunissent, puis celles qui ont été remplacées ; deux requêtes."""
    a_venir = Q(seances__etat__in=[EtatSeance.PLANIFIEE, EtatSeance.CONVOQUEE])
    ouverts = Siege.objects.ouverts().select_related("structure", "personne")
    lues = (
        demarche.instances.select_related("epci", "succede_a")
        .annotate(prochaine=Min("seances__debut", filter=a_venir))
        .prefetch_related(Prefetch("sieges", ouverts))
        .order_by(F("dissoute_le").asc(nulls_first=True), "type", "pk")
    )
    return [
        Apercu(
            i,
            dire_presidence(i.sieges.all()),
            len(i.sieges.all()),
            sum(not s.personne for s in i.sieges.all()),
        )
        for i in lues
    ]
