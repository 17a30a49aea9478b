"""Les exports en tableur : le plan de financement, la liste des fiches."""
