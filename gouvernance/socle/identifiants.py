"""Contrôle des identifiants : établissement, clé d'une ligne."""

from django.core.exceptions import ValidationError

CHIFFRES_D_UNE_CLE = 19  # un bigint
SIREN_LA_POSTE = "356000000"


def _luhn(chiffres: str) -> bool:
    doubles = (int(c) * (2 if rang % 2 else 1) for rang, c in enumerate(reversed(chiffres)))
    return sum(d - 9 if d > 9 else d for d in doubles) % 10 == 0


def verifier_siret(valeur: str) -> None:
    """Quatorze chiffres, clé de Luhn ; La Poste fait exception (somme multiple de 5). Source : INSEE,
    Sirene.
    """
    chiffres = valeur.replace(" ", "")
    if not (chiffres.isascii() and chiffres.isdecimal() and len(chiffres) == 14):
        raise ValidationError("Le SIRET compte quatorze chiffres.")
    if chiffres.startswith(SIREN_LA_POSTE) and sum(map(int, chiffres)) % 5 == 0:
        return
    if not _luhn(chiffres):
        raise ValidationError("Ce SIRET n’existe pas : vérifiez ses quatorze chiffres, l’un d’eux est faux.")


def cle_ou_zero(texte: str) -> int:
    """La clé d'une ligne envoyée par un bouton ; 0, qui ne désigne rien, si ce n'en est pas une."""
    return int(texte) if texte.isascii() and texte.isdecimal() and len(texte) < CHIFFRES_D_UNE_CLE else 0
