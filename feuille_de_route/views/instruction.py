"""Instruire une fiche : la renvoyer avec des remarques, marquer ce qui est corrigé, rendre un avis."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404
from django.urls import reverse

from feuille_de_route import fiches
from feuille_de_route.dialogue import avis as regles_avis
from feuille_de_route.dialogue import remarques
from feuille_de_route.forms.avis import FormulaireAvis
from feuille_de_route.forms.remarques import FormulaireRenvoi
from feuille_de_route.models import Avis
from feuille_de_route.views.fiches import ouvrir_fiche
from gouvernance.comptes.entree import prevenir
from gouvernance.views.commun import Saisie, agir, traiter


def renvoyer(request: HttpRequest, uuid, fiche_uuid) -> HttpResponse:
    """Demander des compléments : le motif, et une remarque près de chaque champ à revoir."""
    fiche, acces = ouvrir_fiche(request, uuid, fiche_uuid)
    acces.exiger("instruire_fiches")
    transition = fiches.TRANSITIONS["renvoyer"]
    retour = reverse("fiche", args=[uuid, fiche_uuid])

    def ecrire(formulaire):
        donnees = formulaire.cleaned_data
        ecrits = remarques.renvoyer(
            fiche, donnees["motif"], formulaire.demandes(), par=request.user, jeton=donnees["jeton"]
        )
        prevenir(ecrits)

    contexte = {
        "demarche": fiche.demarche, "acces": acces, "fiche": fiche, "page": transition.libelle,
        "motif_etat": "" if fiche.etat in transition.depuis else (
            f"La fiche est « {fiche.get_etat_display()} » : on ne demande des compléments que sur une fiche "
            "proposée ou retenue."
        ),
        "deja": fiche.remarques.filter(levee_le=None),
    }  # fmt: skip
    saisie = Saisie(
        FormulaireRenvoi(request.POST or None, fiche=fiche), ecrire, retour,
        "feuille_de_route/fiche_renvoyer.html", contexte,
        "La fiche est renvoyée ; qui l’écrit reçoit un courriel avec vos remarques.",
    )  # fmt: skip
    return traiter(request, saisie)


def remarque(request: HttpRequest, uuid, fiche_uuid, remarque, acte: str) -> HttpResponse:
    if acte not in remarques.ACTES:
        raise Http404
    fiche, _ = ouvrir_fiche(request, uuid, fiche_uuid)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    trouvee = get_object_or_404(fiche.remarques, uuid=remarque)
    retour = reverse("fiche", args=[uuid, fiche_uuid])
    return agir(request, lambda: remarques.marquer(trouvee, acte, par=request.user), retour)


def avis(request: HttpRequest, uuid, fiche_uuid, avis=None) -> HttpResponse:
    """Rendre un avis, ou corriger celui que l'on a rendu."""
    fiche, acces = ouvrir_fiche(request, uuid, fiche_uuid)
    acces.exiger(regles_avis.DROIT)
    rendu = get_object_or_404(fiche.avis, uuid=avis) if avis else Avis(fiche=fiche)
    formulaire = FormulaireAvis(
        request.POST or None, instance=rendu, demarche=fiche.demarche, initial={"version": rendu.version}
    )
    aide = regles_avis.motif_de_non_avis(fiche) or ("Le COPIL lira cet avis au moment de décider.")
    if not formulaire.fields["instance"].queryset:
        aide = "Il n’y a pas encore de comité technique : créez-le d’abord dans « Séances et décisions »."
    contexte = {
        "demarche": fiche.demarche, "acces": acces, "aide": aide,
        "titre": f"{'Corriger l’avis' if avis else 'Rendre un avis'} : {fiche}",
    }  # fmt: skip
    saisie = Saisie(
        formulaire, lambda valide: regles_avis.rendre(valide, par=request.user),
        reverse("fiche", args=[uuid, fiche_uuid]), "gouvernance/formulaire.html", contexte,
        "L’avis est enregistré.",
    )  # fmt: skip
    return traiter(request, saisie)
