"""Enregistrer une section : réussir, réunir deux saisies, ou dire ce qui l'empêche. En page ou en JSON."""

from enum import StrEnum
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone

from feuille_de_route import fiches
from feuille_de_route.forms import lectures
from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.forms.fusion import Fusion
from feuille_de_route.forms.section import Section
from feuille_de_route.models import FicheAction
from gouvernance.edition import DejaFait
from gouvernance.socle.identifiants import cle_ou_zero
from gouvernance.socle.modeles import Conflit
from gouvernance.views.commun import rattacher


class Statut(StrEnum):
    ENREGISTRE = "enregistre"
    DEJA = "deja"
    FAUTES = "fautes"
    CONFLIT = "conflit"


class Issue(NamedTuple):
    """`fusion` : présente si quelqu'un avait écrit depuis la lecture."""

    statut: Statut
    formulaire: Section
    fusion: Fusion | None = None


def enregistrer(redaction, code: str, donnees: QueryDict) -> Issue:
    """Écrit la saisie ; si la fiche a changé depuis la lecture, y réunit ce que l'autre a écrit.

    D'abord sans tenir la fiche ; si quelqu'un écrit entre la lecture et le verrou, de nouveau en la tenant.
    """
    issue = _tenter(redaction, code, donnees, redaction.fiche)
    if issue is None:
        with transaction.atomic():
            fiche = fiches.verrouiller(redaction.fiche.pk, redaction.fiche.demarche_id)
            issue = _tenter(redaction, code, donnees, fiche)
    return issue


def _tenter(redaction, code: str, donnees: QueryDict, fiche: FicheAction) -> Issue | None:
    """Rien si la fiche a changé depuis qu'on l'a lue."""
    classe, acces, fusion = SECTIONS[code], redaction.acces, None
    if _depassee(donnees, fiche):
        fusion = Fusion(classe, donnees, fiche, acces)
        if fusion.divergences:
            return Issue(Statut.CONFLIT, fusion.saisie, fusion)
    envoi = fusion.donnees if fusion else donnees
    formulaire = classe(envoi, instance=fiche, acces=acces, initial={"version": fiche.version})
    if not formulaire.is_valid():
        return Issue(Statut.FAUTES, formulaire, fusion)
    statut = _ecrire(redaction, formulaire)
    return None if statut == Statut.CONFLIT else Issue(statut, formulaire, fusion)


def _ecrire(redaction, formulaire: Section) -> Statut:
    try:
        redaction.ecrire(formulaire)
    except ValidationError as erreur:
        rattacher(formulaire, erreur)
        return Statut.FAUTES
    except DejaFait:
        return Statut.DEJA
    except Conflit:
        return Statut.CONFLIT
    return Statut.ENREGISTRE


def relire(redaction) -> FicheAction:
    fiche = FicheAction.objects.get(pk=redaction.fiche.pk)
    fiche.demarche = redaction.acces.demarche
    return fiche


def _depassee(donnees: QueryDict, fiche: FicheAction) -> bool:
    """La saisie part d'une version plus ancienne que la fiche ; une version illisible est une faute."""
    lue = donnees.get("version", "")
    return lue.isdecimal() and cle_ou_zero(lue) != fiche.version


def reponse_json(redaction, code: str, issue: Issue) -> tuple[dict, int]:
    """Ce que le script attend, et le statut. La fiche de `redaction` est celle d'après l'écriture."""
    if issue.statut == Statut.CONFLIT:
        champs = [d.libelle for d in issue.fusion.divergences]
        return {"etat": "conflit", "champs": champs}, 409
    if issue.statut == Statut.FAUTES:
        return {"etat": "fautes", **_fautes(issue)}, 422
    fiche = redaction.fiche
    actuelle = SECTIONS[code](instance=fiche, acces=redaction.acces, initial={"version": fiche.version})
    return {
        "etat": "enregistre",
        "version": fiche.version,
        "jeton": str(actuelle["jeton"].value()),
        "heure": f"{timezone.localtime():%H:%M}",
        "lu": lectures.du_formulaire(actuelle),
        "lignes": {s.prefix: _cles(s, a, issue) for s, a in _paires(issue.formulaire, actuelle)},
        "recus": issue.fusion.recus if issue.fusion else {},
    }, 200


def _paires(formulaire: Section, actuelle: Section):
    return zip(formulaire.series, actuelle.series, strict=True)


def _cles(serie, actuelle, issue: Issue) -> dict[int, str]:
    """Rang de la ligne dans la page → clé en base, vide si rien n'est écrit. Une ligne absente est partie."""
    rangs = issue.fusion.rangs.get(serie.prefix) if issue.fusion else None
    rangs = rangs if rangs is not None else range(len(serie.forms))
    par_empreinte = _lignes_sans_auteur(actuelle, issue) if issue.statut == Statut.DEJA else {}
    cles = {}
    for rang, ligne in zip(rangs, serie.forms, strict=True):
        if ligne in serie.deleted_forms:
            continue
        cle = ligne.instance.pk
        if cle is None and ligne.has_changed():  # déjà reçue, par un envoi dont la réponse s'est perdue
            cle = par_empreinte.pop(lectures.saisie(ligne), None)
        cles[rang] = str(cle or "")
    return cles


def _lignes_sans_auteur(actuelle, issue: Issue) -> dict[str, int]:
    """Empreinte → clé des lignes enregistrées que la page ne connaissait pas."""
    connues = issue.fusion.lu if issue.fusion else {}
    return {
        lectures.enregistree(ligne): ligne.instance.pk
        for ligne in actuelle.initial_forms
        if f"{actuelle.prefix}:{ligne.instance.pk}" not in connues
    }


def _fautes(issue: Issue) -> dict:
    """Nom dans la page → phrases ; et les phrases qui ne visent aucun champ."""
    formulaire, erreurs = issue.formulaire, {}
    phrases = [str(phrase) for phrase in formulaire.non_field_errors()]
    for nom, fautes in formulaire.errors.items():
        if nom != "__all__":
            erreurs[nom] = [str(faute) for faute in fautes]
    for serie in formulaire.series:
        phrases += [str(phrase) for phrase in serie.non_form_errors()]
        rangs = issue.fusion.rangs.get(serie.prefix) if issue.fusion else None
        for rang, ligne in enumerate(serie.forms):
            dans_la_page = rangs[rang] if rangs is not None else rang
            for nom, fautes in ligne.errors.items():
                champ = "id" if nom == "__all__" else nom
                erreurs[f"{serie.prefix}-{dans_la_page}-{champ}"] = [str(faute) for faute in fautes]
    return {"erreurs": erreurs, "phrases": phrases}
