"""Le menu d'une démarche : ses parties, groupées et ordonnées comme la méthode."""

from functools import cache

from django import template
from django.template.loader import get_template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

ACCUEIL = "demarche"
# Ce qui sert à toutes les étapes : toujours sous les yeux, avant les groupes.
TOUJOURS = ((ACCUEIL, "Où en est-on ?"), ("seances", "Séances et décisions"))
# (titre, étapes pendant lesquelles le groupe est celui du moment, parties)
GROUPES = (
    (
        "Cadrage",
        ("cadrage",),
        (
            ("gouvernance", "Gouvernance"),
            ("cahier", "Cahier des charges"),
            ("jalons", "Calendrier et jalons"),
        ),
    ),
    (
        "Diagnostic et enjeux",
        ("diagnostic", "enjeux"),
        (("constats", "Diagnostic"), ("ateliers", "Ateliers"), ("enjeux", "Enjeux")),
    ),
    (
        "Stratégie et plan d’actions",
        ("strategie", "plan_actions"),
        (
            ("axes", "Axes"),
            ("chantiers", "Chantiers clés"),
            ("plan", "Plan d’actions"),
            ("plan_financement", "Financement"),
        ),
    ),
    (
        "Validation et signature",
        ("soumise", "validee", "en_signature", "signee"),
        (
            ("signataires", "Signataires"),
            ("documents", "Documents et signature"),
            ("transmission", "Transmission"),
        ),
    ),
    (
        "Mise en œuvre",
        ("transmise", "mise_en_oeuvre", "close"),
        (("suivi", "Suivi"), ("journal", "Journal")),
    ),
)
# Les pages qui se lisent dans une partie dont l'adresse ne les contient pas.
RATTACHEES = {"versions/": "suivi/", "plan/besoins/": "financement/"}
MODELE = "00000000-0000-4000-8000-000000000000"  # l'identifiant dont le menu gardé est composé


@register.simple_tag(takes_context=True)
def menu_demarche(context, demarche):
    """Les groupes se déplient ; celui de la page est ouvert, ou à défaut celui de l'étape en cours."""
    uuid = str(demarche.uuid)
    chemin = getattr(context.get("request"), "path", "").replace(uuid, MODELE)
    partie = _partie(chemin)
    return _pour(_menu(partie, chemin == _adresses().get(partie), demarche.etape), uuid)


def _pour(menu: str, uuid: str) -> SafeString:
    """Le même menu sert toutes les démarches : seul l'identifiant change, et il vient de la base."""
    return mark_safe(menu.replace(MODELE, uuid))  # noqa: S308 : un gabarit rendu, et un UUID


@cache
def _adresses() -> dict[str, str]:
    """Partie → son adresse. Une fois pour toutes : chercher dix-sept adresses par page se sentait."""
    noms = [nom for parties in (TOUJOURS, *(parties for _, _, parties in GROUPES)) for nom, _ in parties]
    return {nom: reverse(nom, args=[MODELE]) for nom in noms}


def _partie(chemin: str) -> str:
    """La partie qui contient cette page ; vide si aucune."""
    racine = _adresses()[ACCUEIL]
    if not chemin.startswith(racine):
        return ""
    for debut, partie in RATTACHEES.items():
        if chemin.startswith(racine + debut):
            chemin = racine + partie
    if chemin == racine:
        return ACCUEIL
    return next((n for n, url in _adresses().items() if n != ACCUEIL and chemin.startswith(url)), "")


@cache
def _menu(partie: str, exacte: bool, etape: str) -> str:
    """Le menu rendu, une fois par partie et par étape."""
    adresses = _adresses()

    def lien(nom, libelle):
        courant = "" if nom != partie else "page" if exacte else "true"
        return {"libelle": libelle, "url": adresses[nom], "courant": courant}

    groupes = [
        {"titre": titre, "etapes": etapes, "liens": [lien(*une) for une in parties]}
        for titre, etapes, parties in GROUPES
    ]
    dedans = any(un["courant"] for groupe in groupes for un in groupe["liens"])
    for groupe in groupes:
        courant = any(un["courant"] for un in groupe["liens"])
        groupe["courant"] = courant
        groupe["ouvert"] = courant if dedans else etape in groupe["etapes"]
    return get_template("composants/menu_demarche.html").render(
        {"toujours": [lien(*une) for une in TOUJOURS], "groupes": groupes}
    )
