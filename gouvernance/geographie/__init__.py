"""Où : le code officiel géographique, ce qui y change, le territoire d'une démarche."""
