"""D'une démarche à l'autre : bibliothèque, fiches partagées, fiches reprises, sans les personnes."""
