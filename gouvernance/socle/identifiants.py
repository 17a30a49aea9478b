"""Contrôle des identifiants : établissement, clé d'une ligne."""

from django.core.exceptions import ValidationError

CHIFFRES_D_UNE_CLE = 19  # un bigint
SIREN_LA_POSTE = "356000000"
LONGUEUR_SIREN, LONGUEUR_RIDET, LONGUEUR_SIRET = 9, 10, 14
NOUVELLE_CALEDONIE = "988"


def luhn(chiffres: str) -> bool:
    """La clé d'un SIREN ou d'un SIRET."""
    doubles = (int(c) * (2 if rang % 2 else 1) for rang, c in enumerate(reversed(chiffres)))
    return sum(d - 9 if d > 9 else d for d in doubles) % 10 == 0


def verifier_siret(valeur: str) -> None:
    """Quatorze chiffres, clé de Luhn ; La Poste fait exception (somme multiple de 5). Source : INSEE,
    Sirene. Un RIDET de Nouvelle-Calédonie (dix chiffres, sans clé) passe aussi.

    Lève ValidationError : la phrase dit ce qui cloche.
    """
    chiffres = valeur.replace(" ", "")
    if not (chiffres.isascii() and chiffres.isdecimal()):
        raise ValidationError("Le SIRET ne compte que des chiffres, quatorze, par exemple 120 001 011 00010.")
    if len(chiffres) == LONGUEUR_RIDET:
        return
    if len(chiffres) != LONGUEUR_SIRET:
        raise ValidationError(dire_longueur(chiffres))
    if chiffres.startswith(SIREN_LA_POSTE) and sum(map(int, chiffres)) % 5 == 0:
        return
    if not luhn(chiffres):
        ou = "les cinq derniers" if luhn(chiffres[:9]) else "les neuf premiers (le SIREN)"
        raise ValidationError(f"Ce SIRET n’existe pas : un chiffre est faux, sans doute parmi {ou}.")


def verifier_siret_de(valeur: str, departement: str) -> None:
    """Comme `verifier_siret` ; le RIDET n'est admis qu'en Nouvelle-Calédonie : ailleurs, c'est un oubli."""
    chiffres = valeur.replace(" ", "")
    if len(chiffres) == LONGUEUR_RIDET and departement != NOUVELLE_CALEDONIE:
        raise ValidationError(dire_longueur(chiffres))
    verifier_siret(valeur)


def dire_longueur(chiffres: str) -> str:
    if len(chiffres) == LONGUEUR_SIREN:
        return (
            "Ces neuf chiffres sont un SIREN, celui de l’organisme : ajoutez les cinq de l’établissement "
            "pour faire le SIRET."
        )
    return f"Le SIRET compte quatorze chiffres : vous en avez donné {len(chiffres)}."


def cle_ou_zero(texte: str) -> int:
    """La clé d'une ligne envoyée par un bouton ; 0, qui ne désigne rien, si ce n'en est pas une."""
    return int(texte) if texte.isascii() and texte.isdecimal() and len(texte) < CHIFFRES_D_UNE_CLE else 0
