"""Les instances d'une démarche : la page de chacune, la créer, la modifier."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from gouvernance.acteurs import representativite
from gouvernance.acteurs.representativite import Ecart
from gouvernance.comites import instances as regles
from gouvernance.forms.commun import en_edition
from gouvernance.forms.instances import FormulaireAjoutInstance, FormulaireInstance
from gouvernance.models import Demarche, EtatSeance, Instance, Presence, Seance
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import agir, ouvrir
from gouvernance.views.saisies import Page, saisir

SEANCES_MONTREES, ABSENTS_MONTRES = 12, 8
A_TENIR = {EtatSeance.PLANIFIEE, EtatSeance.CONVOQUEE, EtatSeance.OUVERTE}


def trouver(demarche: Demarche, uuid) -> Instance:
    """L'instance de cette démarche, ou 404."""
    instance = get_object_or_404(demarche.instances.select_related("epci", "succede_a"), uuid=uuid)
    instance.demarche = demarche
    return instance


def page_de(demarche: Demarche, instance: Instance) -> str:
    return reverse("instance", args=[demarche.uuid, instance.uuid])


def arret(request, demarche: Demarche, instance: Instance) -> HttpResponse | None:
    """Le formulaire d'une instance arrêtée ne s'ouvre pas : retour à sa page, avec la raison."""
    try:
        regles.exiger_active(instance)
    except ValidationError as refus:
        messages.info(request, refus.messages[0])
        return redirect(page_de(demarche, instance))
    return None


def inviter(
    demarche: Demarche, ecarts: list[Ecart], instance: Instance | None = None
) -> list[tuple[str, list, list]]:
    """(phrase, premiers absents, les autres) pour chaque écart ; un absent est (nom, adresse où y remédier) :
    ajouter un siège à l'instance s'il est déjà membre, sinon son inscription déjà remplie.
    """
    membre, siege = reverse("membre_ajouter", args=[demarche.uuid]), ""
    connus = frozenset()
    if instance and ecarts:
        siege = reverse("sieges_ajouter", args=[demarche.uuid, instance.uuid])
        connus = representativite.deja_membres(demarche, ecarts)
    dits = []
    for ecart in ecarts:
        absents = [
            (a.libelle, siege if a in connus else f"{membre}?{urlencode(_prerempli(a))}")
            for a in ecart.absents
        ]
        dits.append((ecart.texte, absents[:ABSENTS_MONTRES], absents[ABSENTS_MONTRES:]))
    return dits


def _prerempli(absent: representativite.Absent) -> dict[str, str]:
    nom = {"nom": absent.libelle, "epci": absent.epci} if absent.epci else {}
    return {"college": absent.college, **nom}


def _seances(instance: Instance) -> list[Seance]:
    """Les dernières, la plus récente d'abord, avec le nombre de leurs décisions."""
    lues = instance.seances.annotate(nb_decisions=Count("decisions")).order_by("-debut")
    seances = list(lues[:SEANCES_MONTREES])
    for seance in seances:
        seance.instance = instance
    return seances


@lecture_seule
def instance(request, uuid, instance):
    demarche, acces = ouvrir(request, uuid)
    trouvee = trouver(demarche, instance)
    comptes = Presence.objects.filter(Q(siege=OuterRef("pk")) | Q(pouvoir_a=OuterRef("pk")))
    sieges = list(
        trouvee.sieges.select_related("structure__college", "personne").annotate(compte=Exists(comptes))
    )
    ouverts = [s for s in sieges if s.clos_le is None]
    seances = _seances(trouvee)
    ecarts = representativite.d_une_instance(trouvee, ouverts, representativite.attente(demarche))
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": str(trouvee),
        "instance": trouvee,
        "successeur": trouvee.successeurs.first() if trouvee.dissoute_le else None,
        "presidence": regles.dire_presidence(ouverts),
        "composition": regles.par_college(ouverts),
        "nb_sieges": len(ouverts),
        "clos": [s for s in sieges if s.clos_le],
        "ecarts": [] if trouvee.dissoute_le else inviter(demarche, ecarts, trouvee),
        "modifiable": acces.peut["cadrer"] and not trouvee.dissoute_le,
        "jalons": list(trouvee.jalons.order_by("ordre")),
        "prochaine": min((s for s in seances if s.etat in A_TENIR), key=lambda s: s.debut, default=None),
        "seances": seances,
    }
    return render(request, "gouvernance/instance.html", contexte)


def _retour(uuid) -> str:
    return reverse("gouvernance", args=[uuid]) + "#instances"


def instance_ajouter(request, uuid):
    demarche, _ = lieu = ouvrir(request, uuid)
    page = Page(
        "Créer une instance", _retour(uuid),
        aide="Un COPIL décide, un COTECH prépare, un comité partenarial nourrit et porte. Vous pourrez "
        "ensuite y asseoir les structures membres, d’un coup.",
    )  # fmt: skip
    formulaire = FormulaireAjoutInstance(request.POST or None, departement=demarche.departement.pk)
    if request.method == "POST" and formulaire.is_valid():  # tirée du jeton : un double clic y ramène
        formulaire.instance.uuid = formulaire.cleaned_data["jeton"]
        suite = "L’instance est créée. Ajoutez maintenant ses sièges."
        page = page._replace(retour=page_de(demarche, formulaire.instance), succes=suite)
    return saisir(request, lieu, page, formulaire, _ecrire(request, demarche))


def _ecrire(request, demarche: Demarche):
    return lambda f: regles.enregistrer(f, par=request.user, demarche=demarche)


def instance_modifier(request, uuid, instance):
    demarche, acces = lieu = ouvrir(request, uuid)
    acces.exiger("cadrer")
    trouvee = trouver(demarche, instance)
    if close := arret(request, demarche, trouvee):
        return close
    formulaire = en_edition(FormulaireInstance, request, trouvee, departement=demarche.departement.pk)
    page = Page(f"Modifier : {trouvee}", page_de(demarche, trouvee))
    return saisir(request, lieu, page, formulaire, _ecrire(request, demarche))


@require_POST
def instance_supprimer(request, uuid, instance):
    demarche, _ = ouvrir(request, uuid)
    trouvee = trouver(demarche, instance)
    return agir(
        request,
        lambda: regles.supprimer(trouvee, par=request.user),
        _retour(uuid),
        f"« {trouvee} » est supprimée.",
    )
