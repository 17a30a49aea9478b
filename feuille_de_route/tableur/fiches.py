"""La liste des fiches actions en XLSX : une ligne par fiche, une colonne par réponse."""

from collections.abc import Iterator
from itertools import islice

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, Func, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Replace

from diagnostic.models import Enjeu
from feuille_de_route.financement import Compte, comptes
from feuille_de_route.models import (
    Competence,
    EtapeFiche,
    FicheAction,
    Indicateur,
    Partenariat,
    Public,
    Service,
)
from gouvernance.models import Epci, Structure
from gouvernance.socle.tableur import Classeur, Colonne

PAQUET = 500
FEUILLE = "Fiches actions"
COLONNES = [
    Colonne("N°", 6, "entier"), Colonne("Titre", 40, "long"), Colonne("Axe", 36, "long"),
    Colonne("État", 14), Colonne("Nature", 12), Colonne("Priorité", 10), Colonne("Résultat rapide", 10),
    Colonne("Structure porteuse", 28, "long"), Colonne("Pilote", 22, "long"),
    Colonne("Élu référent", 22, "long"), Colonne("Co-pilotes", 28, "long"),
    Colonne("Partenaires", 36, "long"), Colonne("Début", 12, "date"), Colonne("Fin", 12, "date"),
    Colonne("Étapes", 36, "long"), Colonne("Enjeux", 36, "long"), Colonne("Contexte", 60, "long"),
    Colonne("Besoins", 60, "long"), Colonne("Objectifs", 60, "long"), Colonne("Description", 60, "long"),
    Colonne("Première année", 36, "long"), Colonne("Services", 30, "long"), Colonne("Publics", 22, "long"),
    Colonne("Compétences", 30, "long"), Colonne("Territoires", 30, "long"),
    Colonne("Indicateurs", 36, "long"), Colonne("Moyens humains", 30, "long"),
    Colonne("Moyens matériels", 30, "long"), Colonne("Budget prévu", 15, "euros"),
    Colonne("Réalisé", 15, "euros"), Colonne("Acquis", 15, "euros"), Colonne("Espéré", 15, "euros"),
    Colonne("dont en nature", 15, "euros"), Colonne("Reste à trouver", 15, "euros"),
    Colonne("Montants inconnus", 10, "entier"), Colonne("Réalisation", 14), Colonne("Météo", 12),
    Colonne("Freins", 30, "long"), Colonne("Motif ou remarques", 30, "long"),
    Colonne("Proposée le", 12, "date"), Colonne("Retenue le", 12, "date"), Colonne("Modifiée le", 12, "date"),
]  # fmt: skip


def ecrire(flux, fiches: QuerySet[FicheAction], *, titre: str) -> None:
    """Le classeur d'une feuille. `fiches` : celles que la personne voit, déjà filtrées et triées."""
    with Classeur(flux, titre) as classeur:
        feuille = classeur.feuille(FEUILLE, COLONNES, 2)
        feuille.entetes()
        for fiche, compte in _chiffrees(fiches):
            feuille.ligne(_cellules(fiche, compte))
        feuille.filtrer(1)


def _chiffrees(fiches: QuerySet[FicheAction]) -> Iterator[tuple[FicheAction, Compte]]:
    """Chaque fiche et son compte : deux requêtes par paquet, la mémoire d'un paquet."""
    completes = fiches.select_related(
        "axe__parent", "structure_porteuse", "elu_referent__structure"
    ).annotate(**_listes())
    suite = completes.iterator(PAQUET)
    while paquet := list(islice(suite, PAQUET)):
        lus = comptes([fiche.pk for fiche in paquet])
        yield from ((fiche, lus.get(fiche.pk, Compte())) for fiche in paquet)


def _listes() -> dict:
    """Les listes de la fiche, chacune en une sous-requête."""
    siens = {"fiche": OuterRef("pk")}
    nom = Coalesce(NullIf("structure__sigle", Value("")), "structure__nom")
    apport = Concat(nom, Value(" – "), F("apport"))
    nombre = Cast(Func("cible", function="TRIM_SCALE"), CharField())  # « 85,5 », et non « 85.50 »
    nombre = Replace(nombre, Value("."), Value(","))
    cible = Concat("libelle", Value(" : "), Coalesce(nombre, Value("?")), Value(" "), "unite")
    return {
        "liste_copilotes": ArraySubquery(
            Structure.objects.filter(fiches_copilotees=OuterRef("pk")).values("nom")
        ),
        "liste_partenaires": ArraySubquery(
            Partenariat.objects.filter(**siens).annotate(dit=apport).values("dit")
        ),
        "liste_etapes": ArraySubquery(EtapeFiche.objects.filter(**siens).values("libelle")),
        "liste_enjeux": ArraySubquery(Enjeu.objects.filter(fiches=OuterRef("pk")).values("question")),
        "liste_territoires": ArraySubquery(Epci.objects.filter(fiches=OuterRef("pk")).values("nom")),
        "liste_indicateurs": ArraySubquery(
            Indicateur.objects.filter(**siens).annotate(dit=cible).values("dit")
        ),
    }


def _cellules(fiche: FicheAction, compte: Compte) -> list:
    return [*_identite(fiche), *_texte(fiche), *_argent(compte), *_suivi(fiche)]


def _identite(fiche: FicheAction) -> list:
    return [
        fiche.numero, fiche.titre, _axe(fiche), fiche.get_etat_display(), fiche.get_nature_display(),
        fiche.get_priorite_display(), fiche.gain_rapide, fiche.structure_porteuse,
        fiche.pilote, fiche.elu_referent, _joindre(fiche.liste_copilotes),
        _joindre([ligne.removesuffix(" – ") for ligne in fiche.liste_partenaires]), fiche.debut, fiche.fin,
        _joindre(fiche.liste_etapes),
    ]  # fmt: skip


def _texte(fiche: FicheAction) -> list:
    return [
        _joindre(fiche.liste_enjeux), fiche.contexte, fiche.besoins, fiche.objectifs, fiche.description,
        fiche.premiere_annee, _libelles(Service, fiche.services), _libelles(Public, fiche.publics),
        _libelles(Competence, fiche.competences), _joindre(fiche.liste_territoires) or "Tout le périmètre",
        _joindre([ligne.strip() for ligne in fiche.liste_indicateurs]), fiche.moyens_humains,
        fiche.moyens_materiels,
    ]  # fmt: skip


def _argent(compte: Compte) -> list:
    """Une fiche sans ligne de budget n'est pas chiffrée : des cases vides, et non zéro."""
    if compte.sens == "inconnu" and not compte.inconnus:
        return [None] * 7
    return [
        compte.budget if compte.lignes else None, compte.realise if compte.realises else None, compte.acquis,
        compte.espere, compte.valorise, compte.solde, compte.inconnus or None,
    ]  # fmt: skip


def _suivi(fiche: FicheAction) -> list:
    return [
        fiche.get_etat_realisation_display(), fiche.get_meteo_display(), fiche.freins, fiche.motif,
        fiche.proposee_le, fiche.retenue_le, fiche.modifie_le,
    ]  # fmt: skip


def _axe(fiche: FicheAction) -> str:
    if fiche.axe is None:
        return ""
    return f"{fiche.axe.parent} › {fiche.axe}" if fiche.axe.parent_id else str(fiche.axe)


def _libelles(choix, valeurs: list[str]) -> str:
    return _joindre([choix(valeur).label for valeur in valeurs])


def _joindre(textes: list[str]) -> str:
    return " ; ".join(textes)
