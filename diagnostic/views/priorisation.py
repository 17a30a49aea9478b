"""Le classement collectif des enjeux : ouvrir, voter pour sa structure, clore."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from diagnostic import priorisation
from diagnostic.forms.enjeux import FormulaireOuvrirSession, FormulaireVote, FormulaireVotePapier
from diagnostic.models import SessionPriorisation
from diagnostic.views.commun import page_de_saisie
from gouvernance.permissions import Acces
from gouvernance.views.commun import agir, ouvrir, une_fois


def session_ouvrir(request, uuid):
    def preparer(demarche):
        def ecrire(formulaire):
            points = formulaire.cleaned_data["points"]
            une_fois(
                formulaire,
                request.user,
                lambda: priorisation.ouvrir_session(demarche, par=request.user, points=points),
            )

        return {
            "formulaire": FormulaireOuvrirSession(request.POST or None),
            "ecrire": ecrire,
            "retour": reverse("enjeux", args=[uuid]),
            "titre": "Ouvrir la priorisation",
            "aide": "Le territoire n’aura pas les moyens de tout traiter : chaque structure membre répartit "
            "ses points entre les enjeux, puis la clôture donne le classement.",
            "succes": "La priorisation est ouverte : les structures membres peuvent voter.",
        }

    return page_de_saisie(request, uuid, "formuler_enjeux", preparer)


def session_voter(request, uuid):
    def preparer(demarche):
        session = get_object_or_404(SessionPriorisation, demarche=demarche, close_le=None)
        acces = Acces(request.user, demarche)
        if refus := priorisation.refus_de_vote(session, acces):
            raise PermissionDenied(refus)
        structure = request.user.structure
        points = priorisation.points_de(session, structure)
        formulaire = FormulaireVote(
            request.POST or None,
            enjeux=list(priorisation.a_classer(demarche)),
            points=points,
            maximum=session.points_par_structure,
        )
        return {
            "formulaire": formulaire,
            "ecrire": lambda f: priorisation.voter(session.pk, structure, f.points(), par=request.user),
            "retour": reverse("enjeux", args=[uuid]),
            "titre": f"Voter pour {structure}",
            "gabarit": "diagnostic/voter.html",
            "contexte": {"session": session, "a_vote": bool(points)},
            "succes": f"Le vote de {structure} est enregistré. Il peut changer jusqu’à la clôture.",
        }

    return page_de_saisie(request, uuid, "voter", preparer)


def vote_consigner(request, uuid):
    """Le bulletin rendu sur papier, en séance ou en atelier, recopié par la coordination."""

    def preparer(demarche):
        session = get_object_or_404(SessionPriorisation, demarche=demarche, close_le=None)

        def ecrire(formulaire):
            structure = formulaire.cleaned_data["structure"]
            une_fois(
                formulaire, request.user,
                lambda: priorisation.consigner_vote(
                    session.pk, structure, formulaire.points(), par=request.user
                ),
            )  # fmt: skip

        return {
            "formulaire": FormulaireVotePapier(
                request.POST or None,
                structures=priorisation.electeurs(demarche),
                ont_vote={structure.pk for structure in priorisation.votants(session)},
                enjeux=list(priorisation.a_classer(demarche)),
                maximum=session.points_par_structure,
            ),
            "ecrire": ecrire,
            "retour": reverse("enjeux", args=[uuid]),
            "titre": "Consigner un vote recueilli sur papier",
            "aide": "Recopiez le bulletin d’une structure ; le journal garde la trace de qui l’a recopié.",
            "gabarit": "diagnostic/voter.html",
            "contexte": {"session": session},
            "succes": "Le vote est consigné.",
        }

    return page_de_saisie(request, uuid, "consigner_vote", preparer)


@require_POST
def session_clore(request, uuid):
    demarche, _ = ouvrir(request, uuid)
    session = get_object_or_404(SessionPriorisation, demarche=demarche, close_le=None)
    return agir(
        request,
        lambda: priorisation.clore_session(session.pk, par=request.user),
        reverse("enjeux", args=[uuid]),
        "La priorisation est close : les enjeux sont classés.",
    )
