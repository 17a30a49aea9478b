"""Les calendriers types d'une démarche : des données que l'on modifie, pas du code (DOMAINE §1)."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from django.core.exceptions import ValidationError

from gouvernance.models import CodeJalon

CALENDRIERS = Path(__file__).parent / "donnees" / "calendriers.json"


@dataclass(frozen=True)
class Preset:
    """Un calendrier type ; chaque jalon vaut une date, ou un nombre de jours après le début."""

    nom: str
    description: str
    jalons: dict[CodeJalon, date | int]


def presets(chemin: Path = CALENDRIERS) -> list[Preset]:
    """Les calendriers du fichier, dans son ordre ; lève ValueError (en français) si l'un est faux."""
    return [_preset(brut) for brut in json.loads(chemin.read_text(encoding="utf-8"))]


def echeances(preset: Preset, debut: date) -> dict[CodeJalon, date]:
    """L'échéance de chaque jalon, dans l'ordre de la méthode, pour une démarche qui commence à `debut`.

    Les dates d'un calendrier national ne dépendent pas du début. Lève ValidationError si le début est
    trop loin.
    """
    try:
        return {
            code: valeur if isinstance(valeur, date) else debut + timedelta(days=valeur)
            for code, valeur in preset.jalons.items()
        }
    except OverflowError as erreur:
        raise ValidationError(f"La démarche débute le {debut:%d/%m/%Y} : corrigez cette date.") from erreur


def _preset(brut: dict) -> Preset:
    nom = brut["nom"]
    lus = {jalon["code"]: jalon for jalon in brut["jalons"]}
    if set(lus) != set(CodeJalon.values) or len(lus) != len(brut["jalons"]):
        raise ValueError(f"Calendrier « {nom} » : une fois chaque jalon {', '.join(CodeJalon.values)}.")
    preset = Preset(nom, brut["description"], {code: _echeance(nom, lus[code]) for code in CodeJalon})
    dates = list(echeances(preset, date(2000, 1, 1)).values())
    melange = len({type(valeur) for valeur in preset.jalons.values()}) > 1
    if melange or dates != sorted(dates):
        raise ValueError(
            f"Calendrier « {nom} » : les échéances reculent, ou mêlent dates et nombres de jours."
        )
    return preset


def _echeance(nom: str, jalon: dict) -> date | int:
    if ("date" in jalon) == ("jours" in jalon):
        raise ValueError(
            f"Calendrier « {nom} », jalon {jalon['code']} : une date ou un nombre de jours, pas les deux."
        )
    return date.fromisoformat(jalon["date"]) if "date" in jalon else int(jalon["jours"])
