"""Tout ce qui démarre, arrête et vérifie : services privés, démonstration, essais, bibliothèques système.

Rien ici ne connaît Django : ces modules préparent l'environnement dans lequel Django sera lancé.
"""
