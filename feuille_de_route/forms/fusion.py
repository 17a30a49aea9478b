"""Réunir deux saisies de la même section : ce que chacun a changé s'ajoute, ce que les deux ont changé se
choisit.

Ce que la page montrait (`lu`, voir forms/lectures.py) dit qui a changé quoi : sans lui, toute différence est
un choix à faire.
"""

from copy import copy
from typing import NamedTuple

from django.http import QueryDict

from feuille_de_route.forms import lectures
from feuille_de_route.forms.section import Section
from feuille_de_route.forms.series import MAXIMUM
from feuille_de_route.models import FicheAction
from feuille_de_route.redaction import ecarts
from gouvernance.socle.identifiants import cle_ou_zero

LEUR, MIEN = "leur", "mien"
CHOIX = "choix:"


class Divergence(NamedTuple):
    """Un champ ou une ligne que deux personnes ont changé. `cle` : le nom du champ, ou « série-rang »."""

    cle: str
    libelle: str
    saisi: str
    enregistre: str


class Fusion:
    """La saisie remise sur la fiche telle qu'elle est enregistrée maintenant.

    `donnees` : la saisie réunie, où elle l'emporte s'il faut choisir ; `divergences` : ce qui est à choisir ;
    `recus` : ce que l'autre a changé et que la saisie n'avait pas touché (clé de lecture → valeurs) ;
    `rangs` : série → rang d'origine de chaque ligne gardée.
    """

    def __init__(self, classe: type[Section], donnees: QueryDict, fiche: FicheAction, acces):
        self.origine, self.donnees = donnees, donnees.copy()
        self.divergences: list[Divergence] = []
        self.recus: dict[str, dict] = {}
        self.rangs: dict[str, list[int]] = {}
        self.lu = lectures.decoder(donnees.get("lu", ""))
        self.saisie = classe(donnees, instance=copy(fiche), acces=acces)
        self.saisie.is_valid()
        self.actuelle = classe(instance=fiche, acces=acces, initial={"version": fiche.version})
        self.enregistre = lectures.du_formulaire(self.actuelle)
        for nom in lectures.noms(self.actuelle):
            self._reunir_le_champ(nom)
        for serie, actuelle in zip(self.saisie.series, self.actuelle.series, strict=True):
            if serie.management_form.is_valid():  # illisible : la saisie sera refusée telle quelle
                self._reunir_la_serie(serie, actuelle)
        self.donnees["version"] = str(fiche.version)
        self.donnees["lu"] = self.actuelle.initial["lu"]

    def _qui(self, cle: str, mien: str, leur: str) -> str:
        """Qui a changé cela depuis la lecture ; vide s'il faut choisir."""
        base = self.lu.get(cle)
        if leur in {mien, base}:
            return MIEN
        return LEUR if mien == base else ""

    def _reunir_le_champ(self, nom: str) -> None:
        qui = self._qui(nom, lectures.tape(self.saisie, nom), self.enregistre[nom])
        champ = self.actuelle[nom]
        if qui == LEUR:
            self.recus[nom] = {nom: envoyee(self.actuelle, nom)}
            poser(self.donnees, nom, self.recus[nom][nom])
        elif not qui:
            enregistre = ecarts.dire(champ.field, champ.initial)
            self.divergences.append(Divergence(nom, str(champ.label), self._saisi(nom), enregistre))

    def _saisi(self, nom: str) -> str:
        if nom in self.saisie.errors:
            return str(self.saisie[nom].value() or ecarts.RIEN)
        return ecarts.dire(self.saisie.fields[nom], self.saisie.cleaned_data.get(nom))

    def _reunir_la_serie(self, serie, actuelle) -> None:
        """Les lignes connues d'abord, puis les neuves. Une ligne que l'autre a retirée disparaît, ou revient
        comme neuve si on l'avait changée.
        """
        enregistrees = {str(ligne.instance.pk): ligne for ligne in actuelle.initial_forms}
        connues, neuves = [], []
        for rang, ligne in enumerate(serie.forms):
            cle = self.origine.get(f"{ligne.prefix}-id", "")
            if cle in enregistrees:
                connues.append((rang, *self._reunir_la_ligne(serie, ligne, enregistrees[cle])))
            elif not cle:
                neuves.append((rang, brute(self.origine, ligne), None))
            elif (perdue := self._ligne_retiree(serie, ligne, cle)) is not None:
                neuves.append((rang, brute(self.origine, ligne) | {"id": ""}, perdue))
        lignes = connues + neuves
        self.rangs[serie.prefix] = [rang for rang, _, _ in lignes]
        ranger(self.donnees, serie.prefix, [valeurs for _, valeurs, _ in lignes], len(connues))
        for rang, (_, _, divergence) in enumerate(lignes):
            if divergence is not None:
                self.divergences.append(divergence._replace(cle=f"{serie.prefix}-{rang}"))

    def _reunir_la_ligne(self, serie, ligne, enregistree) -> tuple[dict, Divergence | None]:
        cle = f"{serie.prefix}:{enregistree.instance.pk}"
        qui = self._qui(cle, lectures.saisie(ligne), self.enregistre[cle])
        if qui == LEUR:
            valeurs = {nom: envoyee(enregistree, nom) for nom in lectures.noms(enregistree)}
            self.recus[cle] = {f"{ligne.prefix}-{nom}": valeur for nom, valeur in valeurs.items()}
            return {**valeurs, "id": str(enregistree.instance.pk)}, None
        leur = ecarts.resume(enregistree, initial=True)
        return brute(self.origine, ligne), None if qui else _divergence(serie, ligne, leur)

    def _ligne_retiree(self, serie, ligne, cle: str) -> Divergence | None:
        mien = lectures.saisie(ligne)
        if mien in {"", self.lu.get(f"{serie.prefix}:{cle}")}:
            self.recus[f"{serie.prefix}:{cle}"] = {}
            return None
        return _divergence(serie, ligne, "Ligne supprimée")


