"""Les rencontres : visite d'une commune à un ou deux référents, conférence des maires, entretien.

Une rencontre est prévue, puis tenue (ce qui en est sorti, qui l'on a vu) ou annulée.
"""

from datetime import date
from itertools import groupby
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Prefetch, Q
from django.utils import timezone

from gouvernance import edition
from gouvernance.acteurs import elus
from gouvernance.models import (
    Commune,
    Demarche,
    Elu,
    Epci,
    EtatRencontre,
    Evenement,
    Personne,
    Rencontre,
    TypeRencontre,
    Utilisateur,
)
from gouvernance.permissions import exiger

REFERENTS = (1, 2)  # une visite se fait à un ou deux
HISTOIRE = 10  # les plus récentes, montrées d'abord


class Contenu(NamedTuple):
    """Ce que la rencontre réunit, avant de l'écrire."""

    type: str
    epci: Epci | None
    communes: list[Commune]
    referents: list[Personne]
    elus: list[Elu]


class CompteRendu(NamedTuple):
    """Ce que l'on note quand elle a eu lieu ; `suites` est lu par tous les membres."""

    date: date
    suites: str
    elus: list[Elu]
    communes: list[Commune]
    version: int | None = None


def verifier(contenu: Contenu) -> None:
    """Ce que chaque type demande. Lève ValidationError, au nom du champ."""
    fautes = {}
    if contenu.type == TypeRencontre.VISITE:
        if not contenu.communes:
            fautes["communes"] = "Choisissez au moins une commune à visiter."
        if not REFERENTS[0] <= len(contenu.referents) <= REFERENTS[1]:
            fautes["referent"] = "Une visite de commune se fait à un ou deux référents : nommez-les."
    if contenu.type == TypeRencontre.CONFERENCE and contenu.epci is None:
        fautes["epci"] = "Une conférence des maires est celle d’un EPCI : choisissez-le."
    if contenu.type == TypeRencontre.ENTRETIEN and not contenu.elus:
        fautes["elus"] = "Dites quel élu vous rencontrez."
    if fautes:
        raise ValidationError(fautes)


@transaction.atomic
def prevoir(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> Rencontre:
    """Crée une rencontre prévue, ou en change une qui l'est encore."""
    rencontre = formulaire.instance
    if rencontre.pk:
        exiger(par, demarche, "rencontrer")
        _exiger_prevue(Rencontre.objects.select_for_update(of=("self",)).get(pk=rencontre.pk))
    verifier(formulaire.contenu)
    return edition.enregistrer(formulaire, par=par, demarche=demarche, droit="rencontrer", lien="demarche")


@transaction.atomic
def tenir(rencontre_pk: int, compte: CompteRendu, *, par: Utilisateur | None) -> Rencontre:
    """Note qu'elle a eu lieu, ce qui en est sorti et qui l'on a vu ; corrige ce récit si c'était déjà fait.

    Chaque élu rencontré a son dernier contact. Lève PermissionDenied, ValidationError (champ nommé), Conflit
    si quelqu'un l'a notée depuis la `version` lue.
    """
    rencontre = _tenue_en_main(rencontre_pk, par)
    if rencontre.etat == EtatRencontre.ANNULEE:
        raise ValidationError("Cette rencontre est annulée : prévoyez-en une autre.")
    _verifier_compte(rencontre, compte)
    rencontre.verrouiller_version(rencontre.version if compte.version is None else compte.version)
    ancien = rencontre.get_etat_display()
    rencontre.etat, rencontre.date, rencontre.suites = EtatRencontre.TENUE, compte.date, compte.suites.strip()
    rencontre.tenue_le = rencontre.tenue_le or timezone.now()
    rencontre.attribuer(par)
    rencontre.save()
    rencontre.elus.set(compte.elus)
    if rencontre.type == TypeRencontre.VISITE:
        rencontre.communes.set(compte.communes)
    elus.noter_contact(compte.elus, compte.date)
    vers = f"tenue le {compte.date:%d/%m/%Y} : {rencontre.suites}"
    Evenement.consigner(rencontre, "noter la rencontre", par=par, de=ancien, vers=vers)
    return rencontre


def _verifier_compte(rencontre: Rencontre, compte: CompteRendu) -> None:
    fautes = {}
    if compte.date > timezone.localdate():
        fautes["date"] = "Elle n’a pas encore eu lieu : donnez un jour passé, ou attendez."
    if not compte.suites.strip():
        fautes["suites"] = "Dites en une phrase ce qui en est sorti."
    if rencontre.type == TypeRencontre.VISITE and not compte.communes:
        fautes["communes"] = "Cochez au moins une commune visitée."
    if rencontre.type == TypeRencontre.ENTRETIEN and not compte.elus:
        fautes["elus"] = "Dites quel élu vous avez rencontré."
    if fautes:
        raise ValidationError(fautes)


@transaction.atomic
def annuler(rencontre_pk: int, *, par: Utilisateur | None) -> Rencontre:
    """Annule une rencontre prévue ; elle reste dans l'histoire, et ne compte pas dans la couverture."""
    rencontre = _tenue_en_main(rencontre_pk, par)
    _exiger_prevue(rencontre)
    rencontre.etat = EtatRencontre.ANNULEE
    rencontre.version += 1
    rencontre.attribuer(par)
    rencontre.save()
    Evenement.consigner(rencontre, "annuler", par=par, de="Prévue", vers="Annulée")
    return rencontre


def _tenue_en_main(rencontre_pk: int, par: Utilisateur | None) -> Rencontre:
    """La rencontre, verrouillée, une fois le droit vérifié."""
    rencontres = Rencontre.objects.select_for_update(of=("self",)).select_related("demarche")
    rencontre = rencontres.get(pk=rencontre_pk)
    exiger(par, rencontre.demarche, "rencontrer")
    return rencontre


def _exiger_prevue(rencontre: Rencontre) -> None:
    if rencontre.etat != EtatRencontre.PREVUE:
        etat = rencontre.get_etat_display().lower()
        raise ValidationError(f"Cette rencontre est déjà {etat} : on ne change plus ce qui était prévu.")


class Agenda(NamedTuple):
    """`mois` : (premier jour du mois, rencontres à venir) ; `a_noter` : leur date est passée."""

    mois: list[tuple[date, list[Rencontre]]]
    a_noter: list[Rencontre]
    passees: list[Rencontre]
    nb_passees: int


def agenda(demarche: Demarche, epci: str = "", *, tout: bool = False) -> Agenda:
    """Ce qui est prévu, ce qui attend son récit, ce qui est passé ; restreint à un EPCI si l'on veut."""
    rencontres = (
        Rencontre.objects.filter(demarche=demarche)
        .select_related("epci")
        .prefetch_related("communes", "referents", Prefetch("elus", Elu.objects.select_related("personne")))
    )
    if epci:
        rencontres = rencontres.filter(Q(epci=epci) | Q(communes__epci=epci)).distinct()
    prevues, passees, aujourdhui = [], [], timezone.localdate()
    for rencontre in rencontres.order_by("date", "pk"):
        (prevues if rencontre.etat == EtatRencontre.PREVUE else passees).append(rencontre)
    a_venir = [r for r in prevues if r.date >= aujourdhui]
    mois = [(jour, list(lot)) for jour, lot in groupby(a_venir, lambda r: r.date.replace(day=1))]
    a_noter = [r for r in prevues if r.date < aujourdhui]
    return Agenda(mois, a_noter, passees[::-1][: None if tout else HISTOIRE], len(passees))
