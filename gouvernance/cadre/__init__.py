"""Ce que les parties acceptent : cahier des charges, adhésions, mots communs, limites, réserves."""
