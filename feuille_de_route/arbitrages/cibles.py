"""Ce dont parle un point de l'ordre du jour, ou ce que vise une décision : les objets d'une démarche, lus en
une requête, et retrouvés par leur identifiant public. Une fiche en brouillon n'en est pas : elle n'est pas
partagée.
"""

from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import CharField, F, IntegerField, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat, Trim, TruncDate

from ateliers.models import ChantierCle
from diagnostic.models import Enjeu
from feuille_de_route.mise_en_oeuvre import suivi
from feuille_de_route.models import Axe, EtatFiche, FicheAction
from gouvernance.models import (
    Cible,
    CodeJalon,
    DefinitionCommune,
    Demarche,
    Etape,
    EtatSeance,
    Jalon,
    LimiteDAction,
    Seance,
)

TEXTE, NOMBRE = CharField(), IntegerField()
VIDE = Value("", TEXTE)
FIGEES = (Etape.SOUMISE, Etape.VALIDEE, Etape.EN_SIGNATURE)
SUIVIE = "suivie"  # une fiche signée : l'instance en décide, mais ne la retient ni ne l'écarte plus


class Objet(NamedTuple):
    """`cle` : la clé en base ; `etat` : celui de l'objet, s'il en a un ; `presente_par` : qui le présente."""

    type: str
    cible: UUID
    libelle: str
    etat: str
    presente_par: str
    cle: int
    instance: int | None

    @property
    def valeur(self) -> str:
        """Ce qu'envoie un formulaire : « fiche:0c6f… »."""
        return f"{self.type}:{self.cible}"


def _lignes(type_: str, requete: QuerySet, libelle, **sus) -> QuerySet:
    """Les mêmes colonnes pour tous : type, rang, identifiant, libellé, état, présentateur, clé, instance."""
    colonnes = {
        "genre": Value(type_, TEXTE), "rang": F("pk"), "dit": Cast(libelle, TEXTE), "statut": VIDE,
        "qui": VIDE, "chez": Value(None, NOMBRE), **sus,
    }  # fmt: skip
    requete = requete.order_by().annotate(**{f"_{nom}": valeur for nom, valeur in colonnes.items()})
    return requete.values_list("_genre", "_rang", "uuid", "_dit", "_statut", "_qui", "pk", "_chez")


def ne_fait_que_suivre(demarche: Demarche) -> bool:
    """Les fiches sont signées, ou figées dans un avenant pendant que la version d'avant reste en vigueur :
    une décision sur l'une d'elles se consigne, et ne la change pas.
    """
    if demarche.etape in suivi.EN_OEUVRE:
        return True
    return demarche.etape in FIGEES and suivi.version_en_vigueur(demarche) is not None


def _requetes(demarche: Demarche) -> dict[str, QuerySet]:
    a_elle = {"demarche": demarche}
    elu = Coalesce(
        Trim(Concat("elu_referent__prenom", Value(" "), "elu_referent__nom", output_field=TEXTE)), VIDE
    )
    closes = Seance.objects.filter(instance__demarche=demarche, etat=EtatSeance.CLOSE, approbation=None)
    fiches = FicheAction.objects.filter(**a_elle).exclude(etat=EtatFiche.BROUILLON)
    statut = Value(SUIVIE, TEXTE) if ne_fait_que_suivre(demarche) else F("etat")
    return {
        Cible.JALON: _lignes(
            Cible.JALON, Jalon.objects.filter(**a_elle), F("code"), rang=F("ordre"), statut=F("etat"),
            chez=F("instance"),
        ),
        Cible.ENJEU: _lignes(
            Cible.ENJEU, Enjeu.objects.filter(**a_elle), F("question"), rang=F("ordre"), statut=F("etat")
        ),
        Cible.AXE: _lignes(Cible.AXE, Axe.objects.filter(**a_elle), F("intitule"), rang=F("ordre")),
        Cible.FICHE: _lignes(
            Cible.FICHE, fiches, Concat(Cast("numero", TEXTE), Value(". "), "titre"), rang=F("numero"),
            statut=statut, qui=elu,
        ),
        Cible.CHANTIER: _lignes(
            Cible.CHANTIER, ChantierCle.objects.filter(**a_elle), F("question"), statut=F("etat")
        ),
        Cible.DEFINITION: _lignes(
            Cible.DEFINITION, DefinitionCommune.objects.filter(**a_elle).exclude(texte=""),
            Value("Définition commune de l’inclusion numérique"),
        ),
        Cible.LIMITE: _lignes(
            Cible.LIMITE, LimiteDAction.objects.filter(**a_elle, decision=None), F("libelle"),
            statut=F("categorie"),
        ),
        Cible.SEANCE: _lignes(
            Cible.SEANCE, closes, Cast(TruncDate("debut"), TEXTE), chez=F("instance")
        ),
    }  # fmt: skip


def choisissables(demarche: Demarche) -> list[Objet]:
    """Tous les objets sur lesquels un point ou une décision peut porter, par type puis dans leur ordre.

    Une seule requête : les types se lisent ensemble.
    """
    requetes = list(_requetes(demarche).values())
    lignes = requetes[0].union(*requetes[1:], all=True)
    ordre = {type_: rang for rang, type_ in enumerate(Cible.values)}
    return [_objet(ligne) for ligne in sorted(lignes, key=lambda ligne: (ordre[ligne[0]], ligne[1]))]


def _objet(ligne) -> Objet:
    type_, _, cible, libelle, etat, qui, cle, instance = ligne
    dire = DITS.get(type_)
    return Objet(type_, cible, (dire(libelle) if dire else libelle)[:250], etat, qui, cle, instance)


DITS = {
    Cible.JALON.value: lambda code: CodeJalon(code).label,
    Cible.SEANCE.value: lambda debut: f"Compte rendu de la séance du {debut[8:10]}/{debut[5:7]}/{debut[:4]}",
}


def trouver(demarche: Demarche, type_: str, cible: UUID | None) -> Objet | None:
    """L'objet, s'il est de cette démarche et que l'on peut encore en décider ; une requête."""
    requete = _requetes(demarche).get(type_)
    ligne = requete.filter(uuid=cible).first() if requete is not None and cible else None
    return _objet(ligne) if ligne else None


def lire_valeur(valeur: str) -> tuple[str, UUID | None]:
    """« fiche:0c6f… » → (« fiche », l'identifiant). Lève ValidationError si cela n'en a pas la forme."""
    if not valeur:
        return "", None
    type_, _, identifiant = valeur.partition(":")
    try:
        if type_ not in set(Cible.values) - {""}:
            raise ValueError(type_)
        return type_, UUID(identifiant)
    except ValueError as erreur:
        raise ValidationError("Choisissez un objet de la liste.") from erreur


def en_groupes(objets: list[Objet], vide: str) -> list:
    """Les choix d'une liste, groupés par type."""
    groupes: dict[str, list] = {}
    for objet in objets:
        groupes.setdefault(Cible(objet.type).label, []).append((objet.valeur, objet.libelle))
    return [("", vide), *groupes.items()]
