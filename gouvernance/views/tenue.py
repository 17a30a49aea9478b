"""Préparer et tenir une séance : déplacer un point, joindre un document, prévenir, noter les présences,
écrire le compte rendu.
"""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from gouvernance.forms.commun import en_edition
from gouvernance.forms.seances import FormulaireCompteRendu, FormulairePiece, FormulairePresences
from gouvernance.models import EtatPresence, PieceDeSeance, PointOrdreDuJour
from gouvernance.reunions import ics, ordre_du_jour, pieces_de_seance
from gouvernance.reunions import seances as regles
from gouvernance.reunions.convocations import prevenir
from gouvernance.socle.identifiants import cle_ou_zero
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import Saisie, agir, ouvrir, traiter
from gouvernance.views.fichiers import piece_jointe
from gouvernance.views.saisies import Page, saisir
from gouvernance.views.seances import contexte_seance, retour, trouver

ACTES_SUR_UN_POINT = {
    "monter": ordre_du_jour.monter_point,
    "descendre": ordre_du_jour.descendre_point,
    "retirer": ordre_du_jour.retirer_point,
}


@require_POST
def point_agir(request, uuid, seance, action):
    """Monter, descendre ou retirer le point dont l'identifiant est dans le corps de la requête."""
    if action not in ACTES_SUR_UN_POINT:
        raise Http404
    demarche, _ = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    cle = request.POST.get("point", "")
    point = get_object_or_404(PointOrdreDuJour, seance=trouvee, pk=cle_ou_zero(cle))
    return agir(
        request,
        lambda: ACTES_SUR_UN_POINT[action](trouvee.pk, point.pk, par=request.user),
        retour(uuid, seance, "ordre-du-jour"),
        "L’ordre du jour est à jour.",
    )


@require_POST
def seance_prevenir(request, uuid, seance):
    """Dire aux convoqués ce qui a changé, et convoquer ceux qui ne l'étaient pas."""
    demarche, _ = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    return agir(
        request,
        lambda: prevenir(trouvee.pk, par=request.user),
        retour(uuid, seance, "convocation"),
        "Les courriels partent : tout le monde aura la même information.",
    )


@lecture_seule
def seance_ics(request, uuid, seance):
    """Le rendez-vous, à ajouter soi-même à son agenda."""
    demarche, _ = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    texte = ics.ecrire(trouvee, list(trouvee.points.all()), ics.PUBLICATION)
    reponse = HttpResponse(texte, content_type="text/calendar; charset=utf-8")
    reponse["Content-Disposition"] = content_disposition_header(True, f"{trouvee.reference}.ics")
    return reponse


def piece_joindre(request, uuid, seance):
    demarche, _ = lieu = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    page = Page("Joindre un document", retour(uuid, seance, "documents"), "tenir_seance")
    envoi = request.method == "POST"
    formulaire = FormulairePiece(request.POST, request.FILES) if envoi else FormulairePiece()

    def ecrire(formulaire):
        fichier = formulaire.cleaned_data["fichier"]
        pieces_de_seance.joindre(trouvee.pk, fichier.name, fichier.read(), par=request.user)

    return saisir(request, lieu, page, formulaire, ecrire)


@require_POST
def piece_retirer(request, uuid, seance, piece):
    demarche, _ = ouvrir(request, uuid)
    trouvee = get_object_or_404(PieceDeSeance, seance=trouver(demarche, seance), uuid=piece)
    return agir(
        request,
        lambda: pieces_de_seance.retirer(trouvee, par=request.user),
        retour(uuid, seance, "documents"),
        "Le document est retiré.",
    )


@lecture_seule
def piece_lire(request, uuid, seance, piece):
    demarche, acces = ouvrir(request, uuid)
    trouvee = get_object_or_404(PieceDeSeance, seance=trouver(demarche, seance), uuid=piece)
    return piece_jointe(request, acces, trouvee, retour(uuid, seance, "documents"))


@require_POST
def presences_noter(request, uuid, seance):
    """Noter chaque siège, ou tous présents d'un geste."""
    demarche, acces = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    contexte = contexte_seance(demarche, acces, trouvee)
    sieges = contexte["presences"].sieges
    formulaire = FormulairePresences(request.POST, sieges=sieges)

    def ecrire(formulaire):
        saisies = formulaire.saisies()
        if "tous" in request.POST:
            saisies = {s.pk: (EtatPresence.PRESENT, None) for s in sieges if s.clos_le is None}
        regles.noter_presences(trouvee.pk, saisies, par=request.user)

    contexte["presences"] = formulaire
    arrivee = retour(uuid, seance, "presences")
    return traiter(request, Saisie(formulaire, ecrire, arrivee, "gouvernance/seance.html", contexte))


def compte_rendu(request, uuid, seance):
    demarche, _ = lieu = ouvrir(request, uuid)
    trouvee = trouver(demarche, seance)
    page = Page("Compte rendu", retour(uuid, seance, "compte-rendu"), droit="tenir_seance")
    formulaire = en_edition(FormulaireCompteRendu, request, trouvee)
    return saisir(request, lieu, page, formulaire, lambda f: regles.rediger_compte_rendu(f, par=request.user))
