"""Instances, sièges et personnes d'une démarche."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from gouvernance import edition
from gouvernance.forms.commun import en_edition
from gouvernance.forms.instances import (
    FormulaireAjoutInstance,
    FormulaireAjoutPersonne,
    FormulaireAjoutSiege,
    FormulaireInstance,
    FormulairePersonne,
    FormulaireSiege,
)
from gouvernance.models import Instance, Personne, Siege
from gouvernance.views.commun import agir, ouvrir
from gouvernance.views.saisies import Page, saisir


def _retour(uuid) -> str:
    return reverse("gouvernance", args=[uuid]) + "#instances"


def _ecrire(request, demarche, lien=""):
    return lambda f: edition.enregistrer(f, par=request.user, demarche=demarche, droit="cadrer", lien=lien)


def _instance(demarche, uuid) -> Instance:
    return get_object_or_404(Instance, demarche=demarche, uuid=uuid)


def _siege(demarche, uuid) -> Siege:
    sieges = Siege.objects.select_related("instance", "structure", "personne")
    return get_object_or_404(sieges, instance__demarche=demarche, uuid=uuid)


def instance_ajouter(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    page = Page(
        "Créer une instance", _retour(uuid),
        aide="Un COPIL décide, un COTECH prépare, un comité partenarial nourrit et porte.",
    )  # fmt: skip
    formulaire = FormulaireAjoutInstance(request.POST or None, departement=demarche.departement.pk)
    return saisir(request, lieu, page, formulaire, _ecrire(request, demarche, "demarche"))


def instance_modifier(request, uuid, instance):
    demarche, _ = lieu = ouvrir(request, uuid)
    instance = _instance(demarche, instance)
    formulaire = en_edition(FormulaireInstance, request, instance, departement=demarche.departement.pk)
    page = Page(f"Modifier : {instance}", _retour(uuid))
    return saisir(request, lieu, page, formulaire, _ecrire(request, demarche))


@require_POST
def instance_supprimer(request, uuid, instance):
    demarche, _ = ouvrir(request, uuid)
    instance = _instance(demarche, instance)
    return agir(
        request,
        lambda: edition.supprimer(instance, par=request.user, demarche=demarche, droit="cadrer"),
        _retour(uuid),
        f"« {instance} » est supprimée.",
    )


def siege_ajouter(request, uuid, instance):
    demarche, _ = lieu = ouvrir(request, uuid)
    instance = _instance(demarche, instance)
    formulaire = FormulaireAjoutSiege(
        request.POST or None, instance=Siege(instance=instance), gouvernance=demarche.gouvernance
    )
    page = Page(f"Ajouter un siège : {instance}", _retour(uuid))
    return saisir(request, lieu, page, formulaire, _ecrire(request, demarche))


def siege_modifier(request, uuid, siege):
    demarche, _ = lieu = ouvrir(request, uuid)
    siege = _siege(demarche, siege)
    formulaire = en_edition(FormulaireSiege, request, siege, gouvernance=demarche.gouvernance)
    page = Page(f"Modifier le siège : {siege}", _retour(uuid))
    return saisir(request, lieu, page, formulaire, _ecrire(request, demarche))


@require_POST
def siege_supprimer(request, uuid, siege):
    demarche, _ = ouvrir(request, uuid)
    siege = _siege(demarche, siege)
    return agir(
        request,
        lambda: edition.supprimer(siege, par=request.user, demarche=demarche, droit="cadrer"),
        _retour(uuid),
        f"Le siège de « {siege} » est supprimé.",
    )


def personne_ajouter(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    page = Page(
        "Ajouter une personne", _retour(uuid),
        aide="Elle appartient à une structure membre ; elle pourra ensuite occuper un siège.",
    )  # fmt: skip
    formulaire = FormulaireAjoutPersonne(request.POST or None, gouvernance=demarche.gouvernance)
    return saisir(request, lieu, page, formulaire, _ecrire(request, demarche))


def personne_modifier(request, uuid, personne):
    demarche, _ = lieu = ouvrir(request, uuid)
    personne = get_object_or_404(Personne, gouvernance=demarche.gouvernance_id, uuid=personne)
    formulaire = en_edition(FormulairePersonne, request, personne, gouvernance=demarche.gouvernance)
    page = Page(f"Modifier : {personne}", _retour(uuid))
    return saisir(request, lieu, page, formulaire, _ecrire(request, demarche))
