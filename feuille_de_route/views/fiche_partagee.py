"""La fiche de qui vient par un lien : la lire, l'écrire, dire ce qui est corrigé, la proposer."""

from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route.dialogue import acces_par_lien
from feuille_de_route.dialogue.remarques import ACTES, CORRIGEE
from feuille_de_route.financement import compte
from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.forms.remarques import placer
from feuille_de_route.models import Competence, FicheAction, LienDeFiche, Public, Service
from feuille_de_route.redaction.completude import Contenu, SectionRemplie, a_remplir, completude, sections
from feuille_de_route.views.echanges_par_lien import autour
from feuille_de_route.views.fiches import LISTES, NOMS, RELATIONS
from feuille_de_route.views.redaction import Redaction, SansCompte, rediger
from feuille_de_route.views.session_de_lien import oublier, par_lien
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import agir


class Partie(NamedTuple):
    """Une section à écrire : où elle en est, ce qu'on y a remarqué."""

    etat: SectionRemplie
    aide: str
    adresse: str
    remarques: int


@lecture_seule
@par_lien
def fiche(request: HttpRequest, lien: LienDeFiche) -> HttpResponse:
    """Ce qui reste à faire, puis la fiche entière."""
    complete = FicheAction.objects.select_related(*RELATIONS).prefetch_related(*LISTES).annotate(**NOMS)
    fiche, demarche = complete.get(pk=lien.fiche_id), lien.fiche.demarche
    fiche.demarche = lien.fiche.demarche
    contenu = Contenu(compte(fiche), len(fiche.indicateurs.all()))
    adresses, reste = _adresses(lien), a_remplir(fiche, contenu)
    motif = acces_par_lien.motif_de_non_ecriture(lien)
    remarques = placer(fiche.remarques.all(), adresses)
    parties = _parties(adresses, sections(fiche, contenu), remarques)
    contexte = {
        "lien": lien,
        "demarche": demarche,
        "fiche": fiche,
        "motif_edition": motif,
        "reste": [(manque.phrase, adresses[manque.section] + manque.ancre) for manque in reste],
        "remarques": remarques,
        "a_revoir": [r for r in remarques if not r.levee],
        "parties": parties,
        "suivante": next((p for p in parties if p.etat.manques or p.remarques), None),
        "completude": completude(fiche, contenu),
        "compte": contenu.compte,
        "sections": adresses,
        "services": [Service(s).label for s in fiche.services],
        "publics": [Public(p).label for p in fiche.publics],
        "competences": [Competence(c).label for c in fiche.competences],
        **autour(lien),
    }
    return render(request, "fiche_partagee/fiche.html", contexte)


def _adresses(lien: LienDeFiche) -> dict[str, str]:
    return {code: reverse("fiche_partagee_section", args=[lien.uuid, code]) for code in SECTIONS}


def _parties(adresses: dict, etats: list[SectionRemplie], remarques: list) -> list[Partie]:
    return [
        Partie(
            etat, SECTIONS[etat.code].aide, adresses[etat.code],
            sum(r.section == etat.code and not r.levee for r in remarques),
        )
        for etat in etats
    ]  # fmt: skip


@par_lien
def section(request: HttpRequest, lien: LienDeFiche, code: str) -> HttpResponse:
    """Les mêmes formulaires que pour un compte, moins la structure porteuse."""
    redaction = Redaction(
        fiche=lien.fiche,
        acces=SansCompte(lien.fiche.demarche),
        ecrire=lambda formulaire: acces_par_lien.ecrire(formulaire, lien=lien),
        adresses=_adresses(lien),
        retour=_page(lien),
        refus=acces_par_lien.motif_de_non_ecriture(lien),
        cadre="fiche_partagee/cadre.html",
    )
    return rediger(request, redaction, code)


def _page(lien: LienDeFiche) -> str:
    return reverse("fiche_partagee", args=[lien.uuid])


@require_POST
@par_lien
def remarque(request: HttpRequest, lien: LienDeFiche, remarque, acte: str) -> HttpResponse:
    """« C'est corrigé », ou « pas encore »."""
    if acte not in ACTES:
        raise Http404
    trouvee = get_object_or_404(lien.fiche.remarques, uuid=remarque)
    succes = "C’est noté : corrigé." if acte == CORRIGEE else "C’est noté : reste à revoir."
    return agir(request, lambda: acces_par_lien.marquer(trouvee, acte, lien=lien), _page(lien), succes)


@require_POST
@par_lien
def proposer(request: HttpRequest, lien: LienDeFiche) -> HttpResponse:
    """Propose la fiche ; s'il reste des remarques, demande d'abord si c'est bien voulu."""
    en_attente = placer(lien.fiche.remarques.filter(levee_le=None), _adresses(lien))
    if en_attente and "confirmer" not in request.POST and not acces_par_lien.motif_de_non_ecriture(lien):
        contexte = {"lien": lien, "fiche": lien.fiche, "a_revoir": en_attente}
        return render(request, "fiche_partagee/proposer.html", contexte, status=422)
    try:
        acces_par_lien.proposer(lien)
    except ValidationError as refus:
        for phrase in refus.messages:
            messages.error(request, phrase)
    return redirect(_page(lien))


@require_POST
@par_lien
def fermer(request: HttpRequest, lien: LienDeFiche) -> HttpResponse:
    """Sur un ordinateur partagé : la fiche se referme, le lien du courriel la rouvrira."""
    oublier(request, lien)
    messages.success(request, "La fiche est refermée. Le lien du courriel la rouvrira.")
    return redirect("lien_code")
