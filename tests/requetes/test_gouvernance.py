"""Le nombre de requêtes de chaque page de la gouvernance ne dépend pas de ce qu'elle montre."""

import uuid

import pytest
from django.urls import reverse

from gouvernance.models import Courriel, Evenement, Role
from tests.gouvernance.fabriques import (
    AdhesionFactory,
    CahierFactory,
    DecisionFactory,
    DemarcheFactory,
    InstanceFactory,
    JalonFactory,
    MandatFactory,
    MembreFactory,
    PersonneFactory,
    PieceDeSeanceFactory,
    PointDeBlocageFactory,
    PointFactory,
    PresenceFactory,
    SeanceFactory,
    SiegeFactory,
    UtilisateurFactory,
)
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db
PLAFOND = 10


@pytest.fixture
def lieu(client):
    trouve = situation()
    trouve.seance = SeanceFactory(instance=trouve.copil, ouverte=True)
    client.force_login(trouve.gens["coordination"])
    return trouve


def _garnir(lieu, combien: int) -> None:
    demarche = lieu.demarche
    for rang in range(combien):
        membre = MembreFactory(gouvernance=demarche.gouvernance)
        personne = PersonneFactory(structure=membre.structure, gouvernance=demarche.gouvernance)
        AdhesionFactory(cahier=demarche.cahier, structure=membre.structure)
        MandatFactory(demarche=demarche, role=Role.PARTENAIRE, utilisateur__structure=membre.structure)
        siege = SiegeFactory(instance=lieu.copil, structure=membre.structure, personne=personne)
        SiegeFactory(instance=InstanceFactory(demarche=demarche, type="cotech"))
        PresenceFactory(seance=lieu.seance, siege=siege)
        jalon = demarche.jalons.order_by("ordre")[rang % 5]
        PointFactory(seance=lieu.seance, jalon=jalon)
        decision = DecisionFactory(seance=lieu.seance, jalon=jalon)
        PointDeBlocageFactory(demarche=demarche, decision=decision, responsable=membre.structure)
        DecisionFactory(seance=SeanceFactory(instance=lieu.copil, ouverte=True))
        Evenement.consigner(membre, "essayer", par=lieu.gens["elu"], demarche=demarche)


@pytest.mark.parametrize("nom", ["gouvernance", "cahier", "jalons", "seances", "seance", "journal"])
def test_une_page_de_demarche(client, lieu, compter_requetes, nom):
    adresse = reverse(nom, args=[lieu.uuid, lieu.seance.uuid] if nom == "seance" else [lieu.uuid])
    _garnir(lieu, 3)
    avant = compter_requetes(adresse)
    _garnir(lieu, 7)
    assert compter_requetes(adresse) == avant <= PLAFOND


def test_la_page_qui_decide(client, lieu, compter_requetes):
    adresse = reverse("decision_consigner", args=[lieu.uuid, lieu.seance.uuid])
    _garnir(lieu, 3)
    avant = compter_requetes(adresse)
    _garnir(lieu, 7)
    assert compter_requetes(adresse) == avant <= PLAFOND


@pytest.mark.parametrize(
    "nom", ["seance", "decision_consigner", "point_ajouter", "piece_joindre", "compte_rendu", "seance_ics"]
)
def test_une_page_de_seance_tient_en_dix_requetes(client, lieu, compter_requetes, nom):
    """Dix en tout : la session, le compte, la démarche et les mandats y comptent."""
    adresse = reverse(nom, args=[lieu.uuid, lieu.seance.uuid])
    _garnir_la_seance(lieu, 3)
    avant = compter_requetes(adresse)
    _garnir_la_seance(lieu, 7)
    assert compter_requetes(adresse) == avant <= PLAFOND


def _garnir_la_seance(lieu, combien: int) -> None:
    _garnir(lieu, combien)
    for _ in range(combien):
        PieceDeSeanceFactory(seance=lieu.seance)
        personne = PersonneFactory(gouvernance=lieu.demarche.gouvernance, utilisateur=UtilisateurFactory())
        SiegeFactory(instance=lieu.copil, structure=personne.structure, personne=personne)
        point = PointFactory(seance=lieu.seance, cible_type="fiche", cible=uuid.uuid4(), echanges="Dit.")
        DecisionFactory(seance=lieu.seance, point=point, cible_type="fiche", cible=point.cible)
        Courriel.objects.create(
            cle=str(uuid.uuid4()), genre="convocation", objet_lie=lieu.seance.uuid, destinataire="a@b.example"
        )


@pytest.mark.parametrize("role", ["coordination", "administration", "administration du site"])
def test_l_accueil(client, lieu, compter_requetes, role):
    compte = lieu.gens[role] if role in lieu.gens else UtilisateurFactory(admin=True, password=None)
    client.force_login(compte)

    def ajouter(combien):
        for _ in range(combien):
            demarche = DemarcheFactory(groupement=True)
            CahierFactory(demarche=demarche)
            copil = InstanceFactory(demarche=demarche)
            JalonFactory(demarche=demarche, instance=copil)
            SeanceFactory(instance=copil, etat="convoquee")
            MandatFactory(demarche=demarche, utilisateur=compte)

    ajouter(3)
    avant = compter_requetes("/")
    ajouter(12)
    assert compter_requetes("/") == avant <= PLAFOND
