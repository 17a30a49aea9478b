"""La liste des gardes suit le programme : une garde récrite n'échapperait plus à l'essai qui l'ôte."""

from tests.robustesse.gardes import GARDES
from tests.robustesse.mutations import RACINE


def test_chaque_garde_de_la_liste_est_dans_le_programme_une_fois():
    egarees = [
        garde.nom
        for garde in GARDES
        if (RACINE / garde.fichier).read_text(encoding="utf-8").count(garde.texte) != 1
        or garde.sans == garde.texte
        or not (RACINE / garde.essais.split()[0].partition("::")[0]).exists()
    ]
    assert egarees == []
