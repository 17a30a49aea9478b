"""Ouvrir une démarche et la mener dans le temps : calendrier, retards, tableau de bord."""
