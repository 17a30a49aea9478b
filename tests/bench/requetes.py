"""Le nombre de requêtes de chaque page d'une démarche, à dix lignes et à cent."""

import re
from collections.abc import Iterator
from datetime import timedelta

from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from feuille_de_route.forms.fiches import SECTIONS
from gouvernance.models import Demarche, SessionOuverte
from tests.bench.contexte import Contexte
from tests.bench.donnees import demarche_riche
from tests.bench.mesure import Resultat
from tests.bench.navigation import compter, servir

LIGNES, PLAFOND = (10, 100), 10
PARAMETRES = re.compile(r"<(?:\w+:)?(\w+)>")


def requetes(contexte: Contexte) -> Iterator[Resultat]:
    """Toute page GET d'une démarche que le résolveur connaît, plus celles de ses objets."""
    comptes = [_comptes(demarche_riche(n, contexte.coordination), contexte.cookie) for n in LIGNES]
    communes = sorted(set(comptes[0]) & set(comptes[1]))
    inegales = [f"{nom} {comptes[0][nom]} → {comptes[1][nom]}" for nom in communes if _inegal(comptes, nom)]
    lourdes = [f"{nom} {comptes[1][nom]}" for nom in communes if comptes[1][nom] > PLAFOND]
    total = f"{len(communes)} pages"
    yield Resultat(
        "requetes", "pages qui varient de 10 à 100", len(inegales), 0, f"{total} ; {', '.join(inegales)}"
    )
    yield Resultat("requetes", f"pages de plus de {PLAFOND} requêtes", len(lourdes), 0, ", ".join(lourdes))


def _inegal(comptes: list[dict[str, int]], nom: str) -> bool:
    return comptes[0][nom] != comptes[1][nom]


def _comptes(demarche: Demarche, cookie: str) -> dict[str, int]:
    """Nom de page → nombre de requêtes, au second passage (le premier remplit les caches du processus).

    La session est tenue pour vue d'avance : la page servie au changement de minute ne compte pas une
    écriture de plus (`sessions.noter_passage`).
    """
    SessionOuverte.objects.update(vue_le=timezone.now() + timedelta(minutes=10))
    return {
        nom: compter(url, cookie) for nom, url in _adresses(demarche) if servir(url, cookie).statut == 200
    }


def _adresses(demarche: Demarche) -> Iterator[tuple[str, str]]:
    valeurs = _objets(demarche)
    yield "accueil", reverse("accueil")
    for motif, nom in _motifs(get_resolver()):
        parametres = PARAMETRES.findall(motif)
        if nom == "fiche_section":
            for code in SECTIONS:
                cles = {"uuid": demarche.uuid, "fiche_uuid": valeurs["fiche_uuid"], "code": code}
                yield f"{nom} {code}", reverse(nom, kwargs=cles)
        elif "uuid" in parametres and set(parametres) <= set(valeurs):
            yield nom, reverse(nom, kwargs={p: valeurs[p] for p in parametres})


def _motifs(resolveur: URLResolver, prefixe: str = "") -> Iterator[tuple[str, str]]:
    for motif in resolveur.url_patterns:
        chemin = prefixe + str(motif.pattern)
        if isinstance(motif, URLResolver):
            yield from _motifs(motif, chemin)
        elif isinstance(motif, URLPattern) and not chemin.startswith("plancher") and not motif.default_args:
            yield chemin, motif.name


def _objets(demarche: Demarche) -> dict[str, object]:
    """Nom de paramètre d'adresse → l'identifiant public du premier objet de la démarche."""
    instance = demarche.instances.order_by("pk").first()
    atelier = demarche.ateliers.order_by("pk").first()
    constat = demarche.constats.first()
    premiers = {
        "axe_uuid": demarche.axes.first(),
        "fiche_uuid": demarche.fiches.first(),
        "instance": instance,
        "siege": instance.sieges.first(),
        "seance": instance.seances.first(),
        "personne": instance.sieges.first().personne,
        "membre": demarche.gouvernance.membres.first(),
        "blocage": demarche.points_de_blocage.first(),
        "constat": constat,
        "regard": constat.regards.first(),
        "enjeu": demarche.enjeux.first(),
        "atelier": atelier,
        "contribution": atelier.contributions.first(),
        "chantier": demarche.chantiers.first(),
        "document_uuid": demarche.documents.first(),
        "signataire_uuid": demarche.signataires.first(),
    }
    return {"uuid": demarche.uuid, **{nom: objet.uuid for nom, objet in premiers.items()}}
