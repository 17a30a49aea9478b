"""L'argent, d'une fiche à l'autre : enveloppes de l'État, subventions, plan consolidé, besoins."""
