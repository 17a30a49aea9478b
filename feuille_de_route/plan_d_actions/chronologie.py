"""Le calendrier des actions : un dessin (une barre par fiche) et la même chose en tableau, par trimestre."""

from datetime import date, timedelta
from typing import NamedTuple

from feuille_de_route.models import EtapeFiche
from feuille_de_route.plan_d_actions.plan import Ligne

MARGE, LARGEUR, ENTETE, RANGEE = 290, 600, 44, 26  # en unités du dessin
TITRE = 40  # signes du titre montrés à gauche de la barre
ANS_AVANT, ANS_APRES = 5, 10  # au-delà, une date est sûrement une faute de frappe : la barre est coupée


class Trimestre(NamedTuple):
    annee: int
    rang: int  # 1 à 4

    @property
    def debut(self) -> date:
        return date(self.annee, 3 * self.rang - 2, 1)

    @property
    def suivant(self) -> "Trimestre":
        return Trimestre(self.annee + self.rang // 4, self.rang % 4 + 1)

    @property
    def libelle(self) -> str:
        return f"{'1er' if self.rang == 1 else f'{self.rang}e'} trimestre {self.annee}"


def trimestre_de(jour: date) -> Trimestre:
    return Trimestre(jour.year, (jour.month + 2) // 3)


class Barre(NamedTuple):
    """`y` : le haut de la rangée ; `pied` : celui du texte ; `ouverte` : sans date de fin ; `etapes` :
    (x, faite). Le gabarit la déplie : c'est deux fois plus rapide que de nommer ses champs.
    """

    titre: str
    y: int
    pied: int
    milieu: int
    x: float
    largeur: float
    ouverte: bool
    etat: str
    etapes: list[tuple[float, bool]]


class Renvoi(NamedTuple):
    """Une fiche, à lier."""

    uuid: str
    titre: str


class Attendue(NamedTuple):
    """Une étape d'une fiche."""

    quand: str
    libelle: str
    suite: str


class Moment(NamedTuple):
    """Un trimestre du tableau."""

    trimestre: Trimestre
    commencent: list[Renvoi]
    etapes: list[Attendue]
    finissent: list[Renvoi]
    en_cours: bool


class Chronologie(NamedTuple):
    barres: list[Barre]
    graduations: list[tuple[float, str, bool]]  # (x, « T3 », trait plein) ; sans texte si c'est trop serré
    annees: list[tuple[float, str]]
    aujourd_hui: float | None
    hauteur: int
    moments: list[Moment]
    sans_date: list[Ligne]
    coupee: bool

    @property
    def largeur(self) -> int:
        return MARGE + LARGEUR

    @property
    def bandes(self) -> list[int]:
        """Une rangée sur deux, sur fond clair."""
        return [barre.y for barre in self.barres[1::2]]


def chronologie(lignes: list[Ligne], etapes: dict[int, list[EtapeFiche]], jour: date) -> Chronologie:
    """Les fiches datées dans l'ordre où elles commencent ; les autres, à part."""
    datees = [ligne for ligne in lignes if ligne.fiche.debut or ligne.fiche.fin]
    datees.sort(key=lambda ligne: (_bornes(ligne)[0], _bornes(ligne)[1], ligne.fiche.numero))
    sans_date = [ligne for ligne in lignes if not (ligne.fiche.debut or ligne.fiche.fin)]
    debut, fin, coupee = _etendue(datees, etapes, jour)
    echelle = _Echelle(debut, fin)
    barres = [
        _barre(ligne, rang, echelle, etapes.get(ligne.fiche.pk, ())) for rang, ligne in enumerate(datees)
    ]
    return Chronologie(
        barres=barres,
        graduations=_graduations(echelle),
        annees=_annees(echelle),
        aujourd_hui=echelle.x(jour) if debut <= jour <= fin else None,
        hauteur=ENTETE + RANGEE * len(barres) + 8,
        moments=_moments(datees, etapes, jour),
        sans_date=sans_date,
        coupee=coupee,
    )


def etapes_de(lignes: list[Ligne]) -> dict[int, list[EtapeFiche]]:
    """Identifiant de fiche → ses étapes datées, en une requête."""
    trouvees: dict[int, list[EtapeFiche]] = {}
    cles = [ligne.fiche.pk for ligne in lignes]
    for etape in EtapeFiche.objects.filter(fiche__in=cles, echeance__isnull=False):
        trouvees.setdefault(etape.fiche_id, []).append(etape)
    return trouvees


def _bornes(ligne: Ligne) -> tuple[date, date]:
    fiche = ligne.fiche
    return fiche.debut or fiche.fin, fiche.fin or fiche.debut


def _etendue(datees, etapes, jour: date) -> tuple[date, date, bool]:
    """Des trimestres entiers, bornés ; vrai si des dates en sortent."""
    dates = [d for ligne in datees for d in _bornes(ligne)]
    dates += [e.echeance for ligne in datees for e in etapes.get(ligne.fiche.pk, ())]
    premiere, derniere = min(dates, default=jour), max(dates, default=jour)
    tot, tard = date(jour.year - ANS_AVANT, 1, 1), date(jour.year + ANS_APRES, 12, 31)
    coupee = premiere < tot or derniere > tard
    premiere, derniere = min(max(premiere, tot), tard), max(min(derniere, tard), tot)
    fin = trimestre_de(derniere).suivant.debut - timedelta(days=1)
    return trimestre_de(premiere).debut, fin, coupee


class _Echelle(NamedTuple):
    debut: date
    fin: date

    def x(self, jour: date) -> float:
        jours = (min(max(jour, self.debut), self.fin) - self.debut).days
        return round(MARGE + LARGEUR * jours / ((self.fin - self.debut).days + 1), 1)


def _trimestres(echelle: _Echelle) -> list[Trimestre]:
    trimestre, suite = trimestre_de(echelle.debut), []
    while trimestre.debut <= echelle.fin:
        suite.append(trimestre)
        trimestre = trimestre.suivant
    return suite


def _graduations(echelle: _Echelle) -> list[tuple[float, str, bool]]:
    """Un trait par trimestre ; leurs noms, tant qu'ils se lisent."""
    suite = _trimestres(echelle)
    lisible = len(suite) <= LARGEUR // 24
    return [
        (echelle.x(t.debut), f"T{t.rang}" if lisible else "", t.rang == 1)
        for t in suite
        if lisible or t.rang == 1
    ]


def _annees(echelle: _Echelle) -> list[tuple[float, str]]:
    """L'année au-dessus de son premier trimestre ; pas s'il n'en reste que le dernier, trop étroit."""
    suite = _trimestres(echelle)
    return [
        (echelle.x(t.debut) + 4, str(t.annee))
        for rang, t in enumerate(suite)
        if t.rang == 1 or (rang == 0 and t.rang < 4)
    ]


def _barre(ligne: Ligne, rang: int, echelle: _Echelle, etapes) -> Barre:
    fiche, (debut, fin) = ligne.fiche, _bornes(ligne)
    ouverte = fiche.fin is None
    x, y = echelle.x(debut), ENTETE + RANGEE * rang
    bout = echelle.x(echelle.fin if ouverte else fin + timedelta(days=1) if fin < echelle.fin else fin)
    titre, milieu = str(fiche), y + RANGEE // 2
    return Barre(
        titre if len(titre) <= TITRE else titre[: TITRE - 1].rstrip() + "…",
        y, milieu + 4, milieu, x, round(max(bout - x, 4), 1), ouverte, fiche.etat_realisation or fiche.etat,
        [(echelle.x(e.echeance), e.faite_le is not None) for e in etapes],
    )  # fmt: skip


def _moments(datees: list[Ligne], etapes, jour: date) -> list[Moment]:
    """Un par trimestre où il se passe quelque chose, plus celui où l'on est."""
    moments: dict[Trimestre, Moment] = {}

    def au(quand: date) -> Moment:
        quel = trimestre_de(quand)
        return moments.setdefault(quel, Moment(quel, [], [], [], quel == trimestre_de(jour)))

    attendues = []
    for ligne in datees:
        fiche = ligne.fiche
        renvoi = Renvoi(str(fiche.uuid), str(fiche))
        if fiche.debut:
            au(fiche.debut).commencent.append(renvoi)
        if fiche.fin:
            au(fiche.fin).finissent.append(renvoi)
        attendues += [(etape.echeance, fiche.numero, etape) for etape in etapes.get(fiche.pk, ())]
    for quand, numero, etape in sorted(attendues, key=lambda a: a[:2]):
        suite = f"fiche {numero}, faite" if etape.faite_le else f"fiche {numero}"
        au(quand).etapes.append(Attendue(f"{quand:%d/%m}", etape.libelle, suite))
    if moments:
        au(jour)
    return [moments[trimestre] for trimestre in sorted(moments)]
