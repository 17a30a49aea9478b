"""La page d'une gouvernance : qui est autour de la table, qui siège, qui peut quoi, ce qui bloque."""

from itertools import groupby

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST

from gouvernance import edition
from gouvernance.acteurs import membres, representativite
from gouvernance.acteurs.representativite import attente
from gouvernance.comites import instances
from gouvernance.forms.commun import en_edition
from gouvernance.forms.gouvernance import (
    FormulaireAjoutMembre,
    FormulaireGouvernance,
    FormulaireMandat,
    FormulaireMembre,
    FormulaireNotePrivee,
    FormulaireStructure,
)
from gouvernance.models import Mandat, Membre, StatutMembre
from gouvernance.permissions import lit_note_privee
from gouvernance.socle.identifiants import cle_ou_zero
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import agir, ouvrir, une_fois
from gouvernance.views.instances import inviter
from gouvernance.views.saisies import Page, saisir


@lecture_seule
def gouvernance(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    autour = membres.tables(demarche.gouvernance, acces)
    presents = [m for m in autour if m.statut in {StatutMembre.CANDIDAT, StatutMembre.CONFIRME}]
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Gouvernance",
        "gouvernance": demarche.gouvernance,
        "membres": presents,
        "candidats": [m for m in presents if m.statut == StatutMembre.CANDIDAT],
        "par_college": [(c, list(lot)) for c, lot in groupby(presents, lambda m: m.structure.college)],
        "instances": instances.apercus(demarche),
        "ecarts": inviter(demarche, representativite.de_la_gouvernance(autour, attente(demarche))),
        "mandats": demarche.mandats.select_related("utilisateur__structure").order_by("role", "utilisateur"),
        "blocages": demarche.points_de_blocage.select_related(
            "responsable", "decision__seance__instance"
        ).order_by("leve_le", "echeance"),
        "note_privee_lue": lit_note_privee(request.user, demarche, acces.roles),
    }
    return render(request, "gouvernance/gouvernance.html", contexte)


def _retour(uuid, ancre: str = "") -> str:
    if ancre == "membres":
        return reverse("membres", args=[uuid])
    return reverse("gouvernance", args=[uuid]) + (f"#{ancre}" if ancre else "")


def gouvernance_modifier(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    return saisir(
        request, lieu, Page("Modifier la gouvernance", _retour(uuid)),
        en_edition(FormulaireGouvernance, request, demarche.gouvernance),
        lambda f: membres.regler(f, par=request.user, demarche=demarche),
    )  # fmt: skip


@cache_control(private=True, no_store=True)
def note_privee(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    if not lit_note_privee(request.user, demarche):
        raise PermissionDenied("La note privée appartient à l’équipe de la préfecture.")
    aide = (
        "Lue et écrite par l’équipe de la préfecture seule. Elle ne figure dans aucun document ni au journal."
    )
    return saisir(
        request, lieu, Page("Note privée", _retour(uuid), aide=aide),
        en_edition(FormulaireNotePrivee, request, demarche.gouvernance),
        lambda f: membres.rediger_note_privee(f, par=request.user, demarche=demarche),
    )  # fmt: skip


def membre_ajouter(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)

    def ecrire(formulaire):
        structure = formulaire.structure_voulue(demarche.departement)
        champs = ("co_porteur", "contact_politique", "contact_technique", "epci")
        lus = formulaire.cleaned_data  # sans « co-porteur » quand la préfecture porte seule
        choisis = {"co_porteur": False} | {champ: lus[champ] for champ in champs if champ in lus}
        une_fois(
            formulaire, request.user,
            lambda: membres.ajouter(demarche, structure, par=request.user, **choisis),
        )  # fmt: skip

    page = Page(
        "Ajouter un membre", _retour(uuid, "membres"),
        aide="Il entre comme candidat ; confirmez-le quand il a donné son accord.",
    )  # fmt: skip
    manquant = {
        champ: parametre(request, champ) for champ in ("college", "nom", "epci")
    }  # « Représentativité »
    formulaire = FormulaireAjoutMembre(
        request.POST or None, gouvernance=demarche.gouvernance, initial=manquant
    )
    return saisir(request, lieu, page, formulaire, ecrire)


def membre_modifier(request, uuid, membre):
    demarche, _ = lieu = ouvrir(request, uuid)
    membre = _membre(demarche, membre)
    return saisir(
        request, lieu, Page(f"Modifier le membre : {membre}", _retour(uuid, "membres")),
        en_edition(FormulaireMembre, request, membre),
        lambda f: edition.enregistrer(f, par=request.user, demarche=demarche, droit="cadrer"),
    )  # fmt: skip


def _membre(demarche, uuid) -> Membre:
    membres_ici = Membre.objects.select_related("structure", "gouvernance")
    return get_object_or_404(membres_ici, gouvernance=demarche.gouvernance_id, uuid=uuid)


def structure_modifier(request, uuid, membre):
    demarche, _ = lieu = ouvrir(request, uuid)
    structure = _membre(demarche, membre).structure
    formulaire = en_edition(FormulaireStructure, request, structure, departement=demarche.departement.pk)
    page = Page(
        f"Corriger la structure : {structure}", _retour(uuid, "membres"),
        aide=membres.motif_structure_partagee(structure, demarche, request.user),
    )  # fmt: skip
    return saisir(
        request, lieu, page, formulaire,
        lambda f: membres.corriger_structure(f, par=request.user, demarche=demarche),
    )  # fmt: skip


@require_POST
def membre_statut(request, uuid, membre, statut):
    if statut not in {StatutMembre.CONFIRME, StatutMembre.RETIRE}:
        raise Http404
    demarche, _ = ouvrir(request, uuid)
    membre = _membre(demarche, membre)
    return agir(
        request,
        lambda: membres.changer_statut(membre.pk, statut, par=request.user, demarche=demarche),
        _retour(uuid, "membres"),
        f"« {membre} » : {StatutMembre(statut).label.lower()}.",
    )


def mandat_ajouter(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)

    def ecrire(formulaire):
        donnees = formulaire.cleaned_data
        une_fois(formulaire, request.user, lambda: membres.donner_mandat(
            demarche, donnees["email"], donnees["role"], par=request.user
        ))  # fmt: skip

    page = Page(
        "Donner un rôle", _retour(uuid, "mandats"),
        aide="Le rôle ouvre la démarche à ce compte et dit ce qu’il peut y faire.",
    )  # fmt: skip
    return saisir(
        request, lieu, page, FormulaireMandat(request.POST or None, gouvernance=demarche.gouvernance), ecrire
    )


@require_POST
def mandat_retirer(request, uuid):
    demarche, _ = ouvrir(request, uuid)
    cle = request.POST.get("mandat", "")
    mandat = get_object_or_404(Mandat, demarche=demarche, pk=cle_ou_zero(cle))
    return agir(
        request,
        lambda: membres.retirer_mandat(demarche, mandat, par=request.user),
        reverse("accueil") if mandat.utilisateur_id == request.user.pk else _retour(uuid, "mandats"),
        "Le rôle est retiré.",
    )
