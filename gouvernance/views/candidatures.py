"""La page publique où une structure se présente, et la réponse de la coordination."""

from contextlib import suppress

from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from gouvernance.acteurs import membres
from gouvernance.arrivees import candidatures
from gouvernance.edition import DejaFait
from gouvernance.forms.candidatures import FormulaireCandidature, FormulaireConfirmation, FormulaireRefus
from gouvernance.models import Membre
from gouvernance.socle.vues import lecture_seule, origine
from gouvernance.views.commun import Saisie, ouvrir, traiter, une_fois
from gouvernance.views.saisies import Page, saisir

A_CONFIRMER = (
    "Décochez qui n’a pas encore donné son accord. Une structure qui s’est présentée reçoit votre réponse "
    "par courriel ; une structure que la coordination a inscrite n’en reçoit pas."
)


def _demarche(departement: str):
    demarche = candidatures.demarche_ouverte(departement.upper())
    if demarche is None:
        raise Http404
    return demarche


@login_not_required
@never_cache
def candidater(request, departement):
    """La même réponse que la structure soit neuve, candidate ou déjà membre : la page ne révèle rien."""
    demarche = _demarche(departement)
    formulaire = FormulaireCandidature(request.POST or None, departement=demarche.departement.pk)
    retour = reverse("candidature_recue", args=[departement])
    if request.method == "POST" and formulaire.robot:
        return redirect(retour)

    def ecrire(formulaire):
        with suppress(DejaFait):
            candidatures.presenter(
                demarche, formulaire.candidature, origine=origine(request),
                jeton=formulaire.cleaned_data["jeton"],
            )  # fmt: skip

    contexte = {"departement": demarche.departement, "nom_demarche": demarche.nom}
    saisie = Saisie(formulaire, ecrire, retour, "gouvernance/candidater.html", contexte, succes="")
    return traiter(request, saisie)


@login_not_required
@lecture_seule
def candidature_recue(request, departement):
    demarche = _demarche(departement)
    contexte = {"departement": demarche.departement, "nom_demarche": demarche.nom}
    return render(request, "gouvernance/candidature_recue.html", contexte)


def membres_confirmer(request, uuid):
    """Confirmer plusieurs candidats à la fois, leurs noms sous les yeux."""
    demarche, _ = lieu = ouvrir(request, uuid)
    formulaire = FormulaireConfirmation(request.POST or None, gouvernance=demarche.gouvernance)
    page = Page(
        "Confirmer des membres", reverse("membres", args=[uuid]),
        aide=A_CONFIRMER if formulaire.candidats else "Aucune structure n’attend d’être confirmée.",
        succes="Les structures cochées sont membres de la gouvernance.",
    )  # fmt: skip

    def ecrire(valide):
        choisis = valide.cleaned_data["membres"]
        une_fois(
            valide, request.user,
            lambda: membres.confirmer(choisis, par=request.user, demarche=demarche),
        )  # fmt: skip

    return saisir(request, lieu, page, formulaire, ecrire)


def membre_refuser(request, uuid, membre):
    demarche, _ = lieu = ouvrir(request, uuid)
    membre = get_object_or_404(
        Membre.objects.select_related("structure"), gouvernance=demarche.gouvernance_id, uuid=membre
    )
    page = Page(
        f"Refuser la candidature : {membre.structure.nom}",
        reverse("membres", args=[uuid]),
        aide="Le candidat reçoit votre motif par courriel. Il pourra se présenter de nouveau.",
        succes=f"La candidature de « {membre} » est refusée.",
    )
    return saisir(
        request, lieu, page, FormulaireRefus(request.POST or None),
        lambda f: membres.refuser(
            membre.pk, f.cleaned_data["motif"], par=request.user, demarche=demarche
        ),
    )  # fmt: skip
