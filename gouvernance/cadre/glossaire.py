"""Le glossaire : les mots que les parties emploient dans le même sens, et des propositions de départ."""

import json
from functools import cache
from pathlib import Path

from django.db import transaction

from gouvernance import edition
from gouvernance.models import Demarche, Evenement, Terme, Utilisateur
from gouvernance.permissions import exiger
from gouvernance.socle.tri import cle_francaise

PROPOSITIONS = Path(__file__).parents[1] / "donnees" / "glossaire.json"


@cache
def propositions() -> tuple[tuple[str, str], ...]:
    """(terme, définition proposée), dans l'ordre alphabétique français."""
    lues = json.loads(PROPOSITIONS.read_text(encoding="utf-8"))
    return tuple(sorted(((p["terme"], p["definition"]) for p in lues), key=lambda p: cle_francaise(p[0])))


def termes(demarche: Demarche) -> list[Terme]:
    """Les termes de la démarche, dans l'ordre alphabétique français (« Écran » avant « Fracture »)."""
    return sorted(Terme.objects.filter(demarche=demarche), key=lambda t: cle_francaise(t.terme))


def proposables(demarche: Demarche) -> list[tuple[str, str]]:
    """Les propositions qui ne sont pas encore au glossaire."""
    presents = {t.casefold() for t in Terme.objects.filter(demarche=demarche).values_list("terme", flat=True)}
    return [p for p in propositions() if p[0].casefold() not in presents]


@transaction.atomic
def reprendre(demarche: Demarche, choisis: list[str], *, par: Utilisateur | None, jeton=None) -> list[Terme]:
    """Ajoute au glossaire les propositions choisies qui n'y sont pas encore.

    Lève PermissionDenied, ValidationError (étape), DejaFait (double clic).
    """
    demarche = edition.tenir(demarche)
    exiger(par, demarche, "cadrer")
    edition.consommer(jeton, par)
    repris = []
    for terme, definition in proposables(demarche):
        if terme not in choisis:
            continue
        neuf = Terme(demarche=demarche, terme=terme, definition=definition)
        neuf.attribuer(par)
        neuf.save()
        Evenement.consigner(neuf, "créer", par=par, vers=definition)
        repris.append(neuf)
    return repris
