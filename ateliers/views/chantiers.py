"""Les chantiers clés : ce que le diagnostic ne montrait pas, à investiguer."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ateliers import animation
from ateliers.forms.chantiers import FormulaireChantier, FormulaireChantierModifie, FormulaireConclusion
from ateliers.models import ChantierCle
from diagnostic.views.commun import page_d_ajout, page_de_saisie, sur
from gouvernance.forms.commun import en_edition
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import agir, ouvrir


@lecture_seule
def chantiers(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    liste = ChantierCle.objects.filter(demarche=demarche).select_related("pilote")
    contexte = {"demarche": demarche, "acces": acces, "page": "Chantiers clés", "chantiers": liste}
    return render(request, "ateliers/chantiers.html", contexte)


@lecture_seule
def chantier(request, uuid, chantier):
    demarche, acces = ouvrir(request, uuid)
    objet = get_object_or_404(ChantierCle.objects.select_related("pilote"), demarche=demarche, uuid=chantier)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "chantier": objet,
        "actions": animation.actions_possibles(objet),
        "contributions": objet.contributions.select_related("atelier"),
    }
    return render(request, "ateliers/chantier.html", contexte)


def chantier_ajouter(request, uuid):
    """Signaler mène à la page du chantier."""

    def preparer(demarche):
        return {
            "formulaire": FormulaireChantier(request.POST or None, instance=ChantierCle(demarche=demarche)),
            "ecrire": lambda f: animation.enregistrer(f, par=request.user, demarche=demarche),
            "retour": reverse("chantiers", args=[uuid]),
            "titre": "Signaler un chantier clé",
            "aide": "Un sujet que le diagnostic ne montrait pas, soulevé en débat, qui mérite d’être "
            "investigué.",
            "succes": "Le chantier est signalé.",
        }

    return page_d_ajout(request, uuid, "animer", "chantier", preparer)


def chantier_modifier(request, uuid, chantier):
    def preparer(demarche, objet):
        return {
            "formulaire": en_edition(FormulaireChantierModifie, request, objet),
            "ecrire": lambda f: animation.enregistrer(f, par=request.user, demarche=demarche),
            "titre": "Modifier le chantier clé",
        }

    return page_de_saisie(request, uuid, "animer", sur(ChantierCle, "chantier", chantier, preparer))


@require_POST
def chantier_avancer(request, uuid, chantier, action):
    """Les actes d'un bouton ; ceux qui demandent une conclusion ont leur page."""
    transition = animation.TRANSITIONS.get(action)
    if transition is None or transition.conclusion:
        raise Http404
    demarche, _ = ouvrir(request, uuid)
    objet = get_object_or_404(ChantierCle, demarche=demarche, uuid=chantier)
    return agir(
        request,
        lambda: animation.effectuer(action, objet.pk, par=request.user),
        reverse("chantier", args=[uuid, chantier]),
        f"Le chantier est maintenant « {transition.vers.label} ».",
    )


def chantier_terminer(request, uuid, chantier, action):
    """Conclure ou abandonner : une conclusion écrite."""
    transition = animation.TRANSITIONS.get(action)
    if transition is None or not transition.conclusion:
        raise Http404

    def preparer(_, objet):
        return {
            "formulaire": FormulaireConclusion(request.POST or None),
            "ecrire": lambda f: animation.effectuer(
                action, objet.pk, par=request.user, conclusion=f.cleaned_data["conclusion"]
            ),
            "titre": transition.libelle,
            "aide": f"« {objet} »",
            "succes": f"Le chantier est maintenant « {transition.vers.label} ».",
        }

    return page_de_saisie(request, uuid, "animer", sur(ChantierCle, "chantier", chantier, preparer))
