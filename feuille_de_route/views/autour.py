"""Ce qui entoure une fiche : d'où elle vient, ce qui en est né, ses pièces, les derniers commentaires."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject, Left, NullIf
from django.urls import reverse

from feuille_de_route.echelles.reprises import demarches_ou_creer
from feuille_de_route.models import Commentaire, FicheAction, LienDeFiche, PieceDeFiche
from gouvernance.models import Utilisateur
from gouvernance.pieces_jointes import PIECES_MAX

DERNIERS = 3  # commentaires ouverts montrés sur la fiche
EXTRAIT = 220


def annotations(utilisateur: Utilisateur) -> dict:
    """Ce qui vient avec la fiche, dans la requête qui la lit."""
    visibles = FicheAction.objects.visibles_par(utilisateur).order_by("pk")
    pieces = PieceDeFiche.objects.filter(fiche=OuterRef("pk")).order_by("nom")
    fils = Commentaire.objects.filter(fiche=OuterRef("pk"), parent=None)
    ouverts = fils.filter(resolu_le=None)
    accueil = demarches_ou_creer(utilisateur)
    return {
        "source_vue": ArraySubquery(visibles.filter(pk=OuterRef("reprise_de")).values(dit=_fiche())),
        "source_demarche": F("reprise_de__demarche__nom"),
        "suites": ArraySubquery(visibles.filter(reprise_de=OuterRef("pk")).values(dit=_fiche())),
        "jointes": ArraySubquery(pieces.values(dit=JSONObject(uuid="uuid", nom="nom", taille="taille"))),
        "derniers_fils": ArraySubquery(ouverts.order_by("-pk").values(dit=_commentaire())[:DERNIERS]),
        "reprenable": Exists(accueil.filter(gouvernance=OuterRef("demarche__gouvernance"))),
        "nb_fils_ouverts": _compter(ouverts),
        "nb_fils": _compter(fils),
    }


def autour(fiche: FicheAction) -> dict:
    """Ce que montrent templates/feuille_de_route/fiche_provenance.html et fiche_autour.html, d'une fiche lue
    avec `annotations`.
    """
    ouverts = fiche.nb_fils_ouverts or 0
    return {
        "source": next(map(_avec_adresse, fiche.source_vue), None),
        "source_demarche": fiche.source_demarche,
        "suites": [_avec_adresse(suite) for suite in fiche.suites],
        "reprenable": fiche.reprenable,
        "pieces": fiche.jointes,
        "pieces_max": len(fiche.jointes) >= PIECES_MAX,
        "derniers": [{**dit, "auteur": _auteur(dit)} for dit in fiche.derniers_fils],
        "ouverts": ouverts,
        "resolus": (fiche.nb_fils or 0) - ouverts,
    }


def _fiche() -> JSONObject:
    return JSONObject(
        uuid="uuid", numero="numero", titre="titre", demarche="demarche__uuid", nom="demarche__nom",
        autre="demarche",
    )  # fmt: skip


def _commentaire() -> JSONObject:
    return JSONObject(
        uuid="uuid",
        texte=Left("texte", EXTRAIT),
        prenom="cree_par__prenom",
        nom="cree_par__nom",
        email="lien__email",
        lien=Coalesce(NullIf("lien__nom", Value("")), "lien__structure__nom"),
    )


def _auteur(dit: dict) -> str:
    if dit["email"]:
        return LienDeFiche(nom=dit["lien"], email=dit["email"]).auteur
    return f"{dit['prenom'] or ''} {dit['nom'] or ''}".strip()


def _compter(lignes) -> Subquery:
    return Subquery(lignes.order_by().values("fiche").annotate(n=Count("pk")).values("n"))


def _avec_adresse(fiche: dict) -> dict:
    return {**fiche, "url": reverse("fiche", args=[fiche["demarche"], fiche["uuid"]])}
