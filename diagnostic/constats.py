"""Les constats et les regards croisés ; ce que le diagnostic doit contenir avant que l'on en tire des
enjeux.
"""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max

from diagnostic.models import Constat, NatureConstat, Regard
from gouvernance import edition
from gouvernance.conduite.demarches import jalon_non_acquis
from gouvernance.models import CodeJalon, Demarche, Utilisateur
from gouvernance.permissions import Acces, exiger
from gouvernance.socle.manques import Manque

FREINS = {NatureConstat.FREIN, NatureConstat.MANQUE}


@transaction.atomic
def enregistrer(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> Constat:
    """Crée ou modifie un constat, la démarche verrouillée : son étape ne peut plus changer entre-temps."""
    demarche = Demarche.objects.verrouiller(demarche.pk)
    if formulaire.instance.pk is None:
        dernier = demarche.constats.aggregate(dernier=Max("ordre"))["dernier"]
        formulaire.instance.ordre = (dernier or 0) + 1
    return edition.enregistrer(formulaire, par=par, demarche=demarche, droit="diagnostiquer", lien="demarche")


@transaction.atomic
def supprimer(constat_pk: int, *, par: Utilisateur | None) -> None:
    """Supprime un constat. Lève ValidationError s'il porte des regards ou fonde un enjeu."""
    constat = Constat.objects.get(pk=constat_pk)
    demarche = Demarche.objects.verrouiller(constat.demarche_id)
    exiger(par, demarche, "diagnostiquer")
    if enjeu := constat.enjeux.first():
        raise ValidationError(f"Ce constat fonde l’enjeu « {enjeu} » : détachez-le d’abord de cet enjeu.")
    if constat.regards.exists():
        raise ValidationError("Ce constat porte des regards : retirez-les d’abord.")
    edition.supprimer(constat, par=par, demarche=demarche, droit="diagnostiquer")


@transaction.atomic
def donner_regard(formulaire, *, par: Utilisateur | None, constat: Constat) -> Regard:
    """Ajoute un regard à un constat."""
    demarche = Demarche.objects.verrouiller(constat.demarche_id)
    return edition.enregistrer(formulaire, par=par, demarche=demarche, droit="regarder")


@transaction.atomic
def retirer_regard(regard_pk: int, *, par: Utilisateur) -> None:
    """Retire un regard : celui qu'on a donné, ou n'importe lequel pour qui tient le diagnostic."""
    regard = Regard.objects.select_related("constat").get(pk=regard_pk)
    demarche = Demarche.objects.verrouiller(regard.constat.demarche_id)
    if not peut_retirer(regard, Acces(par, demarche)):
        raise PermissionDenied("On ne retire que le regard que l’on a donné.")
    edition.supprimer(regard, par=par, demarche=demarche, droit="regarder")


def peut_retirer(regard: Regard, acces: Acces) -> bool:
    return acces.autorise_nom("diagnostiquer") or regard.cree_par_id == acces.utilisateur.pk


def manques(demarche: Demarche) -> list[Manque]:
    """B jalon validé, B un constat chiffré et sourcé ; A postures, atouts et freins, tendances."""
    constats = list(Constat.objects.filter(demarche=demarche).prefetch_related("mesures"))
    mesures = [c for c in constats if any(m.valeur is not None for m in c.mesures.all())]
    manques = jalon_non_acquis(list(demarche.jalons.select_related("instance")), CodeJalon.DIAGNOSTIC)
    if not mesures:
        manques.insert(
            0, Manque("Rattacher au moins un constat à une donnée chiffrée et sourcée.", ecran="constats")
        )
    postures = Regard.objects.filter(constat__demarche=demarche).values("posture").distinct().count()
    if postures < 2:
        manques.append(
            Manque("Croiser au moins deux regards (élu, acteur, technicien, habitant).", False, "constats")
        )
    natures = {c.nature for c in constats}
    if NatureConstat.ATOUT not in natures or not FREINS & natures:
        manques.append(Manque("Relever à la fois des atouts et des freins.", False, "constats"))
    sans = [c for c in mesures if not c.tendance]
    if sans:
        lesquels = f"du constat « {sans[0]} »" if len(sans) == 1 else f"de {len(sans)} constats chiffrés"
        manques.append(Manque(f"Dire la tendance {lesquels}.", False, "constats"))
    return manques
