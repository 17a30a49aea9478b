"""Les sièges d'une instance, un à un, et les personnes qui les occupent."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from gouvernance import edition
from gouvernance.comites import instances as regles
from gouvernance.forms.commun import en_edition
from gouvernance.forms.instances import (
    FormulaireAjoutPersonne,
    FormulaireAjoutSiege,
    FormulairePersonne,
    FormulaireSiege,
    FormulaireTitulaire,
)
from gouvernance.models import Demarche, Personne, Siege
from gouvernance.views.commun import agir, ouvrir, une_fois
from gouvernance.views.instances import arret, page_de, trouver
from gouvernance.views.saisies import Page, saisir


def _siege(demarche: Demarche, uuid) -> Siege:
    sieges = Siege.objects.select_related("instance", "structure", "personne")
    return get_object_or_404(sieges, instance__demarche=demarche, uuid=uuid)


def siege_ajouter(request, uuid, instance):
    demarche, acces = lieu = ouvrir(request, uuid)
    acces.exiger("cadrer")
    trouvee = trouver(demarche, instance)
    if close := arret(request, demarche, trouvee):
        return close
    formulaire = FormulaireAjoutSiege(
        request.POST or None, instance=Siege(instance=trouvee), gouvernance=demarche.gouvernance
    )
    page = Page(f"Ajouter un siège : {trouvee}", page_de(demarche, trouvee))
    return saisir(request, lieu, page, formulaire, lambda f: regles.enregistrer_siege(f, par=request.user))


def siege_modifier(request, uuid, siege):
    demarche, acces = lieu = ouvrir(request, uuid)
    acces.exiger("cadrer")
    trouve = _siege(demarche, siege)
    if close := arret(request, demarche, trouve.instance):
        return close
    formulaire = en_edition(FormulaireSiege, request, trouve, gouvernance=demarche.gouvernance)
    page = Page(f"Modifier le siège : {trouve}", page_de(demarche, trouve.instance))
    return saisir(request, lieu, page, formulaire, lambda f: regles.enregistrer_siege(f, par=request.user))


def siege_remplacer(request, uuid, siege):
    demarche, acces = lieu = ouvrir(request, uuid)
    acces.exiger("cadrer")
    trouve = _siege(demarche, siege)
    if close := arret(request, demarche, trouve.instance):
        return close
    formulaire = FormulaireTitulaire(request.POST or None, siege=trouve, gouvernance=demarche.gouvernance)

    def ecrire(f):
        version = f.version_lue
        une_fois(f, request.user, lambda: regles.remplacer_titulaire(
            trouve.pk, f.titulaire(), par=request.user, version=version
        ))  # fmt: skip

    page = Page(
        f"Remplacer le titulaire : {trouve}", page_de(demarche, trouve.instance),
        aide=f"Siège de « {trouve.structure.nom} », aujourd’hui : {trouve.personne or 'à désigner'}. "
        "Les présences déjà notées gardent le nom de qui y était.",
        succes="Le titulaire est remplacé.",
    )  # fmt: skip
    return saisir(request, lieu, page, formulaire, ecrire)


def _acte(request, uuid, siege, acte, succes: str):
    demarche, _ = ouvrir(request, uuid)
    trouve = _siege(demarche, siege)
    return agir(
        request,
        lambda: acte(trouve.pk, par=request.user),
        page_de(demarche, trouve.instance) + "#composition",
        succes.format(trouve),
    )


@require_POST
def siege_supprimer(request, uuid, siege):
    return _acte(request, uuid, siege, regles.supprimer_siege, "Le siège de « {} » est supprimé.")


@require_POST
def siege_clore(request, uuid, siege):
    return _acte(request, uuid, siege, regles.clore_siege, "Le siège de « {} » est clos.")


@require_POST
def siege_monter(request, uuid, siege):
    return _acte(request, uuid, siege, regles.monter_siege, "« {} » est passé devant.")


def _retour(uuid) -> str:
    return reverse("gouvernance", args=[uuid]) + "#instances"


def _ecrire(request, demarche: Demarche):
    return lambda f: edition.enregistrer(f, par=request.user, demarche=demarche, droit="cadrer")


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
