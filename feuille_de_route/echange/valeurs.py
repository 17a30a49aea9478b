"""Un champ de modèle ↔ sa valeur JSON ↔ son schéma : une seule source, le modèle."""

import re
import unicodedata
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

ANNEES = range(1950, 2200)
DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
HEURE = r"T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?"
MOMENT = rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}({HEURE})?$"
SLUG = r"^[-a-zA-Z0-9_]+$"
NON_BLANC = r"[^\s]"
PETIT_ENTIER = 32767
UUID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
MONNAIE = (12, 2)


def vers_json(champ: models.Field, valeur: Any) -> Any:
    """Vide devient null ; un montant a deux décimales, une mesure celles qui comptent ; minuit se tait."""
    if valeur is None or valeur == "":
        return None
    match valeur:
        case Decimal():
            return _decimal(champ, valeur)
        case datetime():
            return moment_json(valeur)
        case date():
            return valeur.isoformat()
        case str():
            return unicodedata.normalize("NFC", str(valeur))
    return valeur


def _decimal(champ: models.DecimalField, valeur: Decimal) -> str:
    if (champ.max_digits, champ.decimal_places) == MONNAIE:
        return f"{valeur:.2f}"
    return f"{valeur.normalize() + 0:f}"


def moment_json(valeur: datetime) -> str:
    """Heure de Paris avec son décalage ; une heure inconnue (minuit juste) ne laisse que la date."""
    local = timezone.localtime(valeur).replace(microsecond=0)
    return local.date().isoformat() if local.time() == time() else local.isoformat()


def jour_json(valeur: datetime | None) -> str | None:
    return timezone.localtime(valeur).date().isoformat() if valeur else None


def vers_python(champ: models.Field, valeur: Any) -> Any:
    """La valeur à ranger dans le modèle ; null vaut le défaut du champ."""
    if valeur is None:
        return champ.get_default()
    match champ:
        case models.DecimalField():
            return Decimal(valeur) + 0
        case models.DateTimeField():
            return lire_moment(valeur)
        case models.DateField():
            return date.fromisoformat(valeur)
    return valeur


def lire_moment(texte: str) -> datetime:
    """Une date seule vaut minuit à Paris ; une heure sans décalage est celle de Paris. Lève ValueError."""
    moment = datetime.fromisoformat(texte)
    return moment if moment.tzinfo else timezone.make_aware(moment)


def lire_jour(texte: str) -> datetime:
    """Midi à Paris : le jour reste le même partout en France."""
    return timezone.make_aware(datetime.combine(date.fromisoformat(texte), time(12)))


def date_possible(texte: str) -> bool:
    """Vrai si la date existe et tombe entre 1950 et 2199."""
    try:
        return datetime.fromisoformat(texte).year in ANNEES
    except ValueError:
        return False


def schema_du_champ(champ: models.Field, *, requis: bool) -> dict:
    """Type, longueur, bornes et liste de valeurs, d'après le champ du modèle."""
    if isinstance(champ, ArrayField):
        valeurs = [v for v, _ in champ.base_field.choices]
        elements = {"type": "string", "enum": valeurs}
        return {"type": ["array", "null"], "items": elements, "uniqueItems": True}
    schema = _schema_simple(champ, requis)
    if champ.choices:
        valeurs = [v for v, _ in champ.choices if v != ""]
        schema = {"type": schema["type"], "enum": valeurs}
    if not requis:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    return schema


def _schema_simple(champ: models.Field, requis: bool) -> dict:
    match champ:
        case models.BooleanField():
            return {"type": "boolean"}
        case models.DecimalField():
            return {"type": "string", "pattern": _motif_decimal(champ)}
        case models.IntegerField():
            return {"type": "integer", **_bornes(champ)}
        case models.DateField():  # DateTimeField en hérite
            moment = isinstance(champ, models.DateTimeField)
            return {"type": "string", "pattern": MOMENT if moment else DATE, "format": "date"}
        case models.SlugField():
            return {"type": "string", "pattern": SLUG, "minLength": 1, "maxLength": champ.max_length}
    schema = {"type": "string"}
    if champ.max_length:
        schema["maxLength"] = champ.max_length
    return schema | ({"pattern": NON_BLANC} if requis else {})


def _motif_decimal(champ: models.DecimalField) -> str:
    entiers = champ.max_digits - champ.decimal_places
    signe = "" if any(isinstance(v, MinValueValidator) for v in champ.validators) else "-?"
    return rf"^{signe}(0|[1-9][0-9]{{0,{entiers - 1}}})(\.[0-9]{{1,{champ.decimal_places}}})?$"


def _bornes(champ: models.IntegerField) -> dict:
    """Celles des validateurs, sinon celles de la colonne."""
    bas = [v.limit_value for v in champ.validators if type(v) is MinValueValidator]
    haut = [v.limit_value for v in champ.validators if type(v) is MaxValueValidator]
    return {"minimum": max(bas, default=0), "maximum": min([*haut, PETIT_ENTIER])}


def correspond(motif: str, texte: str) -> bool:
    """Comme ECMAScript : « $ » ne s'accorde qu'à la toute fin du texte."""
    return re.search(motif.removesuffix("$") + (r"\Z" if motif.endswith("$") else ""), texte) is not None
