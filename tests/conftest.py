"""Ce que tous les essais partagent (le meneur du chantier l'étendra)."""
