"""Les papiers d'une séance et du cahier des charges : les demander, les suivre, les télécharger."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route import papiers
from feuille_de_route.models import FormatPapier, NaturePapier, Papier
from feuille_de_route.views.travaux import signaler_travaux
from gouvernance.models import Demarche, Seance
from gouvernance.permissions import Acces
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import agir, ouvrir
from gouvernance.views.fichiers import Fichier, du_coffre

TYPES = {
    FormatPapier.PDF: "application/pdf",
    FormatPapier.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@require_POST
def preparer(request, uuid, seance, nature, format):
    demarche, _ = ouvrir(request, uuid)
    seances = Seance.objects.select_related("instance__demarche")
    trouvee = get_object_or_404(seances, instance__demarche=demarche, uuid=seance)
    permises = [*papiers.DE_LA_SEANCE, NaturePapier.REVUE]
    if nature not in permises or format not in papiers.MODELES[NaturePapier(nature)].formats:
        raise Http404
    return _preparer(request, demarche, nature, format, seance=trouvee)


@require_POST
def preparer_cahier(request, uuid, format):
    demarche, _ = ouvrir(request, uuid)
    if format not in FormatPapier.values:
        raise Http404
    return _preparer(request, demarche, NaturePapier.CAHIER, format)


@require_POST
def preparer_bilan(request, uuid, annee, format):
    demarche, _ = ouvrir(request, uuid)
    if format not in FormatPapier.values or not 2000 <= annee <= 2100:
        raise Http404
    return _preparer(request, demarche, NaturePapier.BILAN, format, annee=annee)


def _preparer(request, demarche: Demarche, nature: str, format_: str, **ou):
    """`ou` : la séance, ou l'année, dont parle le papier."""

    def acte():
        papiers.demander(nature, format_, demarche=demarche, par=request.user, **ou)
        signaler_travaux(demarche)

    dit = f"{NaturePapier(nature).label} ({FormatPapier(format_).label})"
    ici = retour(demarche, Papier(nature=nature, **ou))
    return agir(request, acte, ici, f"{dit} : en préparation, ou déjà à jour.")


def retour(demarche: Demarche, papier: Papier) -> str:
    """La page où vit ce papier, à sa section."""
    if papier.nature == NaturePapier.BILAN:
        return f"{reverse('bilans', args=[demarche.uuid])}?annee={papier.annee}#papiers"
    if papier.seance is None:
        return f"{reverse('cahier', args=[demarche.uuid])}#papiers"
    page = "revue" if papier.nature == NaturePapier.REVUE else "seance"
    return f"{reverse(page, args=[demarche.uuid, papier.seance.uuid])}#papiers"


def _trouver(demarche: Demarche, acces: Acces, papier_uuid) -> Papier:
    """Le papier de cette démarche ; 403 s'il existe et que le rôle ne permet pas de le lire."""
    siens = Papier.objects.filter(demarche=demarche).select_related("seance__instance__demarche")
    papier = get_object_or_404(siens, uuid=papier_uuid)
    modele = papiers.MODELES[NaturePapier(papier.nature)]
    if modele.reserve:
        acces.exiger(modele.droit)
    if not papiers.visibles(demarche, acces).filter(pk=papier.pk).exists():
        raise PermissionDenied("Ce papier se lit quand la séance est ouverte ou close.")
    return papier


@lecture_seule
def etat(request, uuid, papier_uuid):
    """Le fragment que la page remplace tant que le papier se prépare : 204 si rien n'a changé."""
    demarche, acces = ouvrir(request, uuid)
    papier = _trouver(demarche, acces, papier_uuid)
    if request.htmx and request.GET.get("vu") == f"{papier.etat}-{papier.essais}":
        return HttpResponse(status=204)
    seul = papiers.Seul(papier.nature, papier.annee) if papier.nature in papiers.SEULS else None
    lignes = papiers.lignes(demarche, acces, papier.seance, seul)
    ligne = next(x for x in lignes if (x.nature, x.format) == (papier.nature, papier.format))
    contexte = {
        "demarche": demarche,
        "seance": papier.seance,
        "ligne": ligne,
        "annee": papier.annee,
        "retour": retour(demarche, papier),
        "page": str(papier),
    }
    gabarit = "papiers/_papier.html" if request.htmx else "papiers/papier.html"
    return render(request, gabarit, contexte)


@lecture_seule
def telecharger(request, uuid, papier_uuid):
    demarche, acces = ouvrir(request, uuid)
    papier = _trouver(demarche, acces, papier_uuid)
    if not papier.empreinte:
        raise Http404("Ce papier n’a pas encore de fichier.")
    absence = {
        "demarche": demarche,
        "page": str(papier),
        "retour": retour(demarche, papier),
        "conseil": "Revenez à la page et préparez-le de nouveau.",
    }
    fichier = Fichier(papier.empreinte, papier.format, _nom_de_fichier(papier), TYPES[papier.format])
    return du_coffre(request, fichier, absence)


def _nom_de_fichier(papier: Papier) -> str:
    """« 2026-COPIL-02 Relevé de décisions.pdf »."""
    devant = papier.seance.reference if papier.seance else papier.demarche.identifiant
    quand = f" {papier.annee}" if papier.annee else ""
    return f"{devant} {papier.get_nature_display()}{quand}.{papier.format}"
