"""Où en sont les partenaires : à qui chaque fiche est confiée, qui l'a ouverte, ce qui manque."""

from typing import NamedTuple
from uuid import uuid4

from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from feuille_de_route.dialogue import liens_de_fiche
from feuille_de_route.fiches import MODIFIABLES_PAR_PORTEUR
from feuille_de_route.forms.partenaires import FormulaireConfier, FormulaireConfirmation
from feuille_de_route.models import EtatFiche, FicheAction, LienDeFiche
from feuille_de_route.redaction.completude import VIDE, completude, contenus
from gouvernance.comptes.entree import prevenir
from gouvernance.models import Demarche
from gouvernance.socle.mots import compter
from gouvernance.socle.vues import lecture_seule, parametre
from gouvernance.views.commun import Saisie, agir_une_fois, ouvrir, traiter

PAR_PAGE = 50
LIGNES_A_CONFIER = 20
DROIT = liens_de_fiche.DROIT
VIVANTS = LienDeFiche.objects.filter(revoque_le=None).select_related("structure").order_by("pk")


class Suivi(NamedTuple):
    """Un lien, et pourquoi on ne le relance pas maintenant (vide : on le peut)."""

    lien: LienDeFiche
    caduc: bool
    motif: str


class Ligne(NamedTuple):
    """Une fiche et ses liens ; `a_ecrire` : le partenaire peut encore y écrire."""

    fiche: FicheAction
    completude: int
    liens: list[Suivi]

    @property
    def a_ecrire(self) -> bool:
        return self.fiche.etat in MODIFIABLES_PAR_PORTEUR

    @property
    def utiles(self) -> list[Suivi]:
        return [suivi for suivi in self.liens if not suivi.caduc]


FILTRES = {
    "sans-lien": ("Sans lien", lambda x: x.a_ecrire and not x.utiles),
    "pas-ouvert": ("Pas ouvertes", lambda x: any(s.lien.ouvert_le is None for s in x.utiles)),
    "incomplet": ("Incomplètes", lambda x: x.a_ecrire and x.completude < 100),
    "remarques": ("À corriger", lambda x: x.fiche.nb_remarques > 0),
    "propose": ("Proposées", lambda x: x.fiche.etat == EtatFiche.PROPOSEE),
    "a-relancer": ("À relancer", lambda x: any(not s.motif for s in x.liens)),
}


@lecture_seule
def suivi(request: HttpRequest, uuid) -> HttpResponse:
    demarche, acces = ouvrir(request, uuid)
    lignes = _lignes(FicheAction.objects.visibles_par(request.user).filter(demarche=demarche))
    choisi = parametre(request, "filtre")
    garder = FILTRES.get(choisi, ("", lambda _: True))[1]
    page = Paginator([x for x in lignes if garder(x)], PAR_PAGE).get_page(request.GET.get("page"))
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Où en sont les partenaires",
        "lignes": page,
        "nombre": len(lignes),
        "choisi": choisi if choisi in FILTRES else "",
        "filtres": [(code, libelle, sum(map(test, lignes))) for code, (libelle, test) in FILTRES.items()],
        "a_relancer": sum(not s.motif for x in lignes for s in x.liens),
        "jeton": uuid4(),
    }
    return render(request, "feuille_de_route/partenaires.html", contexte)


def _lignes(fiches) -> list[Ligne]:
    """Trois requêtes, quel que soit le nombre de fiches et de liens."""
    remarques = Count("remarques", Q(remarques__levee_le=None))
    liste = list(
        fiches.select_related("structure_porteuse")
        .annotate(nb_remarques=remarques)
        .prefetch_related(Prefetch("liens", VIVANTS))
        .order_by("numero")
    )
    contenu = contenus([f.pk for f in liste])
    return [Ligne(f, completude(f, contenu.get(f.pk, VIDE)), _suivis(f)) for f in liste]


def _suivis(fiche: FicheAction) -> list[Suivi]:
    suivis = []
    for lien in fiche.liens.all():
        lien.fiche = fiche
        suivis.append(Suivi(lien, liens_de_fiche.est_caduc(lien), liens_de_fiche.motif_de_non_relance(lien)))
    return suivis


