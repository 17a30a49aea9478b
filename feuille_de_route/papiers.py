"""Demander un papier : qui peut, quand, et jamais deux fois le même.

Module léger (ni WeasyPrint, ni python-docx) : l'écran inscrit la demande, le travailleur seul la réalise,
dans `documents.papiers.production`.
"""

from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from feuille_de_route.documents.papiers.contexte import contenu, lire, sha_de
from feuille_de_route.mise_en_oeuvre import bilans
from feuille_de_route.models import EtatPapier, FormatPapier, NaturePapier, Papier
from gouvernance.models import CahierDesCharges, Demarche, EtatSeance, Evenement, Seance, Utilisateur
from gouvernance.permissions import DROITS, Acces, roles_de
from gouvernance.socle import coffre

PDF, DOCX = FormatPapier.PDF, FormatPapier.DOCX
TENUES = [EtatSeance.OUVERTE, EtatSeance.CLOSE]


class Modele(NamedTuple):
    """Un papier possible : ses formats, le droit de le demander, ce qu'il contient."""

    formats: tuple[FormatPapier, ...]
    droit: str
    aide: str
    tenue: bool = False  # seulement quand la séance est ouverte ou close
    reserve: bool = False  # lu par ceux-là seuls qui peuvent le demander
    suivi: bool = False  # seulement une fois la feuille de route signée


MODELES = {
    NaturePapier.ORDRE_DU_JOUR: Modele(
        (PDF, DOCX), "tenir_seance", "Date, lieu, points avec leur heure et leur rapporteur."
    ),
    NaturePapier.EMARGEMENT: Modele(
        (PDF,), "tenir_seance", "Une case à signer par siège, des lignes pour les invités.", reserve=True
    ),
    NaturePapier.RELEVE: Modele(
        (PDF, DOCX), "tenir_seance", "Les décisions numérotées et les réserves à lever.", tenue=True
    ),
    NaturePapier.PROCES_VERBAL: Modele(
        (PDF, DOCX), "tenir_seance", "Présents, quorum, échanges, décisions, signatures.", tenue=True
    ),
    NaturePapier.CAHIER: Modele(
        (PDF, DOCX), "cadrer", "Les sections, le calendrier, la définition commune, les adhésions."
    ),
    NaturePapier.REVUE: Modele(
        (PDF, DOCX), "tenir_seance", "Ce qui a bougé, ce qui est en retard, ce qui est à décider.", suivi=True
    ),
    NaturePapier.BILAN: Modele(
        (PDF, DOCX), "dresser_bilan", "Par axe et par fiche : état, mesures, dépenses, freins, décisions.",
        suivi=True,
    ),
}  # fmt: skip
SEULS = {NaturePapier.CAHIER, NaturePapier.REVUE, NaturePapier.BILAN}  # chacun a sa page
DE_LA_SEANCE = [nature for nature in MODELES if nature not in SEULS]


class Ligne(NamedTuple):
    """Un papier dans un format, tel que la page le montre. `pret` : le dernier que l'on peut lire ;
    `courant` : la dernière demande ; `refus` : pourquoi on ne peut pas le demander, vide si on le peut.
    """

    nature: NaturePapier
    format: FormatPapier
    courant: Papier | None
    pret: Papier | None
    perime: bool
    refus: str

    @property
    def mot(self) -> str:
        """« PDF », « Word »."""
        return "Word" if self.format == FormatPapier.DOCX else "PDF"

    @property
    def poids(self) -> str:
        """« 34 ko »."""
        return f"{max(1, round(self.pret.taille / 1000))}\u00a0ko" if self.pret else ""

    @property
    def en_preparation(self) -> bool:
        return self.courant is not None and self.courant.etat == EtatPapier.EN_FILE

    @property
    def echoue(self) -> bool:
        return self.courant is not None and self.courant.etat == EtatPapier.ECHEC

    @property
    def a_demander(self) -> bool:
        """Il n'y a pas de papier à jour, et aucun n'arrive."""
        return not self.en_preparation and (self.pret is None or self.perime or self.echoue)


def visibles(demarche: Demarche, acces: Acces) -> QuerySet:
    """Les papiers qu'une personne qui voit la démarche peut lire."""
    reserves = [
        nature
        for nature, modele in MODELES.items()
        if modele.reserve and not acces.autorise_nom(modele.droit)
    ]
    tenues = [nature for nature, modele in MODELES.items() if modele.tenue]
    papiers = Papier.objects.filter(demarche=demarche).exclude(nature__in=reserves)
    return papiers.filter(~Q(nature__in=tenues) | Q(seance__etat__in=TENUES))


def motif(nature: NaturePapier, seance: Seance | None, acces: Acces, dit: dict | None = None) -> str:
    """Pourquoi ce papier ne peut pas être demandé ; vide s'il le peut. `dit` : ce qu'il contient, quand la
    page l'a lu : le suivi est donc ouvert.
    """
    modele = MODELES[nature]
    if not acces.autorise_nom(modele.droit):
        return DROITS[modele.droit].refus
    if modele.suivi and dit is None and (refus := bilans.refus(acces.demarche)):
        return refus
    return motif_de_seance(nature, seance)


def motif_de_seance(nature: NaturePapier, seance: Seance | None) -> str:
    if seance is None:
        return ""
    if seance.etat == EtatSeance.ANNULEE:
        return "La séance est annulée."
    if MODELES[nature].tenue and seance.etat not in TENUES:
        return "Il se prépare une fois la séance ouverte."
    return ""


