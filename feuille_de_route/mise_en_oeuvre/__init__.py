"""Après la signature : points de suivi, relevés, revues, bilans."""
