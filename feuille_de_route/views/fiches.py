"""La fiche action : la lire, la créer, l'écrire section par section, la faire avancer."""

from functools import partial

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Coalesce, JSONObject, NullIf
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from diagnostic.models import Enjeu
from feuille_de_route import fiches
from feuille_de_route.financement import compte
from feuille_de_route.forms.fiches import SECTIONS, NouvelleFiche
from feuille_de_route.forms.parcours import FormulaireMotif
from feuille_de_route.models import (
    Competence,
    EtapeFiche,
    FicheAction,
    Partenariat,
    Public,
    Remarque,
    Service,
)
from feuille_de_route.redaction.completude import Contenu, a_remplir, completude, sections
from feuille_de_route.views.autour import annotations, autour
from feuille_de_route.views.redaction import Redaction, rediger
from gouvernance.models import Epci, Structure
from gouvernance.permissions import Acces, avec_roles
from gouvernance.socle.mots import compter
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import CADRE, Saisie, agir, ouvrir, traiter

RELATIONS = (
    "axe__parent", "chantier", "contribution", "structure_porteuse", "elu_referent__structure",
    "instance_suivi", "modifie_par",
    "decision__seance__instance",
)  # fmt: skip
LISTES = ("indicateurs", "lignes_budget", "financements")
NOM_DE_STRUCTURE = Coalesce(NullIf("sigle", Value("")), "nom")
LIENS = Partenariat.objects.filter(fiche=OuterRef("pk")).order_by("pk")
ETAPES = EtapeFiche.objects.filter(fiche=OuterRef("pk")).order_by("echeance", "pk")
# De ces listes la page n'écrit que quelques mots : ils viennent avec la fiche, en une requête.
NOMS = {
    "noms_enjeux": ArraySubquery(Enjeu.objects.filter(fiches=OuterRef("pk")).values("question")),
    "noms_copilotes": ArraySubquery(
        Structure.objects.filter(fiches_copilotees=OuterRef("pk")).values(dit=NOM_DE_STRUCTURE)
    ),
    "noms_territoires": ArraySubquery(Epci.objects.filter(fiches=OuterRef("pk")).values("nom")),
    "ses_partenaires": ArraySubquery(
        LIENS.values(
            dit=JSONObject(
                structure=Coalesce(NullIf("structure__sigle", Value("")), "structure__nom"), apport="apport"
            )
        )
    ),
    "ses_etapes": ArraySubquery(
        ETAPES.values(dit=JSONObject(libelle="libelle", echeance="echeance", faite_le="faite_le"))
    ),
}
FAITS = {"proposer": "La fiche est proposée, merci."}
AIDES = {
    "renvoyer": "Dites précisément ce qui manque : le porteur lira votre texte en haut de sa fiche.",
}


def ouvrir_fiche(request, uuid, fiche_uuid, fiches=FicheAction.objects) -> tuple[FicheAction, Acces]:
    """La fiche, sa démarche et les rôles de la personne, en une requête, si elle les voit (sinon 404).

    Voir une fiche suppose un mandat dans sa démarche : il n'y a pas à chercher celle-ci d'abord.
    """
    cadre = ("gouvernance",) if request.method == "POST" else CADRE  # qui enregistre ne montre pas l'en-tête
    fiches = fiches.select_related(*(f"demarche__{relation}" for relation in cadre))
    visibles = avec_roles(fiches.visibles_par(request.user), request.user)
    fiche = get_object_or_404(visibles, demarche__uuid=uuid, uuid=fiche_uuid)
    return fiche, Acces(request.user, fiche.demarche, fiche.roles_lus)


@lecture_seule
def fiche(request, uuid, fiche_uuid):
    complete = FicheAction.objects.select_related(*RELATIONS).prefetch_related(*LISTES)
    complete = complete.annotate(**NOMS, **annotations(request.user))
    fiche, acces = ouvrir_fiche(request, uuid, fiche_uuid, complete)
    contenu = Contenu(compte(fiche), len(fiche.indicateurs.all()))
    reste, etats = a_remplir(fiche, contenu), sections(fiche, contenu)
    adresses = _adresses(uuid, fiche_uuid)
    contexte = {
        "demarche": fiche.demarche,
        "acces": acces,
        "page": f"Fiche {fiche.numero}",
        "fiche": fiche,
        "compte": contenu.compte,
        "completude": completude(fiche, contenu),
        "reste": [(manque.phrase, adresses[manque.section] + manque.ancre) for manque in reste],
        "etats": [(etat, adresses[etat.code]) for etat in etats],
        "conseils": [(c.phrase, adresses[c.section] + c.ancre) for etat in etats for c in etat.conseils],
        "sections": adresses,
        "motif_edition": fiches.motif_de_non_edition(fiche, acces),
        "services": [Service(s).label for s in fiche.services],
        "publics": [Public(p).label for p in fiche.publics],
        "competences": [Competence(c).label for c in fiche.competences],
        "autour": autour(fiche),
        **_actes(fiche, acces, reste),
    }
    return render(request, "feuille_de_route/fiche.html", contexte)


