"""Ce qui entoure une fiche : d'où elle vient, ce qui en est né, ses pièces, les derniers commentaires."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import JSONObject, Left
from django.urls import reverse

from feuille_de_route.models import Commentaire, FicheAction, PieceDeFiche
from gouvernance.pieces_jointes import PIECES_MAX

DERNIERS = 3  # commentaires ouverts montrés sur la fiche
EXTRAIT = 220


def autour(fiche: FicheAction, acces) -> dict:
    """Ce que montrent templates/feuille_de_route/fiche_provenance.html et fiche_autour.html : une requête."""
    visibles = FicheAction.objects.visibles_par(acces.utilisateur).order_by("pk")
    pieces = PieceDeFiche.objects.filter(fiche=OuterRef("pk")).order_by("nom")
    fils = Commentaire.objects.filter(fiche=OuterRef("pk"), parent=None)
    ouverts = fils.filter(resolu_le=None)
    lu = FicheAction.objects.annotate(
        source_vue=ArraySubquery(visibles.filter(pk=OuterRef("reprise_de")).values(dit=_fiche())),
        suites=ArraySubquery(visibles.filter(reprise_de=OuterRef("pk")).values(dit=_fiche())),
        jointes=ArraySubquery(pieces.values(dit=JSONObject(uuid="uuid", nom="nom", taille="taille"))),
        derniers=ArraySubquery(ouverts.order_by("-pk").values(dit=_commentaire())[:DERNIERS]),
        nb_ouverts=_compter(ouverts),
        nb_fils=_compter(fils),
    ).values(
        "source_vue", "suites", "jointes", "derniers", "nb_ouverts", "nb_fils", "reprise_de__demarche__nom"
    )
    faits = lu.get(pk=fiche.pk)
    return {
        "source": next(map(_avec_adresse, faits["source_vue"]), None),
        "source_demarche": faits["reprise_de__demarche__nom"],
        "suites": [_avec_adresse(suite) for suite in faits["suites"]],
        "pieces": faits["jointes"],
        "pieces_max": len(faits["jointes"]) >= PIECES_MAX,
        "derniers": faits["derniers"],
        "ouverts": faits["nb_ouverts"] or 0,
        "resolus": (faits["nb_fils"] or 0) - (faits["nb_ouverts"] or 0),
    }


def _fiche() -> JSONObject:
    return JSONObject(
        uuid="uuid", numero="numero", titre="titre", demarche="demarche__uuid", nom="demarche__nom",
        autre="demarche",
    )  # fmt: skip


def _commentaire() -> JSONObject:
    return JSONObject(
        uuid="uuid", texte=Left("texte", EXTRAIT), prenom="cree_par__prenom", nom="cree_par__nom"
    )


def _compter(lignes) -> Subquery:
    return Subquery(lignes.order_by().values("fiche").annotate(n=Count("pk")).values("n"))


def _avec_adresse(fiche: dict) -> dict:
    return {**fiche, "url": reverse("fiche", args=[fiche["demarche"], fiche["uuid"]])}
