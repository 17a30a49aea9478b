"""ProConnect (OpenID Connect), éteint par défaut : `moteur` et `vues` ne se chargent qu'au premier emploi."""
