"""Les planchers : des vues nues (session, compte, CSRF et les mêmes lignes), servies par le même processus.

Ce module est aussi le ROOT_URLCONF du banc : les adresses du projet, plus celles des planchers.
"""

from django.db.models import Count, Q, Sum
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.template import engines
from django.urls import include, path

from ateliers.models import Contribution
from feuille_de_route.forms.fiches import SectionIdentite
from feuille_de_route.models import EtatFiche, FicheAction, Financement, LigneBudget
from gouvernance.models import Demarche
from gouvernance.socle.formulaires import ModelFormulaireDsfr
from gouvernance.views.accueil import PAR_PAGE

ENTETE = "<!DOCTYPE html><html lang='fr'><head><meta charset='utf-8'><title>{{ titre }}</title></head><body>"
CSRF = "<form method='post'><input type='hidden' name='csrfmiddlewaretoken' value='{{ csrf_token }}'></form>"

PAGE_DEMARCHE = engines["django"].from_string(
    ENTETE
    + CSRF
    + """<h1>{{ demarche.nom }}</h1><p>{{ demarche.gouvernance.departement.nom }}</p>
    {% for axe, fiches in groupes %}<h2>{{ axe.intitule }}</h2><ul>
      {% for f in fiches %}<li>
        <a href="{% url "fiche" demarche.uuid f.uuid %}">{{ f.numero }}. {{ f.titre }}</a>
        {{ f.structure_porteuse }} {{ f.get_etat_display }}</li>{% endfor %}</ul>
    {% endfor %}</body></html>"""
)
LISTE = engines["django"].from_string(
    ENTETE
    + CSRF
    + """<table>{% for d in demarches %}<tr><th><a href="{% url "demarche" d.uuid %}">{{ d.nom }}</a></th>
      <td>{{ d.gouvernance.departement.nom }}</td><td>{{ d.porteur }}</td><td>{{ d.get_etape_display }}</td>
      <td>{{ d.nb_jalons }}</td></tr>{% endfor %}</table></body></html>"""
)

PLAN = engines["django"].from_string(
    ENTETE
    + CSRF
    + """<h1>{{ demarche.nom }}</h1>
    {% for axe, fiches in groupes %}<h2>{{ axe.intitule }}</h2><table>
      {% for f in fiches %}<tr><td>{{ f.numero }}</td>
        <th><a href="{% url "fiche" demarche.uuid f.uuid %}">{{ f.titre }}</a> {{ f.structure_porteuse }}
        {{ f.get_nature_display }}</th><td>{{ f.get_etat_display }}</td><td>{{ f.get_priorite_display }}</td>
        <td>{{ f.fin|date:"d/m/Y" }}</td><td>{{ f.budget }}</td><td>{{ f.demande }}</td>
        <td>{{ f.modifie_le|date:"d/m/Y" }}</td></tr>{% endfor %}</table>
    {% endfor %}</body></html>"""
)
FORMULAIRE = engines["django"].from_string(
    "{% load crispy_forms_tags %}" + ENTETE + "{% crispy formulaire %}</body></html>"
)


def _rendre(request, gabarit, titre: str, **contexte) -> HttpResponse:
    return HttpResponse(gabarit.render({"titre": titre, "csrf_token": get_token(request), **contexte}))


def page_demarche(request, uuid):
    """Cinq requêtes : session, compte, démarche, axes, fiches."""
    request.user.pk  # noqa: B018 - le compte est lu, comme sur toute page
    demarche = Demarche.objects.select_related("gouvernance__departement").get(uuid=uuid)
    axes = list(demarche.axes.filter(parent=None))
    fiches = list(
        FicheAction.objects.filter(demarche=demarche)
        .exclude(etat=EtatFiche.ECARTEE)
        .select_related("structure_porteuse")
    )
    groupes = [(axe, [f for f in fiches if f.axe_id == axe.pk]) for axe in axes]
    return _rendre(request, PAGE_DEMARCHE, demarche.nom, demarche=demarche, groupes=groupes)


def page_plan(request, uuid):
    """Sept requêtes : session, compte, démarche, axes, fiches, budgets, financements."""
    request.user.pk  # noqa: B018 - le compte est lu, comme sur toute page
    demarche = Demarche.objects.get(uuid=uuid)
    axes = list(demarche.axes.filter(parent=None))
    fiches = list(
        FicheAction.objects.filter(demarche=demarche)
        .exclude(etat=EtatFiche.ECARTEE)
        .select_related("structure_porteuse")
    )
    lignes = LigneBudget.objects.filter(fiche__in=fiches).order_by()
    budgets = dict(lignes.values_list("fiche").annotate(Sum("montant")))
    financements = Financement.objects.filter(fiche__in=fiches).order_by()
    demandes = dict(financements.values_list("fiche").annotate(Sum("demande")))
    for fiche in fiches:
        fiche.budget, fiche.demande = budgets.get(fiche.pk), demandes.get(fiche.pk)
    groupes = [(axe, [f for f in fiches if f.axe_id == axe.pk]) for axe in axes]
    return _rendre(request, PLAN, demarche.nom, demarche=demarche, groupes=groupes)


def liste_demarches(request, lignes=None):
    """Trois requêtes : session, compte, les démarches et leur compte de jalons ; toutes, ou `lignes`."""
    demarches = (
        Demarche.objects.filter(mandats__utilisateur=request.user)
        .select_related("gouvernance__departement", "porteur")
        .annotate(nb_jalons=Count("jalons", Q(jalons__etat="valide")))
        .order_by("-modifie_le")[:lignes]
    )
    return _rendre(request, LISTE, "Démarches", demarches=demarches)


class FormulaireNu(ModelFormulaireDsfr):
    """Les champs et les listes de la vraie section, sans jeton ni version."""

    class Meta:
        model = FicheAction
        fields = SectionIdentite.Meta.fields

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        demarche = self.instance.demarche
        for nom, lignes in (
            ("axe", demarche.axes),
            ("chantier", demarche.chantiers),
            ("contribution", Contribution.objects.filter(atelier__demarche=demarche)),
        ):
            self.fields[nom].queryset = lignes.all()


def formulaire(request, uuid):
    """Session, compte, fiche, et les listes de choix."""
    fiche = FicheAction.objects.select_related("demarche").get(uuid=uuid)
    return _rendre(request, FORMULAIRE, fiche.titre, formulaire=FormulaireNu(instance=fiche))


urlpatterns = [
    path("plancher/fiches/<uuid:uuid>/", formulaire, name="plancher_formulaire"),
    path("plancher/demarches/<uuid:uuid>/", page_demarche, name="plancher_demarche"),
    path("plancher/plans/<uuid:uuid>/", page_plan, name="plancher_plan"),
    path("plancher/demarches/", liste_demarches, name="plancher_liste"),
    path("plancher/demarches/page/", liste_demarches, {"lignes": PAR_PAGE}, name="plancher_page"),
    path("", include("feuille_de_route.urls")),
]
