"""Le plan d'actions : le filtrer, y chercher, le trier, le lire de cinq façons ; les besoins."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from feuille_de_route.argent import besoins as regles
from feuille_de_route.echelles import partages
from feuille_de_route.financement import additionner
from feuille_de_route.forms.plan import FormulaireBesoin, FormulairePrecision
from feuille_de_route.models import BesoinIngenierie, EtatFiche, FicheAction, Priorite
from feuille_de_route.plan_d_actions import chronologie, filtres, lots, recherche, regroupements
from feuille_de_route.plan_d_actions.plan import Ligne, Plan, charger, parts, synthese
from gouvernance.acteurs.couverture import epcis_de
from gouvernance.socle.vues import lecture_seule
from gouvernance.templatetags.feuille import euros
from gouvernance.views.commun import Saisie, agir, ouvrir, traiter
from gouvernance.views.saisies import Page, saisir

SENS = {"monter": -1, "descendre": 1}
PRIORITES = dict(Priorite.choices)


@lecture_seule
def plan(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    visibles = FicheAction.objects.visibles_par(request.user).filter(demarche=demarche)
    charge = charger(visibles, demarche)
    q = filtres.lire(request.GET, filtres.RECHERCHE)
    rangs = recherche.trouver(visibles, q, charge.porteuses) if q else None
    vue, ordre, garder, refus = _lecture(request, recherche=bool(q))
    selection = filtres.selectionner(charge, request.GET, garder, rangs)
    lignes = regroupements.trier(selection.lignes, ordre, rangs)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Plan d’actions",
        "selection": selection,
        "refus": refus + selection.refus,
        "q": q,
        "vue": vue,
        "vues": _liens_des_vues(vue, selection.criteres, garder),
        "tris": _choix_de_tri(ordre, bool(q)),
        "nombre": len(charge.lignes),
        "suivi": demarche.signee_le is not None,
        "effacer": filtres.adresse(garder),
        "url_tout": reverse("plan", args=[uuid]) + filtres.adresse(garder),
        "retour": request.GET.urlencode(),
        "partages": partages.recus(demarche),
        **_agir(acces, vue),
        **_resume(lignes),
        **_montrer(vue, charge, lignes, demarche),
        "entetes": regroupements.entetes(ordre, {**selection.criteres, **garder}),
    }
    return render(request, "feuille_de_route/plan.html", contexte)


def _agir(acces, vue: str) -> dict:
    """Cocher des fiches, ou pourquoi cette étape ne le permet plus à qui le pourrait."""
    en_tableaux = vue in regroupements.EN_TABLEAUX
    motif = acces.refus[lots.DROIT] if acces.autorise_nom(lots.DROIT) and en_tableaux else ""
    return {
        "choisir": acces.peut[lots.DROIT] and en_tableaux,
        "motif_du_lot": motif,
        "actes": lots.ACTES,
    }


def _lecture(request, *, recherche: bool) -> tuple:
    """La vue et le tri que demande l'adresse, ce que les liens en gardent, et ce qui n'y est pas compris."""
    vue, tri = filtres.lire(request.GET, "vue"), filtres.lire(request.GET, "tri")
    ordre, incompris = regroupements.ordre(tri, recherche=recherche)
    refus = [incompris] if incompris else []
    if vue and vue not in regroupements.CODES_DES_VUES:
        vue, refus = "", ["Cette façon de lire le plan n’existe pas : le voici par axe.", *refus]
    garder = {"vue": vue if vue != "axe" else "", "tri": "" if incompris else tri}
    return vue or "axe", ordre, garder, refus


def _liens_des_vues(courante: str, criteres: dict, garder: dict) -> list[tuple[str, str, bool]]:
    return [
        (v.libelle, filtres.adresse({**criteres, **garder, "vue": v.code}), v.code == courante)
        for v in regroupements.VUES
    ]


def _choix_de_tri(ordre, cherche: bool) -> list[tuple[str, str, bool]]:
    """(mot de l'adresse, libellé, choisi) ; par pertinence seulement quand on cherche. L'ordre habituel
    n'a pas de mot : qui lance une recherche passe ainsi de lui-même du numéro à la pertinence.
    """
    choix = [(regroupements.PERTINENCE, "Pertinence")] if cherche else []
    for colonne in regroupements.COLONNES:
        choix += [(colonne.code, colonne.montant), (f"-{colonne.code}", colonne.descendant)]
    habituel = choix[0][0]
    return [("" if code == habituel else code, mots, code == ordre.mot) for code, mots in choix]


def _resume(lignes: list[Ligne]) -> dict:
    etats = parts([ligne.fiche.etat for ligne in lignes], EtatFiche.choices)
    return {
        "synthese": synthese(lignes),
        "par_etat": etats,
        "total": additionner([ligne.compte for ligne in lignes]),
    }


def _montrer(vue: str, charge: Plan, lignes: list[Ligne], demarche) -> dict:
    """Ce que montre la vue, et elle seule."""
    fiches = reverse("plan", args=[demarche.uuid]) + "fiches/"
    montre = {"groupes": [], "territoires": None, "calendrier": None, "fiches": fiches}
    if vue == "calendrier":
        jour = timezone.localdate()
        etapes = chronologie.etapes_de(lignes)
        montre["calendrier"] = chronologie.chronologie(lignes, etapes, jour)
    elif vue == "epci":
        montre["territoires"] = regroupements.par_epci(lignes, epcis_de(demarche))
    else:
        groupes = regroupements.grouper(vue, charge, lignes)
        montre["groupes"] = [(g, [_rangee(ligne, fiches, vue) for ligne in g.lignes]) for g in groupes]
    return montre


def _rangee(ligne: Ligne, fiches: str, vue: str) -> dict:
    """Une ligne de tableau, chaque case déjà écrite : trois cents fiches tiennent dans une page."""
    fiche, compte = ligne.fiche, ligne.compte
    sous = [fiche.get_nature_display() or "nature à dire"]
    if vue != "porteur":
        sous.insert(0, next(iter(ligne.liens.get("porteur", {}).values()), "porteur à désigner"))
    return {
        "cle": f"{fiche.numero}.{fiche.version}",
        "numero": fiche.numero,
        "titre": fiche.titre,
        "url": f"{fiches}{fiche.uuid}/",
        "sous": " · ".join(sous),
        "rapide": fiche.gain_rapide,
        "etat": fiche.etat,
        "etat_dit": fiche.get_etat_display(),
        "realisation": fiche.etat_realisation,
        "realisation_dite": fiche.get_etat_realisation_display(),
        "priorite": PRIORITES.get(fiche.priorite, "–"),
        "echeance": f"{fiche.fin:%d/%m/%Y}" if fiche.fin else "–",
        "remplie": ligne.completude,
        "budget": euros(compte.budget) if compte.lignes else "–",
        "sens": compte.sens,
        "solde": compte.phrase_courte,
        "modifiee": f"{timezone.localtime(fiche.modifie_le):%d/%m/%Y}",
    }


@lecture_seule
def besoins(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    liste = list(demarche.besoins.all())
    contexte = {"demarche": demarche, "acces": acces, "page": "Besoins en ingénierie", "besoins": liste}
    return render(request, "feuille_de_route/plan_besoins.html", contexte)


def besoin_ajouter(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    acces.exiger("editer_fiches")
    formulaire = FormulaireBesoin(request.POST or None)
    saisie = Saisie(
        formulaire,
        lambda f: regles.ajouter(f, par=request.user, demarche=demarche),
        reverse("besoins", args=[uuid]),
        "gouvernance/formulaire.html",
        {"demarche": demarche, "acces": acces, "titre": "Ajouter un besoin en ingénierie"},
    )
    return traiter(request, saisie)


def besoin_preciser(request, uuid, code):
    """Récrire la précision d'un besoin, à son rang."""
    demarche, acces = ouvrir(request, uuid)
    besoin = get_object_or_404(BesoinIngenierie, demarche=demarche, code=code)
    initial = {"precision": besoin.precision, "lue": besoin.precision}
    formulaire = FormulairePrecision(request.POST or None, initial=initial)

    def ecrire(valide):
        lu = valide.cleaned_data
        regles.preciser(besoin, lu["precision"], lue=lu["lue"], par=request.user)

    page = Page(f"Préciser : {besoin}", reverse("besoins", args=[uuid]), "editer_fiches")
    return saisir(request, (demarche, acces), page, formulaire, ecrire)


@require_POST
def besoin_agir(request, uuid, code, acte):
    """Monter, descendre ou retirer un besoin."""
    demarche, _ = ouvrir(request, uuid)
    besoin = get_object_or_404(BesoinIngenierie, demarche=demarche, code=code)
    if acte == "retirer":
        return _acte_besoin(request, uuid, lambda: regles.supprimer(besoin, par=request.user))
    if acte not in SENS:
        raise Http404
    return _acte_besoin(request, uuid, lambda: regles.deplacer(besoin, SENS[acte], par=request.user))


def _acte_besoin(request, uuid, acte):
    return agir(request, acte, reverse("besoins", args=[uuid]), "La liste des besoins est à jour.")
