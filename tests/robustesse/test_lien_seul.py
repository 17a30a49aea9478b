"""Le lien d'un partenaire n'ouvre que sa fiche : chaque adresse du site, parcourue avec sa session."""

from http.cookies import SimpleCookie

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.models import FicheAction, LienDeFiche
from gouvernance.socle import secrets
from tests.feuille_de_route.fabriques import CommentaireFactory, PieceDeFicheFactory
from tests.feuille_de_route.fabriques_partenaires import JETON, LienDeFicheFactory
from tests.robustesse.scene import CANARI, NIL, adresse, adresses, marquer, propres
from tests.robustesse.test_adresses import texte
from tests.test_coherence import PUBLIQUES

SIENNES = {nom for nom in adresses() if nom.startswith("fiche_partagee")}
LUES = {  # ce qu'un GET rend, les sections à part
    "fiche_partagee", "fiche_partagee_commenter", "fiche_partagee_corriger", "fiche_partagee_echanges",
    "fiche_partagee_joindre", "fiche_partagee_piece", "fiche_partagee_repondre",
}  # fmt: skip
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
        siens = [*sienne.commentaires.all(), *sienne.pieces.all()]  # ceux d'une autre fiche, eux, se taisent
        autre = a.demarche.fiches.exclude(pk=sienne.pk).get()
        CommentaireFactory(fiche=autre, parent=CommentaireFactory(fiche=autre))
        PieceDeFicheFactory(fiche=autre)
        marquer({m: 0 for m in propres() if m.__name__ not in MONTRES | IMMUABLES})
        for objet in (sienne, *siens):
            objet.save()
        lien = LienDeFiche.objects.get(uuid=a.ids["lien"])
        sienne.pieces.update(lien=lien)
        sienne.commentaires.update(lien=lien, cree_par=None)
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
    assert lues == len(LUES) + len(SECTIONS)
    echanges = texte(partenaire.get(adresse("fiche_partagee_echanges", a.ids)))
    assert a.demarche.fiches.get(uuid=a.ids["fiche_uuid"]).commentaires.first().texte in echanges
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
    for nom, mot, ailleurs in (
        ("fiche_partagee_remarque", "remarque", [b.ids["remarque"]]),
        (
            "fiche_partagee_repondre",
            "commentaire_uuid",
            [b.ids["commentaire_uuid"], *uuids(voisine.commentaires)],
        ),
        (
            "fiche_partagee_corriger",
            "commentaire_uuid",
            [b.ids["commentaire_uuid"], *uuids(voisine.commentaires)],
        ),
        ("fiche_partagee_piece", "piece_uuid", [b.ids["piece_uuid"], *uuids(voisine.pieces)]),
        ("fiche_partagee_piece_retirer", "piece_uuid", [b.ids["piece_uuid"], *uuids(voisine.pieces)]),
    ):
        for uuid in (*ailleurs, NIL):
            for methode in ("get", "post"):
                reponse = visiter(partenaire, methode, adresse(nom, a.ids, **{mot: uuid}))
                assert reponse.status_code in {404, 405}, (nom, methode)
                assert CANARI.lower() not in texte(reponse).lower(), nom
    chemin = adresse("fiche_partagee_commenter", a.ids) + f"?remarque={b.ids['remarque']}"
    assert CANARI.lower() not in texte(partenaire.get(chemin)).lower()


def uuids(objets) -> list:
    assert objets.exists()
    return list(objets.values_list("uuid", flat=True))
