"""Le rappel d'une séance, sept jours avant : une fois par personne, un courriel par personne et par jour."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from gouvernance import courriels
from gouvernance.courriels import Lettre
from gouvernance.models import Courriel, Etape, EtatSeance, Seance
from gouvernance.reunions.convocations import CONVOCATION, adresses_assises
from gouvernance.reunions.ics import PARIS

RAPPEL = "rappel-seances"
AVANT = timedelta(days=7)


@transaction.atomic
def rappeler(aujourd_hui: date | None = None) -> int:
    """Écrit les rappels dus et rend leur nombre ; rejouer ne double rien.

    Le jour des séances fait la clé : un passage manqué (J-7) se rattrape le lendemain (J-6), sans doublon.
    Qui a été convoqué moins de sept jours avant n'en reçoit pas : sa convocation vient d'arriver.
    """
    aujourd_hui = aujourd_hui or timezone.localdate()
    dus = _dus(aujourd_hui)
    deja = set(
        Courriel.objects.filter(genre=RAPPEL, cree_le__gte=_minuit(aujourd_hui)).values_list(
            "destinataire", flat=True
        )
    )
    ecrits = 0
    for (adresse, jour), seances in sorted(dus.items(), key=lambda du: du[0][1]):
        if adresse not in deja and courriels.deposer(_lettre(adresse, jour, seances)) is not None:
            deja.add(adresse)
            ecrits += 1
    return ecrits


def _dus(aujourd_hui: date) -> dict[tuple[str, date], list[Seance]]:
    """(adresse, jour) → les séances de ce jour, du lendemain à J+7, où cette personne est convoquée et siège
    encore.
    """
    lendemain = _minuit(aujourd_hui + timedelta(days=1))
    limite = _minuit(aujourd_hui + AVANT + timedelta(days=1))
    a_venir = Seance.objects.filter(etat=EtatSeance.CONVOQUEE, debut__gte=lendemain, debut__lt=limite)
    a_venir = a_venir.exclude(instance__demarche__etape=Etape.ABANDONNEE)
    par_uuid = {s.uuid: s for s in a_venir.select_related("instance__demarche").order_by("debut")}
    assises = adresses_assises(list(par_uuid.values()))
    lignes = Courriel.objects.filter(genre=CONVOCATION, objet_lie__in=par_uuid).order_by("pk")
    dus = defaultdict(list)
    for uuid, adresse, cree_le in lignes.values_list("objet_lie", "destinataire", "cree_le"):
        seance = par_uuid[uuid]
        jour = timezone.localdate(seance.debut)
        siege = adresse in assises.get(seance.instance_id, ())
        if siege and timezone.localdate(cree_le) < jour - AVANT:
            dus[adresse, jour].append(seance)
    return dus


def _minuit(jour: date) -> datetime:
    return datetime.combine(jour, time.min, tzinfo=PARIS)


def _lettre(adresse: str, jour: date, seances: list[Seance]) -> Lettre:
    dites = [
        {
            "seance": s,
            "quand": s.debut.astimezone(PARIS),
            "adresse": courriels.adresse("seance", s.instance.demarche.uuid, s.uuid),
        }
        for s in sorted(seances, key=lambda s: s.debut)
    ]
    return Lettre(
        genre=RAPPEL, destinataire=adresse, gabarit=RAPPEL, contexte={"seances": dites},
        cle=f"{RAPPEL}:{jour:%Y-%m-%d}:{adresse}", demarche=seances[0].instance.demarche,
    )  # fmt: skip
