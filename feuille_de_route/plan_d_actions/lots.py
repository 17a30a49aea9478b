"""Agir sur plusieurs fiches d'un seul geste : dire ce qui changera et ce qui ne le peut pas, puis le faire.

Tout ou rien : si l'une des fiches annoncées a changé entre-temps, aucune n'est touchée, et on la nomme.
"""

from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, Model, OuterRef
from django.utils import timezone
from django.utils.text import capfirst

from feuille_de_route import fiches as regles
from feuille_de_route.models import EtatFiche, FicheAction, Priorite
from feuille_de_route.plan_d_actions.plan import numeroter
from feuille_de_route.redaction.completude import VIDE, contenus, obligatoires
from gouvernance.edition import consommer
from gouvernance.models import Demarche, Evenement, Membre, StatutMembre, Structure, Utilisateur
from gouvernance.permissions import exiger
from gouvernance.socle.modeles import Conflit

DROIT = "editer_fiches"
AU_PLUS = 300  # fiches d'un même geste
RIEN = "–"


class Acte(NamedTuple):
    """`champ` : celui de la fiche que l'acte écrit ; vide s'il la fait changer d'état."""

    libelle: str
    champ: str
    question: str = ""


ACTES = {
    "axe": Acte("Changer d’axe", "axe", "Quel axe ?"),
    "priorite": Acte("Changer la priorité", "priorite", "Quelle priorité ?"),
    "porteur": Acte("Changer de structure porteuse", "structure_porteuse", "Quelle structure ?"),
    "instance": Acte("Changer d’instance de suivi", "instance_suivi", "Quelle instance ?"),
    "rapide": Acte("Marquer un premier résultat rapide", "gain_rapide", "Un résultat en six mois ?"),
    "proposer": Acte("Proposer les fiches", ""),
}


class Valeur(NamedTuple):
    """Ce que l'acte écrirait : `objet` en base, `libelle` à l'écran."""

    code: str
    libelle: str
    objet: object


class Effet(NamedTuple):
    """Ce que l'acte ferait à une fiche ; `motif` : pourquoi il ne lui ferait rien."""

    fiche: FicheAction
    avant: str
    apres: str
    motif: str = ""


class Depassee(Conflit):
    """Des fiches ont changé depuis la page de confirmation ; `phrases` les nomme."""

    def __init__(self, phrases: list[str]):
        super().__init__(" ".join(phrases))
        self.phrases = phrases


def valeurs(acte: str, demarche: Demarche) -> dict[str, Valeur]:
    """Les valeurs que l'acte peut donner ; aucune s'il n'en demande pas."""
    if acte == "axe":
        axes = numeroter(list(demarche.axes.all()))
        toutes = [Valeur(str(axe.uuid), libelle, axe) for axe, libelle in axes]
    elif acte == "priorite":
        toutes = [Valeur(str(code), str(libelle), code) for code, libelle in Priorite.choices]
    elif acte == "porteur":
        toutes = [Valeur(str(s.uuid), str(s), s) for s in _structures(demarche)]
    elif acte == "instance":
        instances = demarche.instances.filter(dissoute_le=None)
        toutes = [Valeur(str(i.uuid), str(i), i) for i in instances]
    elif acte == "rapide":
        toutes = [Valeur("oui", "Oui", True), Valeur("non", "Non", False)]
    else:
        toutes = []
    return {valeur.code: valeur for valeur in toutes}


def _structures(demarche: Demarche):
    membres = Membre.objects.filter(
        structure=OuterRef("pk"), gouvernance=demarche.gouvernance_id,
        statut__in=[StatutMembre.CONFIRME, StatutMembre.CANDIDAT],
    )  # fmt: skip
    return Structure.objects.filter(Exists(membres)).order_by("nom")


def prevoir(acte: str, valeur: Valeur | None, fiches: list[FicheAction]) -> list[Effet]:
    """Ce que l'acte ferait à chaque fiche, dans leur ordre. Une requête au plus."""
    if acte == "proposer":
        contenu = contenus([fiche.pk for fiche in fiches])
        return [_effet_proposer(fiche, contenu.get(fiche.pk, VIDE)) for fiche in fiches]
    return [_effet_champ(ACTES[acte].champ, valeur, fiche) for fiche in fiches]


def _effet_proposer(fiche: FicheAction, contenu) -> Effet:
    transition, avant = regles.TRANSITIONS["proposer"], fiche.get_etat_display()
    motif = ""
    if fiche.etat not in transition.depuis:
        motif = f"elle est déjà « {avant} »"
    elif manques := obligatoires(fiche, contenu):
        motif = " ".join(manques)
    return Effet(fiche, avant, EtatFiche(transition.vers).label, motif)