def _actes(fiche: FicheAction, acces: Acces, reste: list) -> dict:
    """Les boutons : ce que la table permet, et pourquoi une fiche incomplète ne se propose pas."""
    possibles = fiches.actions_possibles(fiche, acces)
    motif = f"il reste {compter(len(reste), 'point')} à remplir." if reste else ""
    actes = [
        {
            "libelle": transition.libelle,
            "url": reverse("fiche_agir", args=[acces.demarche.uuid, fiche.uuid, nom]),
            "nom": nom,
            "motive": transition.motif,
            "motif_refus": motif if nom == "proposer" else "",
        }
        for nom, transition in possibles.items()
    ]
    en_seance = [
        t.libelle.lower() for t in fiches.TRANSITIONS.values() if t.decision and fiche.etat in t.depuis
    ]
    return {"actes": actes, "en_seance": en_seance}


def nouvelle(request, uuid):
    """Ouvrir une fiche. Son adresse est tirée du jeton : un double clic ramène à la même."""
    demarche, acces = ouvrir(request, uuid)
    acces.exiger("creer_fiche")
    neuve = FicheAction(demarche=demarche)
    formulaire = NouvelleFiche(request.POST or None, demarche=demarche, acces=acces, instance=neuve)
    retour = reverse("plan", args=[uuid])
    if request.method == "POST" and formulaire.is_valid():
        neuve.uuid = formulaire.cleaned_data["jeton"]
        retour = reverse("fiche", args=[uuid, neuve.uuid])

    def ecrire(valide):
        fiches.creer(valide.instance, par=request.user, jeton=valide.cleaned_data["jeton"])

    aide = (
        acces.refus["creer_fiche"]
        or "Quelques réponses pour commencer ; le reste s’écrit ensuite, à son rythme."
    )
    contexte = {"demarche": demarche, "acces": acces, "titre": "Créer une fiche action", "aide": aide}
    succes = "La fiche est créée, en brouillon. Remplissez-la section par section, puis proposez-la."
    return traiter(
        request, Saisie(formulaire, ecrire, retour, "gouvernance/formulaire.html", contexte, succes)
    )


def section(request, uuid, fiche_uuid, code):
    """Écrire une section, avec son compte."""
    if code not in SECTIONS:
        raise Http404
    ouvertes = Remarque.objects.filter(fiche=OuterRef("pk"), levee_le=None)
    fiche, acces = ouvrir_fiche(
        request, uuid, fiche_uuid, FicheAction.objects.annotate(a_revoir=Exists(ouvertes))
    )
    if motif := fiches.motif_de_role(fiche, acces):
        raise PermissionDenied(motif)
    redaction = Redaction(
        fiche=fiche,
        acces=acces,
        ecrire=lambda formulaire: fiches.modifier(formulaire, par=request.user),
        adresses=_adresses(uuid, fiche_uuid),
        retour=reverse("fiche", args=[uuid, fiche_uuid]),
        refus=fiches.motif_d_etat(fiche, acces),
    )
    return rediger(request, redaction, code)


def _adresses(uuid, fiche_uuid) -> dict[str, str]:
    """Code de section → adresse où elle s'écrit."""
    return {code: reverse("fiche_section", args=[uuid, fiche_uuid, code]) for code in SECTIONS}


def agir_fiche(request, uuid, fiche_uuid, action):
    """Proposer, renvoyer, reprendre : un bouton, ou une page de motif quand la transition l'exige."""
    transition = fiches.TRANSITIONS.get(action)
    if transition is None or transition.decision:
        raise Http404
    fiche, acces = ouvrir_fiche(request, uuid, fiche_uuid)
    retour = reverse("fiche", args=[uuid, fiche_uuid])
    if transition.motif:
        return _avec_motif(request, fiche, acces, action)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    acte = partial(fiches.effectuer, action, fiche.pk, par=request.user)
    return agir(request, acte, retour, FAITS.get(action, "C’est fait."))


def _avec_motif(request, fiche: FicheAction, acces: Acces, action: str):
    def ecrire(formulaire):
        motif = formulaire.cleaned_data["motif"]
        fiches.effectuer(action, fiche.pk, par=request.user, motif=motif)

    titre = f"{fiches.TRANSITIONS[action].libelle} : {fiche}"
    contexte = {"demarche": acces.demarche, "acces": acces, "titre": titre, "aide": AIDES.get(action, "")}
    retour = reverse("fiche", args=[acces.demarche.uuid, fiche.uuid])
    formulaire = FormulaireMotif(request.POST or None)
    return traiter(request, Saisie(formulaire, ecrire, retour, "gouvernance/formulaire.html", contexte))
