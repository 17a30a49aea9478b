"""Le fil d'or : du constat à l'enjeu, à l'axe, à la fiche, et la séance qui a validé chacun ; ce qui manque.

Un même fil se lit de la base (lecture_du_fil, pour le site et la soumission) ou d'un fichier d'échange
(`de_l_export`, pour le document imprimé) ; les règles (`orphelins`) ne connaissent que le fil.

La méthode : « les enjeux suivent du diagnostic », « les axes y répondent », les fiches les réalisent.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from django.utils.dateparse import parse_date

from diagnostic.models import EtatEnjeu
from feuille_de_route.models import EtatFiche
from gouvernance.models import CodeJalon, EtatJalon, TypeInstance


class Genre(StrEnum):
    CONSTAT = "constat"
    ENJEU = "enjeu"
    AXE = "axe"
    FICHE = "fiche"


# Le jalon dont la décision valide chaque genre ; une fiche a la sienne.
JALONS = {
    Genre.CONSTAT: CodeJalon.DIAGNOSTIC,
    Genre.ENJEU: CodeJalon.ENJEUX,
    Genre.AXE: CodeJalon.STRATEGIE,
}
VALIDES = {EtatJalon.VALIDE, EtatJalon.VALIDE_AVEC_RESERVES}


class Validation(NamedTuple):
    """La décision qui valide, et sa séance ; `seance` : son uuid sur le site, vide dans un fichier."""

    numero: str
    instance: str
    le: date | None
    seance: str = ""


@dataclass(eq=False)
class Maillon:
    """Un constat, un enjeu, un axe ou une fiche. `cle` : son uuid sur le site, sa référence dans un fichier ;
    `parent` : l'axe d'un sous-axe ; `liens` : les maillons reliés, par genre.
    """

    genre: Genre
    cle: str
    numero: str
    libelle: str
    etat: str = ""
    validation: Validation | None = None
    parent: "Maillon | None" = None
    liens: dict[Genre, list["Maillon"]] = field(default_factory=lambda: defaultdict(list))

    def __str__(self):
        return f"{self.numero}. {self.libelle}" if self.genre in {Genre.AXE, Genre.FICHE} else self.libelle

    def relier(self, autre: "Maillon") -> None:
        if autre not in self.liens[autre.genre]:
            self.liens[autre.genre].append(autre)
            autre.liens[self.genre].append(self)

    @property
    def constats(self) -> list["Maillon"]:
        return self.liens[Genre.CONSTAT]

    @property
    def axes(self) -> list["Maillon"]:
        return self.liens[Genre.AXE]

    @property
    def fiches(self) -> list["Maillon"]:
        return self.liens[Genre.FICHE]

    @property
    def enjeux(self) -> list["Maillon"]:
        """Ceux que l'on n'a pas écartés."""
        return [e for e in self.liens[Genre.ENJEU] if e.etat != EtatEnjeu.ECARTE]

    @property
    def axe(self) -> "Maillon | None":
        return next(iter(self.axes), None)


class Fil(NamedTuple):
    """Tous les maillons, dans l'ordre où ils se lisent ; `validations` : celle de chaque genre, s'il en a."""

    constats: list[Maillon]
    enjeux: list[Maillon]
    axes: list[Maillon]
    fiches: list[Maillon]
    validations: dict[Genre, Validation]

    @property
    def racines(self) -> list[Maillon]:
        return [axe for axe in self.axes if axe.parent is None]

    def sous_axes(self, axe: Maillon) -> list[Maillon]:
        return [a for a in self.axes if a.parent is axe]

    def enjeux_de_l_axe(self, axe: Maillon) -> list[Maillon]:
        """Les siens ; à défaut ceux de l'axe dont il dépend, à défaut ceux de ses sous-axes."""
        if axe.enjeux:
            return axe.enjeux
        if axe.parent is not None:
            return axe.parent.enjeux
        return _uniques(e for sous in self.sous_axes(axe) for e in sous.enjeux)

    def enjeux_par_l_axe(self, fiche: Maillon) -> list[Maillon]:
        """Ceux que la fiche sert par son axe, et qu'elle ne cite pas elle-même."""
        if fiche.axe is None:
            return []
        return [e for e in self.enjeux_de_l_axe(fiche.axe) if e not in fiche.enjeux]

    def enjeux_de_la_fiche(self, fiche: Maillon) -> list[Maillon]:
        return fiche.enjeux + self.enjeux_par_l_axe(fiche)

    def fiches_par_enjeu(self) -> dict[Maillon, list[Maillon]]:
        """Pour chaque enjeu, les fiches qui y répondent, par elles-mêmes ou par leur axe."""
        servis = defaultdict(list)
        for fiche in self.fiches:
            for enjeu in self.enjeux_de_la_fiche(fiche):
                servis[enjeu].append(fiche)
        return servis

    def validation(self, maillon: Maillon) -> Validation | None:
        return maillon.validation or self.validations.get(maillon.genre)


class Orphelin(NamedTuple):
    """Un lien qui manque : `manque` est le genre de maillon que l'on attend."""

    maillon: Maillon
    manque: Genre
    phrase: str


PHRASES = {
    (Genre.FICHE, Genre.AXE): "La fiche « {} » n’est rattachée à aucun axe.",
    (Genre.FICHE, Genre.ENJEU): "La fiche « {} » ne répond à aucun enjeu, ni par elle-même ni par son axe.",
    (Genre.AXE, Genre.ENJEU): "L’axe « {} » ne répond à aucun enjeu.",
    (Genre.AXE, Genre.FICHE): "L’axe « {} » n’a aucune fiche.",
    (Genre.ENJEU, Genre.AXE): "Aucun axe ne répond à l’enjeu « {} ».",
    (Genre.ENJEU, Genre.CONSTAT): "L’enjeu « {} » ne suit d’aucun constat.",
    (Genre.CONSTAT, Genre.ENJEU): "Le constat « {} » n’a conduit à aucun enjeu.",
}


