"""Le territoire d'une démarche : département, groupe d'EPCI, région ; deux groupes ne se recouvrent pas.

La base tranche (index unique sur EPCI et département) ; ici on le dit, en nommant l'autre démarche. Son nom
est public dans le département : on le dit même à qui ne la voit pas.
"""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from gouvernance import edition
from gouvernance.models import Demarche, DemarcheEpci, Epci, Etape, Evenement, Gouvernance, Perimetre
from gouvernance.permissions import exiger

TERMINEES = [Etape.CLOSE, Etape.ABANDONNEE]
SANS_RECOUVREMENT = "perimetre_sans_recouvrement"


def etablir(demarche: Demarche, epcis: list[Epci]) -> None:
    """Rattache les EPCI d'une démarche infra-départementale, à appeler dans une transaction.

    Lève ValidationError qui nomme l'autre démarche si l'un est déjà couvert dans ce département.
    """
    if demarche.perimetre != Perimetre.GROUPEMENT:
        return
    departement = demarche.gouvernance.departement_id
    for epci in sorted(epcis, key=lambda e: e.pk):  # toujours dans le même ordre : pas d'étreinte fatale
        try:
            with transaction.atomic():
                DemarcheEpci.objects.create(demarche=demarche, epci=epci, departement_id=departement)
        except IntegrityError as erreur:
            if erreur.__cause__.diag.constraint_name != SANS_RECOUVREMENT:
                raise
            raise ValidationError(_deja_couvert(epci, departement)) from erreur


def _deja_couvert(epci: Epci, departement: str) -> str:
    autre = DemarcheEpci.objects.filter(epci=epci, departement=departement, actif=True)
    couvrante = autre.select_related("demarche").first()
    qui = f"la démarche « {couvrante.demarche} »" if couvrante else "une autre démarche"
    return (
        f"« {epci} » est déjà couvert par {qui} : "
        "deux feuilles de route infra-départementales ne couvrent pas le même territoire."
    )


def verifier(demarche: Demarche, epcis) -> None:
    """Le choix se tient : des EPCI pour un groupe et pour lui seul, une départementale à la fois.

    `demarche.gouvernance` est tenue par l'appelant. Lève ValidationError au nom du champ.
    """
    groupement = demarche.perimetre == Perimetre.GROUPEMENT
    if groupement and not epcis:
        raise ValidationError({"epcis": "Choisissez au moins un EPCI : c’est le territoire de la démarche."})
    if epcis and not groupement:
        raise ValidationError({"epcis": "Les EPCI se choisissent seulement pour un groupe d’EPCI."})
    if demarche.parente_id and not groupement:
        phrase = "Seul un groupe d’EPCI se rattache à la démarche du département."
        raise ValidationError({"parente": phrase})
    if demarche.perimetre != Perimetre.DEPARTEMENTAL:
        return
    autres = Demarche.objects.filter(gouvernance=demarche.gouvernance_id, perimetre=Perimetre.DEPARTEMENTAL)
    if autre := autres.exclude(etape__in=TERMINEES).exclude(pk=demarche.pk).first():
        phrase = f"La démarche « {autre} » couvre déjà ce département : une seule à la fois."
        raise ValidationError({"perimetre": phrase})


@transaction.atomic
def changer(formulaire, epcis: list[Epci], *, par, demarche: Demarche) -> Demarche:
    """Change le périmètre d'une démarche qui se cadre encore ; le tout ou rien.

    Lève PermissionDenied, ValidationError (étape, recouvrement : l'autre démarche est nommée), Conflit.
    """
    tenue = edition.tenir(demarche)
    exiger(par, tenue, "perimetrer")
    Gouvernance.objects.select_for_update(of=("self",)).get(pk=tenue.gouvernance_id)
    avant = dire(tenue)
    verifier(formulaire.instance, epcis)
    _garder_les_filles(tenue, formulaire.instance.perimetre)
    DemarcheEpci.objects.filter(demarche=tenue).delete()
    changee = edition.enregistrer(formulaire, par=par, demarche=tenue, droit="perimetrer")
    etablir(changee, epcis)
    apres = dire(changee)
    if apres != avant:
        Evenement.consigner(changee, "changer le périmètre", par=par, de=avant, vers=apres)
    return changee


def _garder_les_filles(demarche: Demarche, perimetre: str) -> None:
    fille = demarche.filles.first()
    if fille and perimetre != Perimetre.DEPARTEMENTAL:
        phrase = f"« {fille} » se rattache à cette démarche, qui doit rester départementale."
        raise ValidationError({"perimetre": phrase})


def dire(demarche: Demarche) -> str:
    """« Tout le département : Dordogne (24) », « 2 EPCI : CC A, CC B (Dordogne) », « Région … »."""
    departement = demarche.gouvernance.departement
    if demarche.perimetre == Perimetre.REGIONAL:
        return f"Région {departement.region}, portée par la gouvernance {departement}"
    if demarche.perimetre == Perimetre.DEPARTEMENTAL:
        return f"Tout le département : {departement}"
    noms = list(
        DemarcheEpci.objects.filter(demarche=demarche)
        .order_by("epci__nom")
        .values_list("epci__nom", flat=True)
    )
    return f"{len(noms)} EPCI ({departement}) : {', '.join(noms)}"