class Seul(NamedTuple):
    """Un papier qui a sa page : cahier des charges, revue d'une séance, bilan d'une année. `dit` : ce que la
    page a déjà lu pour le montrer.
    """

    nature: str
    annee: int | None = None
    dit: dict | None = None


def lignes(
    demarche: Demarche, acces: Acces, seance: Seance | None = None, seul: Seul | None = None
) -> list[Ligne]:
    """Ce que montre la page d'une séance, ou celle d'un papier qui a la sienne (`seul`) : deux requêtes, et
    celles de la revue ou du bilan si la page ne les a pas déjà lus.
    """
    seul = seul or (None if seance else Seul(NaturePapier.CAHIER))
    natures = [NaturePapier(seul.nature)] if seul else DE_LA_SEANCE
    annee, lu_la = (seul.annee, seul.dit) if seul else (None, None)
    lu = lire(demarche.pk, seance.pk if seance else None) if lu_la is None else None
    gardes = {
        (papier.nature, papier.format, papier.etat): papier
        for papier in visibles(demarche, acces)
        .filter(seance=seance, annee=annee, nature__in=natures)
        .order_by("nature", "format", "etat", "-pk")
        .distinct("nature", "format", "etat")
    }
    return [
        _ligne(nature, format_, gardes, contenu_sha=sha, refus=refus)
        for nature in natures
        if _se_montre(nature, acces)
        for refus in [motif(nature, seance, acces, lu_la)]
        for sha in [sha_de(nature, contenu(nature, lu, annee) if lu_la is None else lu_la)]
        for format_ in MODELES[nature].formats
    ]


def dit(nature: str, demarche: Demarche, seance: Seance | None = None, annee: int | None = None) -> dict:
    """Ce que dirait ce papier s'il se faisait maintenant."""
    return contenu(nature, lire(demarche.pk, seance.pk if seance else None), annee)


def _se_montre(nature: NaturePapier, acces: Acces) -> bool:
    return not MODELES[nature].reserve or acces.autorise_nom(MODELES[nature].droit)


def _ligne(nature, format_, gardes: dict, *, contenu_sha: str, refus: str) -> Ligne:
    de_lui = [papier for (n, f, _), papier in gardes.items() if (n, f) == (nature, format_)]
    pret = gardes.get((nature, format_, EtatPapier.PRET))
    return Ligne(
        nature=nature,
        format=format_,
        courant=max(de_lui, key=lambda papier: papier.pk, default=None),
        pret=pret,
        perime=pret is not None and pret.sha_contenu != contenu_sha,
        refus=refus,
    )


@transaction.atomic
def demander(nature: str, format_: str, *, demarche: Demarche, par: Utilisateur | None, **ou) -> Papier:
    """Inscrit la demande d'un papier ; rend celui qui est en préparation, ou déjà fait et qui dit la même
    chose.

    Lève PermissionDenied (rôle) ; ValidationError si la séance ne le permet pas, ou si le papier n'existe
    pas dans ce format. `par=None` désigne une commande d'exploitation ; `ou` : la `seance`, ou l'`annee`.
    """
    seance, annee = ou.get("seance"), ou.get("annee")
    modele = MODELES[NaturePapier(nature)]
    if par is not None and not DROITS[modele.droit].roles & roles_de(par, demarche.pk):
        raise PermissionDenied(DROITS[modele.droit].refus)
    if format_ not in modele.formats:
        raise ValidationError("Ce papier n’existe pas dans ce format.")
    Demarche.objects.verrouiller(demarche.pk, no_key=True)
    _verifier(NaturePapier(nature), demarche, seance, annee)
    ou = {"demarche": demarche, "seance": seance, "annee": annee}
    memes = Papier.objects.filter(**ou, nature=nature, format=format_)
    if (deja := _deja(memes, demarche, seance)) is not None:
        return deja
    papier = Papier(**ou, nature=nature, format=format_)
    papier.attribuer(par)
    papier.save()
    quoi = seance.reference if seance else annee or ""
    Evenement.consigner(papier, "demander un papier", par=par, vers=quoi)
    return papier


def _verifier(nature: NaturePapier, demarche: Demarche, seance: Seance | None, annee=None) -> None:
    if seance is not None:
        seance = Seance.objects.get(pk=seance.pk)  # son état a pu changer depuis la page
    elif nature == NaturePapier.CAHIER and not CahierDesCharges.objects.filter(demarche=demarche).exists():
        raise ValidationError("Le cahier des charges n’est pas encore ouvert.")
    if refus := motif_de_seance(nature, seance):
        raise ValidationError(refus)
    if MODELES[nature].suivi and (refus := bilans.refus(demarche, annee)):
        raise ValidationError(refus)


def _deja(memes: QuerySet, demarche: Demarche, seance: Seance | None) -> Papier | None:
    """Celui qui se prépare, ou le dernier fait s'il dirait la même chose et que son fichier est bien là."""
    if (en_file := memes.filter(etat=EtatPapier.EN_FILE).first()) is not None:
        return en_file
    pret = memes.filter(etat=EtatPapier.PRET).order_by("-pk").first()
    if pret is None:
        return None
    sha = sha_de(pret.nature, dit(pret.nature, demarche, seance, pret.annee))
    return pret if pret.sha_contenu == sha and _est_au_coffre(pret) else None


def _est_au_coffre(papier: Papier) -> bool:
    try:
        coffre.lire(papier.empreinte, papier.format)
    except (coffre.ObjetAbsent, coffre.ObjetAltere):
        return False
    return True
