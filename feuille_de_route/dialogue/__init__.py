"""Autour d'une fiche : ceux à qui on la confie, ce qui s'y dit, ce qu'on y joint."""
