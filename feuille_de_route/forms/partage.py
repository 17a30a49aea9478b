"""Ce que remplit, sans compte, la personne qui a reçu le lien d'une fiche."""

from gouvernance.comptes.forms import FormulaireCode, FormulaireLien


class FormulaireCodeDeFiche(FormulaireCode):
    bouton = "Ouvrir la fiche"
    next = None


class FormulaireNouveauLien(FormulaireLien):
    bouton = "Recevoir un nouveau lien"
    next = None
