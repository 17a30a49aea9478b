"""Le lien d'un partenaire n'ouvre que sa fiche : chaque adresse du site, parcourue avec sa session."""

from http.cookies import SimpleCookie

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.models import FicheAction, LienDeFiche
from gouvernance.socle import secrets
from tests.feuille_de_route.fabriques_partenaires import JETON, LienDeFicheFactory
from tests.robustesse.scene import CANARI, NIL, adresse, adresses, marquer, propres
from tests.robustesse.test_adresses import texte
from tests.test_coherence import PUBLIQUES

SIENNES = {nom for nom in adresses() if nom.startswith("fiche_partagee")}
# Ce que ses pages montrent à bon droit : sa démarche, et les listes où elle choisit.
MONTRES = {
    "Demarche", "Gouvernance", "Axe", "Enjeu", "ChantierCle", "Structure", "Personne", "Instance",
    "LienDeFiche", "Indicateur", "LigneBudget", "Financement", "EtapeFiche", "Partenariat", "Remarque",
    "Utilisateur", "SessionOuverte",
}  # fmt: skip
IMMUABLES = {"DefinitionAdoptee", "EditionDuCahier"}


@pytest.fixture
def partenaire(db, lieux, settings):
    """A et B ; tout ce qui n'est pas la fiche du lien porte le canari, dans A comme dans B."""
    a, _ = lieux
    settings.MEDIA_ROOT = a.coffre
    client = Client(raise_request_exception=False)
    with transaction.atomic():
        sienne = FicheAction.objects.get(uuid=a.ids["fiche_uuid"])
        marquer({m: 0 for m in propres() if m.__name__ not in MONTRES | IMMUABLES})
        sienne.save()
        LienDeFiche.objects.filter(uuid=a.ids["lien"]).update(empreinte=secrets.empreinte(JETON))
        assert client.post(reverse("lien_de_fiche", args=[JETON])).status_code == 302
        client.lieux, client.temoin = lieux, Client(raise_request_exception=False)
        yield client
        transaction.set_rollback(True)


def visiter(client, methode, chemin):
    """La réponse ; ce qu'elle a écrit est défait, cookies compris (« Refermer » en change)."""
    cookies = client.cookies.output(header="", sep=";")
    with transaction.atomic():
        reponse = getattr(client, methode)(chemin)
        transaction.set_rollback(True)
    client.cookies = SimpleCookie(cookies)
    return reponse


@pytest.mark.parametrize("ou", [0, 1], ids=["sa démarche", "une autre"])
def test_aucune_autre_adresse_ne_s_ouvre(partenaire, ou):
    """Avec le lien, chaque adresse répond comme sans lui : la connexion, ou la page publique."""
    ids, essayees = partenaire.lieux[ou].ids, 0
    mots = {"jeton": "a" * 43, "departement": "33"}
    for nom in sorted(set(adresses()) - SIENNES):
        for methode in ("get", "post"):
            chemin = adresse(nom, ids, mots)
            avec, sans = (visiter(c, methode, chemin) for c in (partenaire, partenaire.temoin))
            assert (avec.status_code, avec.get("Location")) == (sans.status_code, sans.get("Location")), nom
            if nom not in PUBLIQUES:
                assert avec.url.startswith("/connexion/"), (nom, methode)
            elif ou:  # le nom d'une démarche où l'on candidate est public
                assert CANARI not in texte(avec).replace(partenaire.lieux[1].demarche.nom, ""), nom
            essayees += 1
    assert essayees > 250


def test_ses_pages_s_ouvrent_et_ne_disent_rien_d_autre(partenaire):
    a, _ = partenaire.lieux
    lues = 0
    for nom in SIENNES:
        for code in SECTIONS if nom == "fiche_partagee_section" else [""]:
            for methode in ("get", "post"):
                suite = {"code": code} if code else {}
                reponse = visiter(partenaire, methode, adresse(nom, a.ids, **suite))
                assert reponse.status_code in {200, 302, 405, 422}, (nom, methode)
                assert CANARI.lower() not in texte(reponse).lower(), (nom, code, methode)
                lues += reponse.status_code == 200
    assert lues == 1 + len(SECTIONS)
    assert a.demarche.fiches.get(uuid=a.ids["fiche_uuid"]).titre in texte(
        partenaire.get(adresse("fiche_partagee", a.ids))
    )


def test_le_lien_d_une_autre_fiche_ne_s_ouvre_pas_d_ici(partenaire):
    a, b = partenaire.lieux
    voisine = a.demarche.fiches.exclude(uuid=a.ids["fiche_uuid"]).get()
    voisin = LienDeFicheFactory(fiche=voisine)
    for uuid in (b.ids["lien"], voisin.uuid, NIL, voisine.uuid, a.ids["fiche_uuid"]):
        for nom in SIENNES:
            for methode in ("get", "post"):
                reponse = visiter(partenaire, methode, adresse(nom, a.ids, lien=uuid))
                assert reponse.status_code in {403, 405}, (nom, methode)
                assert CANARI.lower() not in texte(reponse).lower(), nom
    for remarque in (b.ids["remarque"], NIL):
        chemin = adresse("fiche_partagee_remarque", a.ids, remarque=remarque)
        assert visiter(partenaire, "post", chemin).status_code == 404
