"""Pour quoi : les axes, le fil d'or du constat à la fiche, la cohérence entre échelles."""
