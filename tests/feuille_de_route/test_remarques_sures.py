"""Le texte d'une fiche, remontré à qui l'instruit, reste du texte."""

from feuille_de_route.models import FicheAction
from tests.feuille_de_route.saisies import adresse

PIEGE = '<img src="x" data-piege="1">'


def test_la_page_de_renvoi_montre_le_texte_du_porteur_sans_l_interpreter(client, fiche, gens):
    FicheAction.objects.filter(pk=fiche.pk).update(objectifs=PIEGE, pilote=PIEGE, titre=PIEGE)
    client.force_login(gens["coordination"])
    page = client.get(adresse("fiche_renvoyer", fiche)).content.decode()
    assert PIEGE not in page
    assert "&lt;img" in page
