"""Le tri français, sans dépendre des collations de la machine."""

import unicodedata


def cle_francaise(texte: str) -> tuple[str, str]:
    """Clé de tri : « Écully » vient entre « Dunkerque » et « Évreux », « cote » avant « coté ».

    Les accents, les ligatures, la casse et la ponctuation ne comptent qu'à égalité du reste.
    """
    developpe = texte.casefold().replace("œ", "oe").replace("æ", "ae").replace("’", "'")
    lettres = unicodedata.normalize("NFKD", developpe)
    sans_accent = "".join(c for c in lettres if not unicodedata.combining(c))
    nu = "".join(c if c.isalnum() else " " for c in sans_accent)
    return " ".join(nu.split()), developpe
