"""De quoi tirer au hasard un fichier valide : les champs simples se tirent d'après les modèles."""

import unicodedata
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from hypothesis import strategies as st

from feuille_de_route.echange.format import OBJETS
from feuille_de_route.echange.valeurs import schema_du_champ, vers_json

LETTRES = "aàâäbcçdeéèêëfghiîïjklmnoôöpqrstuùûvwxyz AÉÇŒ’«»–\n\t&<>\"'\\/0123456789💡اक\u0301\u200b"
COLLEGES = ["etat", "departement", "epci", "mediation-numerique", "handicap"]
EPCIS = ["200041572", "200040392"]
COMMUNES = ["24037", "24064"]
SIRETS = ["22240001900014", "22240001900022", "35600000000048"]


def phrases(longueur: int = 40, minimum: int = 1):
    """Un texte en NFC, jamais blanc."""
    texte = st.text(LETTRES, min_size=minimum, max_size=min(longueur, 40))
    return texte.map(lambda t: unicodedata.normalize("NFC", f"x{t}")[:longueur])


def valeur(champ: models.Field, *, requis: bool):
    """De quoi remplir un champ ; null aussi souvent que permis."""
    schema = schema_du_champ(champ, requis=requis)
    if isinstance(champ, ArrayField):
        return st.lists(st.sampled_from(schema["items"]["enum"]), unique=True, max_size=3)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    tirage = _sans_null(champ, schema)
    return tirage if requis else st.none() | tirage


def _sans_null(champ: models.Field, schema: dict):
    match champ:
        case models.BooleanField():
            return st.booleans()
        case models.DecimalField():
            haut = Decimal(10) ** (champ.max_digits - champ.decimal_places) - 1
            bas = -haut if "-?" in schema["pattern"] else Decimal(0)
            return st.decimals(bas, haut, places=champ.decimal_places).map(lambda d: vers_json(champ, d + 0))
        case models.IntegerField():
            return st.integers(schema["minimum"], schema["maximum"])
        case models.DateField():
            jours = st.dates(date(1950, 1, 2), date(2199, 12, 30))
            moment = isinstance(champ, models.DateTimeField)
            return st.tuples(jours, st.times()).map(_moment) if moment else jours.map(date.isoformat)
        case models.SlugField():
            return st.from_regex(r"\A[a-z]{1,8}(-[a-z0-9]{1,8}){0,2}\Z")
    return phrases(champ.max_length or 200)


def _moment(jour_et_heure: tuple[date, time]) -> str:
    moment = datetime.combine(*jour_et_heure, tzinfo=timezone(timedelta(hours=2)))
    return moment.replace(microsecond=0).isoformat()


def simples(nom: str, **liens):
    """Un objet : ses champs tirés au hasard, ses liens donnés."""
    objet = OBJETS[nom]
    champs = {cle: valeur(objet.champ(cle), requis=objet.requis(cle)) for cle in objet.champs}
    return st.fixed_dictionaries(champs | liens)


def liste(strategie, plus: int = 3):
    return st.none() | st.lists(strategie, max_size=plus)


def nommes(lettre: str, strategie, plus: int = 3, moins: int = 0):
    """Une liste d'objets qui portent chacun une référence."""
    return st.lists(strategie, min_size=moins, max_size=plus).map(
        lambda objets: [{**objet, "ref": f"{lettre}{n}"} for n, objet in enumerate(objets, 1)]
    )


def parmi(objets: list[dict]):
    """La référence de l'un d'eux, ou rien."""
    return st.sampled_from([None, *(o["ref"] for o in objets)])


def quelques(objets: list[dict]):
    return st.lists(st.sampled_from([o["ref"] for o in objets]), unique=True) if objets else st.just([])


def datee(objet: dict) -> dict:
    """Remet le début avant la fin."""
    if objet["debut"] and objet["fin"]:
        objet["debut"], objet["fin"] = sorted([objet["debut"], objet["fin"]])
    return objet


def code(genre: str, codes: list[str]):
    return st.none() | st.sampled_from(codes).map(lambda c: {genre: c})
