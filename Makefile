# Les commandes du projet. La préparation de la machine est dans feuille_de_route/lancement/systeme.py.

.DEFAULT_GOAL := aide
.PHONY: aide demo test verifier bench installer verrouiller nettoyer preparer-demo preparer-dev

# Python garde ce qu'il a compilé : les essais le relisent trois fois, et dans chaque processus enfant.
unexport PYTHONDONTWRITEBYTECODE

PYTHON_SYSTEME ?= python3
PY := .venv/bin/python
SYSTEME = @command -v $(PYTHON_SYSTEME) >/dev/null || { echo "Il faut Python 3.11 ou plus récent : apt-get install python3 python3-venv" >&2; exit 1; }; $(PYTHON_SYSTEME) feuille_de_route/lancement/systeme.py

aide: ## Affiche cette aide
	@echo "Cibles :"
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1 — \2/'

demo: preparer-demo ## Installe, joue la démarche de démonstration et sert le site (SERVIR=non, PORT=8000)
	@exec $(PY) -m feuille_de_route.lancement.demo

test: preparer-dev ## Installe, vérifie, puis lance tous les essais sur de vrais services
	@$(PY) -m feuille_de_route.lancement.verifications
	@$(PY) -m feuille_de_route.lancement.essais

verifier: preparer-dev ## Vérifications seules : style, gabarits, imports, migrations, déploiement
	@$(PY) -m feuille_de_route.lancement.verifications

bench: preparer-dev ## Mesure les temps et affiche les rapports au plancher
	@$(PY) -m feuille_de_route.lancement.essais --commande tests.bench

installer: preparer-dev ## Installe tout (démonstration et essais) sans rien lancer

verrouiller: preparer-dev ## Recalcule les trois fichiers de verrou (requirements*.lock)
	@$(PY) -m feuille_de_route.lancement.verrous

nettoyer: ## Arrête les services restés en marche et efface .venv, var et les caches
	@$(PYTHON_SYSTEME) feuille_de_route/lancement/nettoyage.py

preparer-demo:
	$(SYSTEME) demo

preparer-dev:
	$(SYSTEME) dev
