"""Le cahier des charges, en blocs : ses sections, son calendrier, ce que les parties entendent par là."""

from feuille_de_route.documents.contenu.lecture import INSECABLE
from feuille_de_route.documents.papiers.blocs import (
    Colonne,
    Ecrit,
    Faits,
    Note,
    Passage,
    Tableau,
    Texte,
    Titre,
    passages,
)
from feuille_de_route.documents.papiers.dire import jour_de, lire_instant
from feuille_de_route.models import NaturePapier
from gouvernance.models import CodeJalon, EtatJalon, TypeInstance

SECTIONS = (
    ("contexte", "Contexte"),
    ("objectifs", "Objectifs"),
    ("perimetre", "Périmètre"),
    ("methode", "Méthode"),
    ("moyens", "Moyens"),
    ("vigilance", "Points de vigilance"),
)


def cahier(dit: dict) -> Ecrit:
    blocs: list = [Faits(_faits(dit))]
    for rang, (cle, titre) in enumerate(SECTIONS, start=1):
        texte = passages(dit[cle])
        blocs += [Titre(titre, numero=str(rang)), Texte(texte) if texte else Note("À écrire.")]
    suites = [_calendrier(dit), _definition(dit), _glossaire(dit), _adhesions(dit)]
    for rang, (titre, *contenu) in enumerate(filter(None, suites), start=len(SECTIONS) + 1):
        blocs += [Titre(titre, numero=str(rang)), *contenu]
    return Ecrit(
        nature=NaturePapier.CAHIER,
        titre=NaturePapier.CAHIER.label,
        sous_titre=dit["demarche"],
        surtitre=dit["departement"],
        reference=f"Édition{INSECABLE}{dit['edition']}",
        blocs=blocs,
    )


def _faits(dit: dict) -> list[tuple[str, str]]:
    lignes = [
        ("Département", dit["departement"]),
        ("Porteur", dit["porteur"]),
    ]
    return [(libelle, valeur) for libelle, valeur in lignes if valeur]


def _calendrier(dit: dict) -> tuple | None:
    if not dit["jalons"]:
        return None
    colonnes = [
        Colonne("Jalon", 32), Colonne("Échéance", 20), Colonne("Instance qui valide", 30),
        Colonne("État", 18),
    ]  # fmt: skip
    lignes = [
        [
            CodeJalon(jalon["code"]).label,
            jour_de(jalon["echeance"]) if jalon["echeance"] else "à fixer",
            jalon["instance"] or "à désigner",
            EtatJalon(jalon["etat"]).label,
        ]
        for jalon in dit["jalons"]
    ]
    return "Calendrier", Tableau("Les moments de validation", colonnes, lignes)


def _definition(dit: dict) -> tuple | None:
    definition = dit["definition"]
    if not definition or not definition["texte"].strip():
        return None
    return "Définition commune", Texte(passages(definition["texte"])), Note(_adoption(definition))


def _adoption(definition: dict) -> str:
    edition = f"Édition{INSECABLE}{definition['edition']} de la définition"
    if "debut" not in definition:
        return f"{edition}, qui n’est pas encore adoptée."
    seance = lire_instant(definition["debut"])
    sigle = definition["type_instance"].replace("_", "-").upper()
    numero = f"{seance.year}-{sigle}-{definition['numero']:02d}-D{definition['ordre']}"
    nom = definition["instance"] or TypeInstance(definition["type_instance"]).label
    return f"{edition}, adoptée le {jour_de(seance)} par la décision {numero}, {nom}."


def _glossaire(dit: dict) -> tuple | None:
    if not dit["glossaire"]:
        return None
    lignes = [[terme["terme"], terme["definition"]] for terme in dit["glossaire"]]
    colonnes = [Colonne("Terme", 28), Colonne("Ce que nous entendons", 72)]
    return "Glossaire", Tableau("Les mots employés dans le même sens", colonnes, lignes)


def _adhesions(dit: dict) -> tuple:
    adhesions = [[a["structure"], jour_de(lire_instant(a["le"]))] for a in dit["adhesions"]]
    deja = {a["structure"] for a in dit["adhesions"]}
    absents = [membre["structure"] for membre in dit["membres"] if membre["structure"] not in deja]
    blocs: list = []
    if adhesions:
        colonnes = [Colonne("Structure", 68), Colonne("A adhéré le", 32)]
        titre = f"Ont adhéré à l’édition{INSECABLE}{dit['edition']}"
        blocs.append(Tableau(titre, colonnes, adhesions))
    else:
        blocs.append(Note(f"Aucune structure n’a encore adhéré à l’édition{INSECABLE}{dit['edition']}."))
    if absents:
        blocs.append(Titre("N’ont pas encore adhéré", niveau=2))
        blocs.append(Texte([Passage(absents, liste=True)]))
    return "Adhésions", *blocs
