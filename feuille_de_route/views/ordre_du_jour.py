"""Inscrire et modifier un point de l'ordre du jour, avec l'objet de la démarche dont il parle."""

from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404

from feuille_de_route.arbitrages import cibles
from feuille_de_route.forms.ordre_du_jour import FormulairePoint, NouveauPoint
from gouvernance.models import Cible, PointOrdreDuJour
from gouvernance.reunions import ordre_du_jour as regles
from gouvernance.views.commun import ouvrir, une_fois
from gouvernance.views.saisies import Page, saisir
from gouvernance.views.seances import retour, trouver

DROIT = "tenir_seance"


def point_ajouter(request, uuid, seance):
    demarche, acces = lieu = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    acces.exiger(DROIT)
    page = Page("Inscrire un point à l’ordre du jour", retour(uuid, seance, "ordre-du-jour"), DROIT)
    formulaire = NouveauPoint(
        request.POST or None, objets=cibles.choisissables(demarche),
        inscrites=set(trouvee.points.filter(cible_type=Cible.FICHE).values_list("cible", flat=True)),
    )  # fmt: skip

    def ecrire(formulaire):
        une_fois(formulaire, request.user, lambda: _inscrire(formulaire.points()))

    def _inscrire(points):
        if not points:
            raise ValidationError("Aucune fiche proposée n’attend plus d’être inscrite.")
        for point in points:
            regles.inscrire_point(trouvee.pk, point, par=request.user)

    return saisir(request, lieu, page, formulaire, ecrire)


def point_modifier(request, uuid, seance, point):
    demarche, acces = lieu = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    vise = get_object_or_404(PointOrdreDuJour.objects.select_related("jalon"), seance=trouvee, uuid=point)
    acces.exiger(DROIT)
    page = Page("Modifier le point", retour(uuid, seance, "ordre-du-jour"), DROIT)
    formulaire = FormulairePoint(request.POST or None, instance=vise, objets=cibles.choisissables(demarche))

    def ecrire(formulaire):
        regles.modifier_point(trouvee.pk, formulaire.instance, par=request.user)

    return saisir(request, lieu, page, formulaire, ecrire)
