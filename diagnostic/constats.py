"""Ce que le diagnostic doit contenir avant que l'on en tire des enjeux (DOMAINE §5, ouvrir_enjeux)."""

from diagnostic.models import Constat, NatureConstat, Regard
from gouvernance.demarches import jalon_non_acquis
from gouvernance.models import CodeJalon, Demarche
from gouvernance.socle.manques import Manque

FREINS = {NatureConstat.FREIN, NatureConstat.MANQUE}


def manques(demarche: Demarche) -> list[Manque]:
    """B jalon validé, B un constat chiffré et sourcé ; A postures, atouts et freins, tendances."""
    constats = list(Constat.objects.filter(demarche=demarche).prefetch_related("mesures"))
    mesures = [c for c in constats if c.mesures.all()]
    manques = jalon_non_acquis(list(demarche.jalons.all()), CodeJalon.DIAGNOSTIC)
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
        manques.append(Manque(f"Dire la tendance de {len(sans)} constat(s) chiffré(s).", False, "constats"))
    return manques
