"""Les fiches ensemble : les lire, les filtrer, les ranger, les chercher, agir sur plusieurs."""
