"""Du JSON figé aux sections du document : chaque module prépare une partie, sans lire la base."""
