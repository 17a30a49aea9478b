"""La page publique : déposer un PDF, lire les trois contrôles."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from feuille_de_route.documents.verification import verifier as examiner
from feuille_de_route.forms.transmissions import FormulaireVerification
from gouvernance.socle.bac_a_sable import Occupe

OCCUPE = "occupe"


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def verifier(request):
    formulaire = FormulaireVerification(request.POST or None, request.FILES or None)
    verdict = None
    if request.method == "POST":
        formulaire = FormulaireVerification(request.POST, request.FILES)
        if formulaire.is_valid():
            try:
                verdict = examiner(formulaire.cleaned_data["fichier"].read())
            except Occupe as occupe:
                formulaire.add_error("fichier", ValidationError(str(occupe), OCCUPE))
    statut = 422 if formulaire.is_bound and not formulaire.is_valid() else 200
    statut = 503 if formulaire.has_error("fichier", OCCUPE) else statut
    contexte = {"formulaire": formulaire, "verdict": verdict}
    return render(request, "feuille_de_route/verifier.html", contexte, status=statut)