def orphelins(fil: Fil) -> list[Orphelin]:
    """Les liens qui manquent, des fiches aux constats.

    On n'attend un lien qu'une fois commencé ce qu'il relie : tant qu'aucun axe n'est écrit, un enjeu sans axe
    n'est pas un oubli. Un constat dont l'enjeu a été écarté a servi : il n'est pas orphelin.
    """
    trouves = [_orphelin(f, Genre.AXE) for f in fil.fiches if fil.axes and f.axe is None]
    trouves += [_orphelin(f, Genre.ENJEU) for f in fil.fiches if fil.enjeux and not fil.enjeux_de_la_fiche(f)]
    for axe in fil.racines:
        lignee = [axe, *fil.sous_axes(axe)]
        if not any(a.enjeux for a in lignee):
            trouves.append(_orphelin(axe, Genre.ENJEU))
        if fil.fiches and not any(a.fiches for a in lignee):
            trouves.append(_orphelin(axe, Genre.FICHE))
    retenus = [e for e in fil.enjeux if e.etat == EtatEnjeu.RETENU]
    trouves += [_orphelin(e, Genre.AXE) for e in retenus if fil.axes and not e.axes]
    trouves += [_orphelin(e, Genre.CONSTAT) for e in retenus if not e.constats]
    if fil.enjeux:
        trouves += [_orphelin(c, Genre.ENJEU) for c in fil.constats if not c.liens[Genre.ENJEU]]
    return trouves


def _orphelin(maillon: Maillon, manque: Genre) -> Orphelin:
    return Orphelin(maillon, manque, PHRASES[maillon.genre, manque].format(maillon))


def _uniques(maillons: Iterable[Maillon]) -> list[Maillon]:
    return list(dict.fromkeys(maillons))


def de_l_export(donnees: dict) -> Fil:
    """Le fil d'un fichier d'échange (echange.exporter, ou le JSON figé d'une version)."""
    constats = {
        c["ref"]: Maillon(Genre.CONSTAT, c["ref"], c["ref"], c["intitule"])
        for c in (donnees.get("diagnostic") or {}).get("constats") or ()
    }
    axes = _axes_du_fichier(donnees)
    decisions = _decisions_du_fichier(donnees)
    fiches = {}
    for f in _fiches_vivantes(donnees):
        fiche = Maillon(Genre.FICHE, f["ref"], str(f.get("numero") or ""), f["titre"], f.get("etat") or "")
        fiche.validation = decisions.get(f.get("decision")) if fiche.etat == EtatFiche.RETENUE else None
        _relier(fiche, axes, [f.get("axe")])
        fiches[f["ref"]] = fiche
    enjeux = {}
    for e in donnees.get("enjeux") or ():
        enjeu = Maillon(Genre.ENJEU, e["ref"], e["ref"], e["question"], e.get("etat") or EtatEnjeu.PROPOSE)
        _relier(enjeu, constats, e.get("constats"))
        enjeux[e["ref"]] = enjeu
    for dit in [*_tous_les_axes(donnees), *_fiches_vivantes(donnees)]:
        _relier((axes | fiches)[dit["ref"]], enjeux, dit.get("enjeux"))
    acquis = {j["code"]: j.get("decision") for j in donnees.get("jalons") or () if j.get("etat") in VALIDES}
    validations = {g: v for g, code in JALONS.items() if (v := decisions.get(acquis.get(code)))}
    vivants = [e for e in enjeux.values() if e.etat != EtatEnjeu.ECARTE]
    return Fil(list(constats.values()), vivants, list(axes.values()), list(fiches.values()), validations)


def _relier(maillon: Maillon, connus: dict[str, Maillon], refs: list | None) -> None:
    for ref in refs or ():
        if ref in connus:
            maillon.relier(connus[ref])


def _fiches_vivantes(donnees: dict) -> list[dict]:
    return [f for f in donnees.get("fiches") or () if f.get("etat") != EtatFiche.ECARTEE]


def _tous_les_axes(donnees: dict) -> list[dict]:
    return [a for racine in donnees.get("axes") or () for a in (racine, *(racine.get("sous_axes") or ()))]


def _axes_du_fichier(donnees: dict) -> dict[str, Maillon]:
    maillons = {}
    for rang, racine in enumerate(donnees.get("axes") or (), start=1):
        axe = maillons[racine["ref"]] = Maillon(Genre.AXE, racine["ref"], str(rang), racine["intitule"])
        for place, sous in enumerate(racine.get("sous_axes") or (), start=1):
            numero = f"{rang}.{place}"
            maillons[sous["ref"]] = Maillon(Genre.AXE, sous["ref"], numero, sous["intitule"], parent=axe)
    return maillons


def _decisions_du_fichier(donnees: dict) -> dict[str, Validation]:
    """Référence d'une décision → ce que l'on en cite."""
    noms = dict(TypeInstance.choices)
    instances = {
        i["ref"]: i.get("nom") or noms.get(i.get("type"), "")
        for i in donnees.get("instances") or ()
        if i.get("ref")
    }
    return {
        d["ref"]: Validation(
            d.get("numero") or d.get("objet") or "",
            instances.get(seance.get("instance"), ""),
            parse_date((seance.get("debut") or "")[:10]),
        )
        for seance in donnees.get("seances") or ()
        for d in seance.get("decisions") or ()
        if d.get("ref")
    }
