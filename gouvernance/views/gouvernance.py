"""La page d'une gouvernance : qui est autour de la table, qui siège, qui peut quoi, ce qui bloque."""

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST

from gouvernance import demarches, edition, membres
from gouvernance.forms.commun import en_edition
from gouvernance.forms.gouvernance import (
    FormulaireAjoutMembre,
    FormulaireBlocage,
    FormulaireGouvernance,
    FormulaireMandat,
    FormulaireMembre,
    FormulaireNotePrivee,
)
from gouvernance.models import Mandat, Membre, PointDeBlocage, Siege, StatutMembre
from gouvernance.permissions import lit_note_privee
from gouvernance.socle.identifiants import cle_ou_zero
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import agir, ouvrir, une_fois
from gouvernance.views.saisies import Page, saisir


@lecture_seule
def gouvernance(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    autour = list(
        Membre.objects.filter(gouvernance=demarche.gouvernance_id)
        .select_related("structure__college")
        .order_by("structure__college__ordre", "structure__nom")
    )
    sieges = Siege.objects.select_related("structure", "personne")
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Gouvernance",
        "gouvernance": demarche.gouvernance,
        "membres": autour,
        "colleges_manquants": membres.colleges_manquants(autour),
        "instances": demarche.instances.select_related("epci").prefetch_related(Prefetch("sieges", sieges)),
        "mandats": demarche.mandats.select_related("utilisateur__structure").order_by("role", "utilisateur"),
        "blocages": demarche.points_de_blocage.select_related(
            "responsable", "decision__seance__instance"
        ).order_by("leve_le", "echeance"),
        "note_privee_lue": lit_note_privee(request.user, demarche),
    }
    return render(request, "gouvernance/gouvernance.html", contexte)


def _retour(uuid, ancre: str = "") -> str:
    return reverse("gouvernance", args=[uuid]) + (f"#{ancre}" if ancre else "")


def gouvernance_modifier(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    return saisir(
        request, lieu, Page("Modifier la gouvernance", _retour(uuid)),
        en_edition(FormulaireGouvernance, request, demarche.gouvernance),
        lambda f: edition.enregistrer(f, par=request.user, demarche=demarche, droit="cadrer"),
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
        champs = ("co_porteur", "contact_politique", "contact_technique")
        choisis = {champ: formulaire.cleaned_data[champ] for champ in champs}
        une_fois(
            formulaire, request.user,
            lambda: membres.ajouter(demarche, structure, par=request.user, **choisis),
        )  # fmt: skip

    page = Page(
        "Ajouter un membre", _retour(uuid, "membres"),
        aide="Il entre comme candidat ; confirmez-le quand il a donné son accord.",
    )  # fmt: skip
    formulaire = FormulaireAjoutMembre(request.POST or None, gouvernance=demarche.gouvernance)
    return saisir(request, lieu, page, formulaire, ecrire)


def membre_modifier(request, uuid, membre):
    demarche, _ = lieu = ouvrir(request, uuid)
    membre = get_object_or_404(Membre, gouvernance=demarche.gouvernance_id, uuid=membre)
    return saisir(
        request, lieu, Page(f"Modifier le membre : {membre}", _retour(uuid, "membres")),
        en_edition(FormulaireMembre, request, membre),
        lambda f: edition.enregistrer(f, par=request.user, demarche=demarche, droit="cadrer"),
    )  # fmt: skip


@require_POST
def membre_statut(request, uuid, membre, statut):
    if statut not in StatutMembre.values:
        raise Http404
    demarche, _ = ouvrir(request, uuid)
    membre = get_object_or_404(Membre, gouvernance=demarche.gouvernance_id, uuid=membre)
    return agir(
        request,
        lambda: demarches.changer_statut(membre.pk, statut, par=request.user, demarche=demarche),
        _retour(uuid, "membres"),
        f"« {membre} » : {StatutMembre(statut).label.lower()}.",
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
    return saisir(request, lieu, page, FormulaireMandat(request.POST or None), ecrire)


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


def blocage_ajouter(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    return saisir(
        request, lieu, Page("Signaler un point de blocage", _retour(uuid, "blocages")),
        FormulaireBlocage(request.POST or None, gouvernance=demarche.gouvernance),
        lambda f: edition.enregistrer(
            f, par=request.user, demarche=demarche, droit="cadrer", lien="demarche"
        ),
    )  # fmt: skip


@require_POST
def blocage_lever(request, uuid, blocage):
    demarche, _ = ouvrir(request, uuid)
    blocage = get_object_or_404(PointDeBlocage, demarche=demarche, uuid=blocage)
    return agir(
        request,
        lambda: membres.lever_blocage(blocage.pk, par=request.user),
        _retour(uuid, "blocages"),
        "Le point de blocage est levé.",
    )
