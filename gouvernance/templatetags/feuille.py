"""Filtres et balises de présentation, disponibles dans tous les gabarits sans `load`."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from django import template
from django.template.loader import get_template
from django.urls import NoReverseMatch, reverse
from django.utils import formats, timezone
from django.utils.text import slugify

from gouvernance.socle.formulaires import parse_date_sure

register = template.Library()
FINE = "\u202f"  # espace fine insécable
INSECABLE = "\u00a0"

COULEURS = {
    "new": """a_venir brouillon a_produire en_file planifiee signale candidat envisage a_mobiliser cadrage""",
    "info": """orientation information en_cours soumis soumise proposee en_signature mise_en_page signature
        convoquee ouverte en_investigation sollicite envoyee diagnostic enjeux strategie plan_actions
        revision deposee consentie""",
    "success": """valide validee retenue signee transmise pret produit close concluant acquis acquise confirme
        accusee mise_en_oeuvre realisee acceptee validation apposee favorable""",
    "warning": """valide_avec_reserves valide_reserves renvoye renvoyee a_completer a_modifier
        complement_demande ajournement en_retard partiel validation_reserves complement reportee reserves""",
    "error": """echec refus refuse refusee rejet ecartee abandonne abandonnee manquante annulee retire
        defavorable""",
}
COULEUR_PAR_ETAT = {etat: couleur for couleur, etats in COULEURS.items() for etat in etats.split()}


PAGES_DES_JALONS = {
    "cadrage": "cahier", "diagnostic": "constats", "enjeux": "enjeux", "strategie": "axes",
    "validation": "documents",
}  # fmt: skip


@register.filter
def page_du_jalon(code: str) -> str:
    """Le nom de la page où se lit ce que l'instance valide."""
    return PAGES_DES_JALONS.get(code, "jalons")


def _decimal(valeur):
    try:
        nombre = Decimal(str(valeur))
    except InvalidOperation:
        return None
    return nombre if nombre.is_finite() else None


def ecrire_nombre(nombre: Decimal, decimales: int) -> str:
    """1234.5 → « 1 234,50 » avec espaces fines insécables."""
    arrondi = nombre.quantize(Decimal(1).scaleb(-decimales), ROUND_HALF_UP)
    return f"{arrondi:,.{decimales}f}".replace(",", FINE).replace(".", ",")


@register.filter
def nombre(valeur, decimales=None):
    """« 1 234 » ; les décimales inutiles tombent, sauf si leur nombre est donné. Vide si inconnu."""
    lu = _decimal(valeur)
    if lu is None:
        return ""
    if decimales is None:
        decimales = max(0, -lu.normalize().as_tuple().exponent)
    return ecrire_nombre(lu, int(decimales))


@register.filter
def euros(valeur):
    """« 1 234,50 € », sans décimales quand le montant est rond. Vide si inconnu."""
    lu = _decimal(valeur)
    if lu is None:
        return ""
    return ecrire_nombre(lu, 0 if lu == lu.to_integral_value() else 2) + INSECABLE + "€"


@register.filter
def pourcent(valeur, decimales=None):
    """12.5 → « 12,5 % » : la valeur est déjà en points de pourcentage."""
    texte = nombre(valeur, decimales)
    return f"{texte}{INSECABLE}%" if texte else ""


@register.filter
def date_longue(valeur):
    """« 3 mars 2026 », « 1er mars 2026 » ; un instant est d'abord ramené à l'heure de Paris. Accepte aussi
    « 2026-03-03 », qu'une liste en JSON rend.
    """
    valeur = parse_date_sure(valeur) if isinstance(valeur, str) else valeur
    if isinstance(valeur, datetime):
        valeur = timezone.localtime(valeur).date() if timezone.is_aware(valeur) else valeur.date()
    if not isinstance(valeur, date):
        return ""
    texte = formats.date_format(valeur, "j F Y")
    return texte.replace("1 ", "1er ", 1) if valeur.day == 1 else texte


