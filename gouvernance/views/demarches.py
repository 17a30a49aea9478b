"""Ouvrir une démarche, en modifier l'identité."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import reverse

from gouvernance import edition
from gouvernance.cadre import contrats
from gouvernance.conduite import ouverture
from gouvernance.forms.commun import en_edition
from gouvernance.forms.demarches import (
    FormulaireDemarche,
    FormulaireDepartement,
    FormulaireOuverture,
    FormulairePerimetre,
)
from gouvernance.geographie import perimetres
from gouvernance.models import Demarche, Perimetre
from gouvernance.socle.vues import parametre
from gouvernance.views.commun import Saisie, ouvrir, traiter, une_fois
from gouvernance.views.saisies import Page, saisir


def demarche_ouvrir(request):
    """D'abord le département, quand plusieurs sont possibles ; puis la démarche."""
    departements = ouverture.departements_ouvrables(request.user)
    if not departements.exists():
        raise PermissionDenied("Pour ouvrir une démarche, il faut en coordonner une dans le département.")
    departement = _departement(request, departements)
    if departement is None:
        formulaire = FormulaireDepartement(request.GET or None, departements=departements)
        return render(request, "gouvernance/ouvrir.html", {"formulaire": formulaire})
    return _ouvrir_dans(request, departement)


def _departement(request, departements):
    code = parametre(request, "departement")
    if code:
        if trouve := departements.filter(pk=code).first():
            return trouve
        raise PermissionDenied("Vous ne coordonnez aucune démarche dans ce département.")
    possibles = list(departements[:2])
    return possibles[0] if len(possibles) == 1 else None


def _ouvrir_dans(request, departement):
    administration = ouverture.est_administration(request.user)
    departementale = Demarche.objects.filter(
        gouvernance__departement=departement, perimetre=Perimetre.DEPARTEMENTAL
    ).first()
    formulaire = FormulaireOuverture(
        request.POST or None, departement=departement, administration=administration,
        initial={"parente": departementale, "perimetre": "groupement" if departementale else "departemental"},
    )  # fmt: skip

    def ecrire(formulaire):
        donnees = formulaire.cleaned_data
        une_fois(formulaire, request.user, lambda: ouverture.ouvrir_dans(
            departement, formulaire.instance, par=request.user, epcis=list(donnees["epcis"]),
            coordination=donnees.get("coordination"), structure=donnees.get("structure"),
        ))  # fmt: skip

    retour = reverse("accueil")
    if request.method == "POST" and formulaire.is_valid():  # tirée du jeton : un double clic y ramène
        formulaire.instance.uuid = formulaire.cleaned_data["jeton"]
        retour = reverse("demarche", args=[formulaire.instance.uuid])
    saisie = Saisie(
        formulaire, ecrire, retour, "gouvernance/ouvrir.html", {"departement": departement},
        _dire_la_suite(request, formulaire),
    )  # fmt: skip
    return traiter(request, saisie)


def _dire_la_suite(request, formulaire) -> str:
    """Qui ouvre pour une autre personne n'a plus rien à faire : on lui dit à qui la main passe."""
    suite = "Commencez par sa gouvernance et son cahier des charges."
    if request.method == "POST" and formulaire.is_valid():
        coordination = formulaire.cleaned_data.get("coordination")
        if isinstance(coordination, str):
            suite = f"Une invitation à la coordonner part à {coordination}."
        elif coordination and coordination != request.user:
            suite = f"{coordination} la coordonne."
    return f"La démarche est ouverte. {suite}"


def demarche_modifier(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    acces.exiger("cadrer")
    contexte = {
        "demarche": demarche, "acces": acces, "titre": "Modifier la démarche",
        "adossements": contrats.adossements().values(),
    }  # fmt: skip
    saisie = Saisie(
        en_edition(FormulaireDemarche, request, demarche),
        lambda f: edition.enregistrer(f, par=request.user, demarche=demarche, droit="cadrer"),
        reverse("gouvernance", args=[uuid]), "gouvernance/demarche_modifier.html", contexte,
    )  # fmt: skip
    return traiter(request, saisie)


def perimetre_modifier(request, uuid):
    """Le territoire se change tant que la démarche se cadre."""
    demarche, _ = lieu = ouvrir(request, uuid)
    page = Page(
        "Changer le périmètre", reverse("cahier", args=[uuid]), droit="perimetrer",
        aide=f"{perimetres.dire(demarche)}. Le périmètre ne change plus une fois le diagnostic ouvert.",
    )  # fmt: skip
    return saisir(
        request, lieu, page, en_edition(FormulairePerimetre, request, demarche),
        lambda f: perimetres.changer(f, list(f.cleaned_data["epcis"]), par=request.user, demarche=demarche),
    )  # fmt: skip