def _effet_champ(champ: str, valeur: Valeur, fiche: FicheAction) -> Effet:
    actuel = getattr(fiche, champ)
    motif = ""
    if fiche.etat == EtatFiche.ECARTEE:
        motif = "elle est écartée : reprenez-la d’abord"
    elif actuel == valeur.objet:
        motif = "c’est déjà le cas"
    apres = str(valeur.objet) if isinstance(valeur.objet, Model) else valeur.libelle
    return Effet(fiche, _dire(fiche, champ), apres, motif)


def _dire(fiche: FicheAction, champ: str) -> str:
    if champ == "gain_rapide":
        return "Oui" if fiche.gain_rapide else "Non"
    if champ == "priorite":
        return fiche.get_priorite_display() or RIEN
    return str(getattr(fiche, champ) or RIEN)


def choisies(demarche: Demarche, numeros: list[int], par: Utilisateur) -> list[FicheAction]:
    """Les fiches que l'on a cochées, et que l'on voit, par numéro."""
    visibles = FicheAction.objects.visibles_par(par).filter(demarche=demarche, numero__in=numeros[:AU_PLUS])
    return list(_avec_liens(visibles).order_by("numero"))


def _avec_liens(fiches):
    return fiches.select_related("axe", "structure_porteuse", "instance_suivi")


@transaction.atomic
def appliquer(
    acte: str, valeur: str, versions: dict[int, int], *, par: Utilisateur, demarche: Demarche,
    jeton: UUID | None = None,
) -> int:  # fmt: skip
    """Fait l'acte sur les fiches annoncées et rend leur nombre.

    `versions` : numéro de fiche → version montrée à la confirmation. Lève PermissionDenied (rôle),
    ValidationError (étape, valeur, fiche qui ne le peut pas), Depassee (une fiche a changé), DejaFait.
    """
    demarche = Demarche.objects.verrouiller(demarche.pk, no_key=True)
    exiger(par, demarche, DROIT)
    consommer(jeton, par)
    possibles = valeurs(acte, demarche)
    if ACTES[acte].champ and valeur not in possibles:
        raise ValidationError("Cette valeur n’est plus proposée : choisissez-en une autre.")
    tenues = _tenir(demarche, versions, par)
    effets = prevoir(acte, possibles.get(valeur), tenues)
    if refus := [f"« {effet.fiche} » : {effet.motif}" for effet in effets if effet.motif]:
        raise ValidationError(refus)
    for effet in effets:
        if acte == "proposer":
            regles.effectuer("proposer", effet.fiche.pk, par=par)
        else:
            _ecrire(effet, ACTES[acte].champ, possibles[valeur].objet, par)
    return len(effets)


def _tenir(demarche: Demarche, versions: dict[int, int], par: Utilisateur) -> list[FicheAction]:
    """Les fiches, verrouillées dans l'ordre de leur clé ; lève Depassee si l'une n'est plus ce qu'on a vu."""
    visibles = FicheAction.objects.visibles_par(par).values("pk")
    siennes = demarche.fiches.filter(numero__in=list(versions), pk__in=visibles)
    tenues = list(_avec_liens(siennes).select_for_update(of=("self",)).order_by("pk"))
    if not tenues:
        raise ValidationError("Cochez au moins une fiche.")
    phrases = [
        f"« {fiche} » a été modifiée depuis : relisez-la, puis confirmez de nouveau."
        for fiche in tenues
        if fiche.version != versions[fiche.numero]
    ]
    manquantes = sorted(set(versions) - {fiche.numero for fiche in tenues})
    phrases += [f"La fiche n° {numero} n’est plus dans le plan." for numero in manquantes]
    if phrases:
        raise Depassee(phrases)
    for fiche in tenues:
        fiche.demarche = demarche
    return tenues


def _ecrire(effet: Effet, champ: str, objet, par: Utilisateur) -> None:
    fiche = effet.fiche
    ecrit = {champ: objet, "modifie_par": par, "modifie_le": timezone.now()}
    fiche.verrouiller_version(fiche.version, **ecrit)
    libelle = capfirst(FicheAction._meta.get_field(champ).verbose_name)
    details = [[libelle, effet.avant, effet.apres]]
    Evenement.consigner_saisie(fiche, "modifier : plusieurs fiches", par=par, details=details)
