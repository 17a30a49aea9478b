"""Le journal ne dit pas ce que la fiche, ou la demande, ne montrerait pas à la même personne."""

import pytest
from django.urls import reverse

from feuille_de_route.argent import subventions
from feuille_de_route.dialogue import echanges, liens_de_fiche
from feuille_de_route.dialogue.echanges import Mot
from feuille_de_route.dialogue.liens_de_fiche import Envoi
from tests.feuille_de_route.fabriques import DemandeFactory
from tests.feuille_de_route.saisies import adresse, ecrire_section

MOTS = "Secret d’un brouillon"


def lire(client, demarche, **requete) -> str:
    return client.get(reverse("journal", args=[demarche.uuid]), requete).content.decode()


@pytest.fixture
def brouillon_ecrit(client, fiche, gens):
    """La coordination écrit le brouillon, le commente, le confie par un lien ; et supprime une demande."""
    client.force_login(gens["coordination"])
    assert ecrire_section(client, fiche, "sens", objectifs=MOTS).status_code == 302
    mot = echanges.commenter(fiche, Mot(MOTS), par=gens["coordination"])
    echanges.corriger(mot, Mot(f"{MOTS} !"), version=mot.version, par=gens["coordination"])
    porteuse = fiche.structure_porteuse
    envoi = Envoi(fiche, porteuse, "a.roy@exemple.fr", "Ada Roy")
    liens_de_fiche.confier(fiche.demarche, [envoi], par=gens["coordination"])
    demande = DemandeFactory(fiche=fiche, fiche__demarche=fiche.demarche, objet=MOTS)
    subventions.supprimer(demande.pk, par=gens["coordination"])
    return fiche


@pytest.mark.parametrize(
    ("qui", "lit"),
    [("coordination", True), ("co_porteur", True), ("porteur_epci", True), ("partenaire", True),
     ("tierce", False), ("elu", False), ("cotech", False), ("lecture", False), ("administration", False)],
)  # fmt: skip
def test_le_brouillon_que_l_on_ne_voit_pas_ne_se_lit_pas_au_journal(client, brouillon_ecrit, gens, qui, lit):
    fiche = brouillon_ecrit
    client.force_login(gens[qui])
    assert client.get(adresse("fiche", fiche)).status_code == (200 if lit else 404)
    page = lire(client, fiche.demarche)
    assert (MOTS in page) is lit
    assert (str(fiche) in page) is lit
    assert ("Ada Roy" in page) is lit
    assert ("0 ligne" in lire(client, fiche.demarche, q=MOTS)) is not lit
    sans_demande = "0 ligne" in lire(client, fiche.demarche, q="supprimer")
    assert sans_demande is (qui not in {"coordination", "co_porteur"})
