"""Le calendrier des jalons : échéances, instances, rétroplanning, retards."""

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from gouvernance.cadre import cadrage
from gouvernance.conduite import calendriers, demarches, retroplanning
from gouvernance.forms.cadrage import FormulaireJalons
from gouvernance.permissions import DROITS
from gouvernance.views.commun import Saisie, agir, ouvrir, traiter


def jalons(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    if request.method == "POST":
        acces.exiger("cadrer")
    liste = list(demarche.jalons.select_related("instance", "decision__seance__instance"))
    formulaire = FormulaireJalons(
        request.POST or None, jalons=liste, instances=list(demarche.instances.actives())
    )
    presets, aujourd_hui = calendriers.presets(), timezone.localdate()
    nationales = calendriers.dates_nationales(presets)
    ecarts = {j.code: retroplanning.ecart(j, nationales, aujourd_hui) for j in liste}
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Calendrier et jalons",
        "moments": retroplanning.moments(demarche, liste, ecarts, aujourd_hui),
        "lignes": [(*ligne, ecarts[ligne[0].code]) for ligne in formulaire.lignes],
        "echeances_posees": any(j.echeance for j in liste),  # rien à remplacer, rien à confirmer
        "presets": sorted(presets, key=lambda p: p.national),  # des dates nationales vieillissent
        "modifiable": acces.autorise(DROITS["cadrer"]),
    }

    def ecrire(formulaire):
        version = formulaire.cleaned_data["version"]
        cadrage.cadrer_jalons(demarche, formulaire.saisies(), version=version, par=request.user)

    retour = reverse("jalons", args=[uuid])
    return traiter(request, Saisie(formulaire, ecrire, retour, "gouvernance/jalons.html", contexte))


@require_POST
def calendrier_appliquer(request, uuid):
    demarche, _ = ouvrir(request, uuid)
    code = request.POST.get("calendrier", "")
    choisi = next((p for p in calendriers.presets() if p.code == code), None)
    if choisi is None:
        raise Http404
    return agir(
        request,
        lambda: demarches.appliquer_calendrier(demarche, code, par=request.user),
        reverse("jalons", args=[uuid]),
        f"Le calendrier « {choisi.nom} » est posé : ajustez les échéances s’il le faut.",
    )