@register.filter
def minuscule(phrase):
    """La première lettre en minuscule : une phrase qui en continue une autre."""
    texte = str(phrase)
    return texte[:1].lower() + texte[1:]


@register.filter
def couleur_etat(etat):
    """La couleur DSFR d'un état (new, info, success, warning, error) ; chaîne vide si l'état n'en a pas."""
    cle = slugify(str(getattr(etat, "value", etat)).replace("_", "-")).replace("-", "_")
    return COULEUR_PAR_ETAT.get(cle, "")


@register.simple_tag
def badge_etat(etat, libelle=None):
    """`{% badge_etat fiche.etat fiche.get_etat_display %}` : la couleur redouble le texte."""
    texte = libelle or getattr(etat, "label", None) or str(etat).replace("_", " ").capitalize()
    return _badge(str(etat), str(texte))


@lru_cache(maxsize=512)
def _badge(etat: str, texte: str) -> str:
    """Une page en montre des dizaines, toujours les mêmes : chacun n'est rendu qu'une fois."""
    return get_template("composants/badge.html").render({"texte": texte, "couleur": couleur_etat(etat)})


@register.inclusion_tag("composants/fil_ariane.html")
def fil_ariane(*elements):
    """`{% fil_ariane "Démarches" url1 demarche url2 "Axes" %}` : des paires, puis la page courante."""
    return {"liens": list(zip(elements[:-1:2], elements[1::2], strict=False)), "courante": elements[-1]}


@register.inclusion_tag("composants/lien_menu.html", takes_context=True)
def lien_menu(context, nom, libelle):
    """Une entrée du menu principal, absente tant que l'URL nommée `nom` n'existe pas."""
    try:
        url = reverse(nom)
    except NoReverseMatch:
        return {"url": ""}
    chemin = getattr(context.get("request"), "path", "")
    actif = chemin == url or (url != "/" and chemin.startswith(url))
    return {"url": url, "libelle": libelle, "actif": actif, "page": chemin == url}


@register.inclusion_tag("composants/etapes.html")
def etapes(liste, courante, titre="Étapes de la démarche"):
    """`liste` : (code, libellé) ou (code, libellé, url) ; `courante` : le code de l'étape en cours."""
    rang = next((i for i, etape in enumerate(liste) if etape[0] == courante), 0)
    lignes = [
        {
            "libelle": etape[1],
            "url": etape[2] if len(etape) > 2 else "",
            "statut": "faite" if i < rang else "courante" if i == rang else "a_venir",
        }
        for i, etape in enumerate(liste)
    ]
    suivante = lignes[rang + 1]["libelle"] if rang + 1 < len(lignes) else ""
    return {
        "titre": titre, "lignes": lignes, "numero": rang + 1, "total": len(lignes),
        "courante": lignes[rang]["libelle"], "suivante": suivante,
    }  # fmt: skip


@register.filter
def ancre(champ):
    """L'identifiant vers lequel mène le lien d'une erreur : la saisie, ou la première case d'un groupe."""
    return champ.id_for_label or f"{champ.auto_id}_0"


@register.filter
def nombre_erreurs(formulaire):
    """Nombre de messages d'erreur d'un formulaire, erreurs générales comprises."""
    return sum(len(messages) for messages in formulaire.errors.values())


@register.filter
def avec_libelles(ligne, colonnes):
    """Couples (libellé de colonne, cellule) d'une ligne de tableau."""
    return list(zip(colonnes, ligne, strict=False))


@register.filter
def paires(elements):
    """Ramène une liste de textes ou de (texte, url) à des couples (texte, url)."""
    return [(e, "") if isinstance(e, str) else tuple(e) for e in elements]


@register.filter
def numeros_de_pages(page):
    """Les numéros à montrer autour de la page courante, avec « … » pour les coupures."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)


@register.filter
def choix_fait(champ):
    """Le libellé du choix courant d'un champ à choix, pour le montrer sans le rendre modifiable."""
    valeur = str(champ.value() or "")
    return dict(champ.field.choices).get(valeur, "") if valeur else ""
