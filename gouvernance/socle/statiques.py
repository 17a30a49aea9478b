"""Les fichiers statiques servis : les nôtres, ceux de l'admin, et du DSFR seulement ce qui est cité.

Le paquet django-dsfr apporte 9 701 fichiers ; les publier tous prend 34 s. On garde FEUILLES_DSFR,
puis ce qu'ils citent par `url(…)`, eux et nos propres feuilles (icônes, polices).
"""

import posixpath
import re
from functools import cached_property
from pathlib import Path

from django.contrib.staticfiles import utils
from django.contrib.staticfiles.finders import AppDirectoriesFinder, FileSystemFinder

FEUILLES_DSFR = (
    "dsfr/dist/dsfr.main.min.css",
    "dsfr/dist/dsfr.print.min.css",
    "dsfr/dist/dsfr.module.min.js",
    "dsfr/dist/favicon/favicon.svg",
    "dsfr/dist/favicon/favicon.ico",
    "dsfr/dist/favicon/apple-touch-icon.png",
    "dsfr/dist/artwork/light.svg",
    "dsfr/dist/artwork/dark.svg",
    "dsfr/dist/artwork/system.svg",
)
CITATION = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")
ETRANGERES = ("data:", "#", "http:", "https:", "//")


def citations(feuille: str, contenu: str) -> set[str]:
    """Les chemins que cite une feuille de style, ramenés à la racine des statiques."""
    cites = set()
    for citation in CITATION.findall(contenu):
        if not citation.startswith(ETRANGERES):
            chemin = re.split(r"[?#]", citation)[0]
            cites.add(posixpath.normpath(posixpath.join(posixpath.dirname(feuille), chemin)))
    return cites


class StatiquesUtiles(AppDirectoriesFinder):
    """Le chercheur de Django, qui ne montre du DSFR que les fichiers utiles, en local comme publiés."""

    @cached_property
    def utiles(self) -> set[str]:
        dsfr = Path(self.storages["dsfr"].location)
        retenus = set(FEUILLES_DSFR)
        for feuille in FEUILLES_DSFR:
            if feuille.endswith(".css"):
                retenus |= citations(feuille, (dsfr / feuille).read_text(encoding="utf-8"))
        for _prefixe, racine in FileSystemFinder().locations:
            for feuille in Path(racine).rglob("*.css"):
                nom = feuille.relative_to(racine).as_posix()
                retenus |= citations(nom, feuille.read_text(encoding="utf-8"))
        return retenus

    def list(self, ignore_patterns):
        for app, stockage in self.storages.items():
            chemins = self.utiles if app == "dsfr" else utils.get_files(stockage, ignore_patterns)
            yield from ((chemin, stockage) for chemin in sorted(chemins) if stockage.exists(chemin))

    def find_in_app(self, app, path):
        if app == "dsfr" and posixpath.normpath(path) not in self.utiles:
            return None
        return super().find_in_app(app, path)
