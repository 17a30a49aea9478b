"""De quoi écrire un schéma : textes, renvois, listes, objets tirés des modèles, codes de référentiel."""

from feuille_de_route.echange.format import OBJETS
from feuille_de_route.echange.valeurs import DATE, schema_du_champ

REF = r"^[A-Za-z][A-Za-z0-9_-]{0,29}$"


def texte(description: str, **reste) -> dict:
    return {"description": description, "type": ["string", "null"], **reste}


def renvoi(description: str, *genres: str, requis: bool = False) -> dict:
    nature = "string" if requis else ["string", "null"]
    return {"description": description, "type": nature, "pattern": REF, "x-renvoi": list(genres)}


def ref(genre: str) -> dict:
    description = "Référence locale au fichier, unique ; les autres objets s’en servent pour le désigner."
    return texte(description, pattern=REF, **{"x-definit": genre})


def liste(description: str, elements: dict, *uniques: str) -> dict:
    schema = {"description": description, "type": ["array", "null"], "items": elements}
    return schema | ({"x-unique": list(uniques)} if uniques else {})


def objet(nom: str | None, description: str, *, requis: tuple = (), nullable: bool = False, **liens) -> dict:
    """Les champs simples de l'objet `nom`, puis ses liens ; aucune autre clé n'est admise."""
    proprietes, obligatoires = {}, list(requis)
    if nom:
        modele = OBJETS[nom]
        for cle, sens in modele.champs.items():
            exige = modele.requis(cle)
            schema = schema_du_champ(modele.champ(cle), requis=exige)
            proprietes[cle] = {"description": sens, **schema}
            obligatoires += [cle] if exige else []
    nature = ["object", "null"] if nullable else "object"
    schema = {"description": description, "type": nature, "properties": proprietes | liens}
    return schema | {"required": sorted(obligatoires), "additionalProperties": False}


def nomme(description: str, genre: str, cle="code", *, requis: bool = False, nom="libelle") -> dict:
    """Un code de référentiel et son nom, informatif : l'import ne lit que le code."""
    code = {"description": "Code, seul lu à l’import.", "type": "string", "x-code": genre}
    return {
        "description": description,
        "type": "object" if requis else ["object", "null"],
        "properties": {cle: code, nom: texte("Nom, pour information.")},
        "required": [cle],
        "additionalProperties": False,
    }


def epci(description: str) -> dict:
    return nomme(description, "epci", "siren", nom="nom")


def jour(description: str) -> dict:
    return texte(description, pattern=DATE, format="date")


def renvois(description: str, un: str, genre: str) -> dict:
    """Une liste de références, sans doublon."""
    return liste(description, renvoi(un, genre, requis=True)) | {"uniqueItems": True}