def _divergence(serie, ligne, enregistre: str) -> Divergence:
    libelle = f"{serie.titre}, ligne {serie.forms.index(ligne) + 1}"
    if ligne.cleaned_data.get("DELETE"):
        return Divergence("", libelle, "Ligne à supprimer", enregistre)
    if not ligne.errors:
        return Divergence("", libelle, ecarts.resume(ligne), enregistre)
    tapes = [str(ligne[nom].value() or "") for nom in lectures.noms(ligne)]
    return Divergence("", libelle, " ; ".join(filter(None, tapes)), enregistre)


def envoyee(formulaire, nom: str) -> str | list[str]:
    """Ce que la page enverrait pour ce champ si l'on n'y touchait pas."""
    champ = formulaire[nom]
    valeur = champ.field.prepare_value(champ.initial)
    if isinstance(valeur, list | tuple):
        return [str(v) for v in valeur]
    if valeur is None or isinstance(valeur, bool):
        return "on" if valeur else ""
    return str(valeur if hasattr(champ.field, "choices") else champ.field.widget.format_value(valeur))


def brute(donnees: QueryDict, ligne) -> dict:
    """Ce qui a été tapé dans une ligne, tel quel."""
    return {nom: donnees.get(f"{ligne.prefix}-{nom}", "") for nom in ligne.fields}


def poser(donnees: QueryDict, nom: str, valeur: str | list[str]) -> None:
    donnees.setlist(nom, valeur if isinstance(valeur, list) else [valeur])


def ranger(donnees: QueryDict, prefixe: str, lignes: list[dict], connues: int) -> None:
    """Réécrit une série : `lignes`, dont les premières (`connues`) sont déjà enregistrées."""
    for cle in [c for c in donnees if c.startswith(f"{prefixe}-")]:
        del donnees[cle]
    donnees[f"{prefixe}-INITIAL_FORMS"], donnees[f"{prefixe}-TOTAL_FORMS"] = str(connues), str(len(lignes))
    for rang, valeurs in enumerate(lignes):
        for nom, valeur in valeurs.items():
            poser(donnees, f"{prefixe}-{rang}-{nom}", valeur)


def arbitrer(classe: type[Section], donnees: QueryDict, fiche: FicheAction, acces) -> QueryDict:
    """La saisie après la page de conflit : ce qui est dit « leur » cède à ce qui est enregistré."""
    choisie = donnees.copy()
    leurs = {nom.removeprefix(CHOIX) for nom in donnees if nom.startswith(CHOIX) and donnees[nom] == LEUR}
    actuelle = classe(instance=fiche, acces=acces)
    for nom in leurs & set(lectures.noms(actuelle)):
        poser(choisie, nom, envoyee(actuelle, nom))
    for serie in actuelle.series:
        _ceder_des_lignes(choisie, serie, leurs)
    for nom in [nom for nom in choisie if nom.startswith(CHOIX)]:
        del choisie[nom]
    return choisie


def _ceder_des_lignes(donnees: QueryDict, serie, leurs: set[str]) -> None:
    """Une ligne dont on garde la version enregistrée n'est plus envoyée."""
    total = min(cle_ou_zero(donnees.get(f"{serie.prefix}-TOTAL_FORMS", "")), MAXIMUM + 1)
    rangs = [rang for rang in range(total) if f"{serie.prefix}-{rang}" not in leurs]
    if len(rangs) == total:
        return
    noms = serie.empty_form.fields
    lignes = [{nom: donnees.get(f"{serie.prefix}-{r}-{nom}", "") for nom in noms} for r in rangs]
    ranger(donnees, serie.prefix, lignes, sum(1 for ligne in lignes if ligne.get("id")))
