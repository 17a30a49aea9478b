"""Les ateliers : sous-groupes, contributions, et ce qu'elles deviennent."""

from itertools import groupby

from django.db.models import Count
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ateliers import animation
from ateliers.forms.ateliers import (
    FormulaireAtelier,
    FormulaireAtelierModifie,
    FormulaireContribution,
    FormulaireConversion,
    FormulaireSousGroupe,
)
from ateliers.models import Atelier, Contribution, SousGroupe
from diagnostic.views.commun import page_d_ajout, page_de_saisie, sur
from gouvernance.forms.commun import en_edition
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import agir, ouvrir, une_fois

CONVERSIONS = {
    "enjeu": ("formuler_enjeux", animation.convertir_en_enjeu),
    "chantier": ("animer", animation.convertir_en_chantier),
}
TITRES = {"enjeu": "En faire un enjeu", "chantier": "En faire un chantier clé"}
AIDES = {
    "enjeu": "Reformulez la contribution en question, « Comment … ? ». Vous y relierez ensuite des constats.",
    "chantier": "Dites ce qu’il faut investiguer, par exemple « Peut-on … ? ».",
}


@lecture_seule
def ateliers(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    liste = Atelier.objects.filter(demarche=demarche).annotate(
        nb_contributions=Count("contributions", distinct=True),
        nb_converties=Count("contributions__enjeu") + Count("contributions__chantier"),
    )
    contexte = {"demarche": demarche, "acces": acces, "page": "Ateliers", "ateliers": liste}
    return render(request, "ateliers/ateliers.html", contexte)


@lecture_seule
def atelier(request, uuid, atelier):
    demarche, acces = ouvrir(request, uuid)
    objet = get_object_or_404(Atelier, demarche=demarche, uuid=atelier)
    contributions = objet.contributions.select_related("sous_groupe", "enjeu", "chantier")
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "atelier": objet,
        "groupes": _par_sous_groupe(objet, list(contributions), acces),
        "nb_contributions": len(contributions),
    }
    return render(request, "ateliers/atelier.html", contexte)


def _par_sous_groupe(atelier: Atelier, contributions: list[Contribution], acces) -> list[tuple]:
    """(sous-groupe ou None, [(contribution, on peut la retirer)]) ; les sous-groupes vides y sont aussi."""
    triees = sorted(contributions, key=lambda c: (c.sous_groupe_id or 0, c.pk))
    par_groupe = {
        cle: [(c, acces.peut["contribuer"] and animation.peut_retirer(c, acces)) for c in membres]
        for cle, membres in groupby(triees, key=lambda c: c.sous_groupe_id)
    }
    groupes = [(groupe, par_groupe.get(groupe.pk, [])) for groupe in atelier.sous_groupes.all()]
    return groupes + ([(None, par_groupe[None])] if None in par_groupe else [])


def atelier_ajouter(request, uuid):
    """Ajouter mène à la page de l'atelier, où l'on forme les sous-groupes."""

    def preparer(demarche):
        return {
            "formulaire": FormulaireAtelier(request.POST or None, instance=Atelier(demarche=demarche)),
            "ecrire": lambda f: animation.enregistrer(f, par=request.user, demarche=demarche),
            "retour": reverse("ateliers", args=[uuid]),
            "titre": "Ajouter un atelier",
            "succes": "L’atelier est ajouté. Formez ses sous-groupes, puis recueillez les contributions.",
        }

    return page_d_ajout(request, uuid, "animer", "atelier", preparer)


def atelier_modifier(request, uuid, atelier):
    def preparer(demarche, objet):
        return {
            "formulaire": en_edition(FormulaireAtelierModifie, request, objet),
            "ecrire": lambda f: animation.enregistrer(f, par=request.user, demarche=demarche),
            "titre": "Modifier l’atelier",
        }

    return page_de_saisie(request, uuid, "animer", sur(Atelier, "atelier", atelier, preparer))


def sous_groupe_ajouter(request, uuid, atelier):
    def preparer(demarche, objet):
        return {
            "formulaire": FormulaireSousGroupe(request.POST or None, instance=SousGroupe(atelier=objet)),
            "ecrire": lambda f: animation.enregistrer(f, par=request.user, demarche=demarche),
            "titre": "Ajouter un sous-groupe",
            "aide": f"Dans « {objet} ».",
        }

    return page_de_saisie(request, uuid, "animer", sur(Atelier, "atelier", atelier, preparer))


def contribution_ajouter(request, uuid, atelier):
    def preparer(demarche, objet):
        vise = request.GET.get("sous_groupe")
        formulaire = FormulaireContribution(
            request.POST or None,
            instance=Contribution(atelier=objet),
            initial={
                "auteur": request.user.nom_complet,
                "sous_groupe": next((g for g in objet.sous_groupes.all() if str(g.uuid) == vise), None),
            },
        )
        return {
            "formulaire": formulaire,
            "ecrire": lambda f: animation.enregistrer(
                f, par=request.user, demarche=demarche, droit="contribuer"
            ),
            "titre": "Apporter une contribution",
            "aide": f"À « {objet} ».",
            "succes": "Merci, la contribution est notée.",
        }

    return page_de_saisie(request, uuid, "contribuer", sur(Atelier, "atelier", atelier, preparer))


@require_POST
def contribution_retirer(request, uuid, atelier, contribution):
    demarche, _ = ouvrir(request, uuid)
    objet = _contribution(demarche, atelier, contribution)
    return agir(
        request,
        lambda: animation.retirer_contribution(objet.pk, par=request.user),
        reverse("atelier", args=[uuid, atelier]),
        "La contribution est retirée.",
    )


def _contribution(demarche, atelier, contribution) -> Contribution:
    return get_object_or_404(
        Contribution, atelier__demarche=demarche, atelier__uuid=atelier, uuid=contribution
    )


def contribution_convertir(request, uuid, atelier, contribution, vers):
    if vers not in CONVERSIONS:
        raise Http404
    droit, convertir = CONVERSIONS[vers]

    def preparer(demarche, _):
        source = _contribution(demarche, atelier, contribution)

        def ecrire(formulaire):
            question = formulaire.cleaned_data["question"]
            une_fois(formulaire, request.user, lambda: convertir(source.pk, question, par=request.user))

        return {
            "formulaire": FormulaireConversion(
                request.POST or None, initial={"question": source.texte[:300]}, aide=AIDES[vers]
            ),
            "ecrire": ecrire,
            "titre": TITRES[vers],
            "aide": f"La contribution : « {source.texte} »",
            "succes": "La contribution est convertie.",
        }

    return page_de_saisie(request, uuid, droit, sur(Atelier, "atelier", atelier, preparer))
