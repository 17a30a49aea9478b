"""Remplir une page comme un navigateur : renvoyer ce qu'elle propose, sauf ce que l'on change."""

from decimal import Decimal
from html import unescape

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.models import EtatFiche, FicheAction


def envoi(formulaire, **changements) -> dict:
    """Les données que la page enverrait, séries comprises ; une valeur None retire le champ."""
    donnees = {}
    for morceau in _morceaux(formulaire):
        for champ in morceau:
            valeur = champ.value()
            if valeur is None or valeur is False:
                continue
            donnees[champ.html_name] = _tape(valeur)
    donnees |= changements
    return {nom: valeur for nom, valeur in donnees.items() if valeur is not None}


def _morceaux(formulaire):
    yield formulaire
    for serie in getattr(formulaire, "series", []):
        yield serie.management_form
        yield from serie.forms


def _tape(valeur):
    if isinstance(valeur, list | tuple):
        return [_tape(v) for v in valeur]
    if isinstance(valeur, Model):
        return str(valeur.pk)
    if isinstance(valeur, Decimal):
        return f"{valeur:f}".replace(".", ",")
    return str(valeur)


def adresse(nom: str, fiche, *suite) -> str:
    return reverse(nom, args=[fiche.demarche.uuid, fiche.uuid, *suite])


def texte_de_la_fiche(client, fiche) -> str:
    """Ce que dit la page de la fiche."""
    return unescape(client.get(adresse("fiche", fiche)).content.decode())


def proposer(fiche: FicheAction, etat: EtatFiche = EtatFiche.PROPOSEE) -> FicheAction:
    """La fiche est proposée, ou plus loin, sans passer par la règle."""
    FicheAction.objects.filter(pk=fiche.pk).update(etat=etat, proposee_le=timezone.now())
    fiche.refresh_from_db()
    return fiche


def url(nom: str, demarche, *suite) -> str:
    return reverse(nom, args=[demarche.uuid, *suite])


def ouvrir_section(client, fiche, code: str):
    """Le formulaire d'une section, tel que la page l'ouvre."""
    reponse = client.get(adresse("fiche_section", fiche, code))
    assert reponse.status_code == 200, reponse.status_code
    return reponse.context["formulaire"]


def ecrire_section(client, fiche, code: str, **changements):
    """Ouvre une section et l'envoie, changée."""
    donnees = envoi(ouvrir_section(client, fiche, code), **changements)
    return client.post(adresse("fiche_section", fiche, code), donnees)
