"""Le texte d'une fiche : ce qui lui manque, ce qu'une saisie y change, son histoire."""