def confier(request: HttpRequest, uuid) -> HttpResponse:
    """Envoyer des liens : une ligne par fiche à écrire, ou celles que nomme l'adresse (« ?fiche=… »)."""
    demarche, acces = ouvrir(request, uuid)
    acces.exiger(DROIT)
    toutes = _a_confier(request, demarche)
    formulaire = FormulaireConfier(request.POST or None, demarche=demarche, fiches=toutes[:LIGNES_A_CONFIER])
    liens = []

    def ecrire(valide):
        donnees = valide.cleaned_data
        liens.extend(liens_de_fiche.confier(
            demarche, valide.envois(), par=request.user, message=donnees["message"], jeton=donnees["jeton"]
        ))  # fmt: skip
        prevenir(liens_de_fiche.en_file(liens))

    contexte = {
        "demarche": demarche, "acces": acces, "page": "Envoyer des liens",
        "autres": max(0, len(toutes) - LIGNES_A_CONFIER),
    }  # fmt: skip
    return traiter(request, Saisie(
        formulaire, ecrire, reverse("fiches_suivi", args=[uuid]), "feuille_de_route/partenaires_confier.html",
        contexte, "Les liens sont envoyés.",
    ))  # fmt: skip


def _a_confier(request: HttpRequest, demarche: Demarche) -> list[FicheAction]:
    fiches = demarche.fiches.filter(etat__in=MODIFIABLES_PAR_PORTEUR).select_related("structure_porteuse")
    nommees = set(request.GET.getlist("fiche"))
    if not nommees:
        fiches = fiches.exclude(pk__in=VIVANTS.order_by().values("fiche"))
    return [f for f in fiches.order_by("numero") if not nommees or str(f.uuid) in nommees]


ACTES = {
    "renvoyer": (liens_de_fiche.renvoyer, "Un nouveau lien est parti ; il remplace le précédent."),
    "relancer": (liens_de_fiche.relancer, "La relance est partie, avec un lien neuf."),
    "revoquer": (liens_de_fiche.revoquer, "Le lien est révoqué : il n’ouvre plus rien."),
}


@require_POST
def agir_sur_un_lien(request: HttpRequest, uuid, lien, acte: str) -> HttpResponse:
    if acte not in ACTES:
        raise Http404
    demarche, _ = ouvrir(request, uuid)
    lien = get_object_or_404(LienDeFiche, fiche__demarche=demarche, uuid=lien)
    regle, succes = ACTES[acte]

    def faire():
        regle(lien, par=request.user)
        prevenir(liens_de_fiche.en_file([lien]))

    filtre = request.POST.get("filtre", "")
    retour = reverse("fiches_suivi", args=[uuid]) + (f"?filtre={filtre}" if filtre in FILTRES else "")
    return agir_une_fois(request, faire, retour, succes)


def relancer_en_retard(request: HttpRequest, uuid) -> HttpResponse:
    """Qui serait relancé, nom par nom, puis un bouton."""
    demarche, acces = ouvrir(request, uuid)
    acces.exiger(DROIT)
    lignes = _lignes(demarche.fiches.filter(etat__in=MODIFIABLES_PAR_PORTEUR))
    dus = [(x, s.lien) for x in lignes for s in x.liens if not s.motif]
    combien = compter(len(dus), "partenaire")
    formulaire = FormulaireConfirmation(request.POST or None, bouton=f"Relancer {combien}" if dus else "")
    partis = []

    def ecrire(valide):
        partis.extend(liens_de_fiche.relancer_en_retard(
            demarche, par=request.user, jeton=valide.cleaned_data["jeton"]
        ))  # fmt: skip
        prevenir(partis)

    contexte = {"demarche": demarche, "acces": acces, "page": "Relancer", "dus": dus}
    return traiter(request, Saisie(
        formulaire, ecrire, reverse("fiches_suivi", args=[uuid]),
        "feuille_de_route/partenaires_relancer.html", contexte, "Les relances sont parties.",
    ))  # fmt: skip
