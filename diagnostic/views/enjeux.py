"""La page « Enjeux » : les questions, ce qu'elles relient, ce que l'on en fait."""

from django.db.models import Prefetch, prefetch_related_objects
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from diagnostic import priorisation
from diagnostic.forms.enjeux import FormulaireEcarter, FormulaireEnjeu, FormulaireEnjeuModifie
from diagnostic.models import Constat, Enjeu, EtatEnjeu
from diagnostic.views.commun import manques_a_montrer, page_de_saisie, passee
from gouvernance.forms.commun import en_edition
from gouvernance.models import Etape
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import agir, ouvrir

RAPPEL_QUESTION = "L’enjeu est enregistré en brouillon : reformulez-le en question, « Comment … ? »."


@lecture_seule
def enjeux(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    prefetch_related_objects([demarche], "sessions")
    session = priorisation.session_courante(demarche)
    fige = passee(demarche, Etape.ENJEUX)
    constats = Prefetch("constats", Constat.objects.select_related("thematique"))
    questions = list(
        priorisation.avec_liens(Enjeu.objects.filter(demarche=demarche))
        .prefetch_related(constats)
        .order_by("rang", "ordre", "pk")
    )
    lignes = [_ligne(e) for e in questions]
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Enjeux",
        "lignes": [ligne for ligne in lignes if ligne["enjeu"].etat != EtatEnjeu.ECARTE],
        "ecartes": [ligne for ligne in lignes if ligne["enjeu"].etat == EtatEnjeu.ECARTE],
        "fige": fige,
        **_priorisation(session, acces, questions),
        **manques_a_montrer(demarche, [] if fige else priorisation.manques(demarche, questions), "enjeux"),
    }
    return render(request, "diagnostic/enjeux.html", contexte)


def _ligne(enjeu: Enjeu) -> dict:
    constats = list(enjeu.constats.all())
    return {
        "enjeu": enjeu,
        "constats": constats,
        "thematiques": sorted({str(c.thematique) for c in constats if c.thematique}),
        "est_question": priorisation.est_question(enjeu.question),
        "actions": priorisation.actions_possibles(enjeu),
    }


def _priorisation(session, acces, enjeux: list[Enjeu]) -> dict:
    """L'état du classement collectif : les points par enjeu, et si cette personne peut voter."""
    enjeux = sorted((e for e in enjeux if e.etat != EtatEnjeu.ECARTE), key=lambda e: (e.ordre, e.pk))
    votants = priorisation.votants(session) if session else []
    return {
        "session": session,
        "ouverte": session is not None and session.close_le is None,
        "resultats": priorisation.resultats(session, enjeux) if session else [],
        "votants": votants,
        "a_vote": acces.structure_id in {v.pk for v in votants},
        "trop_peu": "" if priorisation.assez_pour_classer(enjeux) else priorisation.TROP_PEU,
        "refus_de_vote": priorisation.refus_de_vote(session, acces) if session else "",
    }


def _succes(formulaire) -> str:
    if formulaire.is_bound and not priorisation.est_question(formulaire.data.get("question", "")):
        return RAPPEL_QUESTION
    return "L’enjeu est enregistré."


def _page(request, uuid, formulaire, demarche, titre) -> dict:
    return {
        "formulaire": formulaire,
        "ecrire": lambda f: priorisation.enregistrer(f, par=request.user, demarche=demarche),
        "retour": reverse("enjeux", args=[uuid]),
        "titre": titre,
        "succes": _succes(formulaire),
    }


def enjeu_ajouter(request, uuid):
    def preparer(demarche):
        formulaire = FormulaireEnjeu(request.POST or None, instance=Enjeu(demarche=demarche))
        return _page(request, uuid, formulaire, demarche, "Ajouter un enjeu")

    return page_de_saisie(request, uuid, "formuler_enjeux", preparer)


def enjeu_modifier(request, uuid, enjeu):
    def preparer(demarche):
        objet = get_object_or_404(Enjeu, demarche=demarche, uuid=enjeu)
        formulaire = en_edition(FormulaireEnjeuModifie, request, objet)
        return _page(request, uuid, formulaire, demarche, "Modifier l’enjeu")

    return page_de_saisie(request, uuid, "formuler_enjeux", preparer)


@require_POST
def enjeu_trancher(request, uuid, enjeu, action):
    """Retenir ou remettre en débat, d'un bouton."""
    transition = priorisation.TRANSITIONS.get(action)
    if transition is None or transition.motif:
        raise Http404
    demarche, _ = ouvrir(request, uuid)
    objet = get_object_or_404(Enjeu, demarche=demarche, uuid=enjeu)
    return agir(
        request,
        lambda: priorisation.trancher(objet.pk, transition.vers, par=request.user),
        reverse("enjeux", args=[uuid]),
        f"L’enjeu est maintenant « {transition.vers.label} ».",
    )


def enjeu_ecarter(request, uuid, enjeu):
    def preparer(demarche):
        objet = get_object_or_404(Enjeu, demarche=demarche, uuid=enjeu)
        return {
            "formulaire": FormulaireEcarter(request.POST or None),
            "ecrire": lambda f: priorisation.trancher(
                objet.pk, EtatEnjeu.ECARTE, par=request.user, motif=f.cleaned_data["motif"]
            ),
            "retour": reverse("enjeux", args=[uuid]),
            "titre": "Écarter un enjeu",
            "aide": f"« {objet} » restera lisible, avec son motif ; on pourra le remettre en débat.",
            "succes": "L’enjeu est écarté.",
        }

    return page_de_saisie(request, uuid, "formuler_enjeux", preparer)
