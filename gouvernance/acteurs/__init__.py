"""Qui : membres et rôles, collèges, élus et rencontres, et qui manque autour de la table."""
