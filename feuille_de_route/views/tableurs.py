"""Télécharger en tableur : le plan de financement, la liste des fiches."""

from io import BytesIO

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from feuille_de_route.argent import consolidation
from feuille_de_route.models import DemandeSubvention
from feuille_de_route.plan_d_actions import filtres, plan, recherche
from feuille_de_route.tableur import fiches as tableur_fiches
from feuille_de_route.tableur import financement as tableur_financement
from feuille_de_route.tableur import subventions as tableur_subventions
from feuille_de_route.views.financement import choisir
from gouvernance.models import Demarche
from gouvernance.permissions import Acces
from gouvernance.socle.tableur import TYPE_MIME
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import ouvrir


@lecture_seule
def plan_de_financement(request, uuid):
    """Les fiches que montre la page, filtrées comme elle."""
    demarche, acces = ouvrir(request, uuid)
    acces.exiger("exporter")
    filtre, fiches, axes = choisir(request, demarche, acces)
    consolide = consolidation.consolider(list(fiches), axes)
    precision = f"{filtre.phrase} : {len(consolide.par_fiche)}."
    return _remettre(
        demarche, "plan-de-financement",
        lambda flux: tableur_financement.ecrire(flux, consolide, demarche=demarche, precision=precision),
    )  # fmt: skip


@lecture_seule
def liste_des_fiches(request, uuid):
    """Les fiches que montre le plan d'actions, filtrées et cherchées comme lui."""
    demarche, acces = ouvrir(request, uuid)
    acces.exiger("exporter")
    fiches = _choisies(request, acces)
    titre = f"Fiches actions – {demarche.nom}"
    return _remettre(
        demarche, "fiches-actions", lambda flux: tableur_fiches.ecrire(flux, fiches, titre=titre)
    )


def _choisies(request, acces: Acces):
    fiches = consolidation.fiches_exportables(acces)
    if not request.GET:
        return fiches
    q = filtres.lire(request.GET, filtres.RECHERCHE)
    trouvees = recherche.trouver(fiches, q) if q else None
    selection = filtres.selectionner(plan.charger(fiches, acces.demarche), request.GET, {}, trouvees)
    return fiches.filter(pk__in=[ligne.fiche.pk for ligne in selection.lignes])


@lecture_seule
def demandes_de_subvention(request, uuid):
    """Les demandes que la personne voit, aux codes de l'ANCT."""
    demarche, acces = ouvrir(request, uuid)
    acces.exiger("exporter")
    demandes = DemandeSubvention.objects.visibles_par(request.user).filter(demarche=demarche)
    titre = f"Demandes de subvention – {demarche.nom}"
    return _remettre(
        demarche,
        "demandes-de-subvention",
        lambda flux: tableur_subventions.ecrire(flux, demandes, titre=titre),
    )


def _remettre(demarche: Demarche, nom: str, ecrire) -> HttpResponse:
    """Le classeur, en pièce jointe, au nom de la démarche et du jour."""
    flux = BytesIO()
    ecrire(flux)
    fichier = f"{nom}-{demarche.identifiant}-{timezone.localdate():%Y-%m-%d}.xlsx"
    reponse = HttpResponse(flux.getvalue(), content_type=TYPE_MIME)
    reponse["Content-Disposition"] = content_disposition_header(True, fichier)
    reponse["X-Content-Type-Options"] = "nosniff"
    return reponse
