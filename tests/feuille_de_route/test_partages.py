"""Une fiche partagée entre deux démarches d'une gouvernance : lue chez l'autre, reprise avec son lien."""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from feuille_de_route.echelles import partages
from feuille_de_route.models import EtatFiche, FicheAction, OrigineFiche, PartageDeFiche
from gouvernance.models import Demarche, Etape, Evenement, Role
from gouvernance.permissions import DROITS
from tests.feuille_de_route.fabriques import AxeFactory, FicheFactory
from tests.feuille_de_route.saisies import envoi
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def locale(demarche):
    """La démarche d'un groupe d'EPCI du même département."""
    return DemarcheFactory(
        groupement=True, gouvernance=demarche.gouvernance, etape=Etape.PLAN_ACTIONS, nom="Pays de Bergerac"
    )


@pytest.fixture
def fiche(demarche):
    return FicheFactory(
        demarche=demarche, proposee=True, titre="Un bus itinérant", pilote="Jeanne Martin",
        objectifs="Aller vers. Écrire à bus@mairie.example.",
    )  # fmt: skip


@pytest.fixture
def epci(locale):
    """Qui porte la démarche locale, et n'a rien dans celle du département."""
    return MandatFactory(
        demarche=locale, role=Role.PORTEUR_EPCI, utilisateur=UtilisateurFactory(password=None)
    ).utilisateur


@pytest.fixture
def partage(fiche, locale):
    return PartageDeFiche.objects.create(fiche=fiche, demarche=locale, mot="Il s’arrête chez vous.")


def adresse(nom, demarche, objet):
    return reverse(nom, args=[demarche.uuid, objet.uuid])


def partager(client, fiche, vers, **champs):
    page = adresse("fiche_partager", fiche.demarche, fiche)
    formulaire = client.get(page).context["formulaire"]
    return client.post(page, envoi(formulaire, demarche=str(vers.pk), mot="Pour vous", **champs))


def test_partager_se_lit_dans_le_plan_de_l_autre_et_aux_deux_journaux(client, gens, fiche, locale, epci):
    client.force_login(gens["coordination"])
    assert partager(client, fiche, locale).status_code == 302
    assert "Pays de Bergerac" in client.get(adresse("fiche_partager", fiche.demarche, fiche)).content.decode()
    journaux = {(e.demarche, e.action) for e in Evenement.objects.all()}
    assert journaux == {(fiche.demarche, "partager"), (locale, "recevoir une fiche")}
    client.force_login(epci)
    plan = client.get(reverse("plan", args=[locale.uuid])).content.decode()
    assert "Un bus itinérant" in plan
    assert "Pour vous" in plan
    assert client.get(adresse("fiche", fiche.demarche, fiche)).status_code == 404  # elle reste chez elle
    page = client.get(adresse("partage", locale, PartageDeFiche.objects.get())).content.decode()
    assert "Aller vers" in page
    assert "Jeanne Martin" not in page
    assert "bus@mairie" not in page


def test_un_double_clic_ne_partage_qu_une_fois_et_deja_partagee_se_dit(client, gens, fiche, locale):
    client.force_login(gens["coordination"])
    DemarcheFactory(groupement=True, gouvernance=locale.gouvernance)  # le formulaire reste après le premier
    page = adresse("fiche_partager", fiche.demarche, fiche)
    donnees = envoi(client.get(page).context["formulaire"], demarche=str(locale.pk))
    assert [client.post(page, donnees).status_code for _ in range(2)] == [302, 422]
    assert PartageDeFiche.objects.count() == 1
    assert client.post(page, {**donnees, "demarche": "", "jeton": str(uuid4())}).status_code == 422


def test_un_brouillon_une_ecartee_ou_un_autre_territoire_ne_se_partagent_pas(client, gens, demarche, locale):
    client.force_login(gens["coordination"])
    for etat, dit in (("brouillon", "encore un brouillon"), ("ecartee", "elle ne se partage plus")):
        traits = {"motif": "Non."} if etat == "ecartee" else {}
        fiche = FicheFactory(demarche=demarche, etat=etat, **traits)
        page = adresse("fiche_partager", demarche, fiche)
        assert dit in client.get(page).content.decode()
        donnees = {"demarche": str(locale.pk), "jeton": str(uuid4())}
        assert client.post(page, donnees).status_code == 422
    ailleurs = DemarcheFactory(gouvernance__departement__code="33")
    abandonnee = DemarcheFactory(groupement=True, gouvernance=demarche.gouvernance)
    Demarche.objects.filter(pk=abandonnee.pk).update(
        etape=Etape.ABANDONNEE, motif="Non.", abandonnee_le="2026-01-01T00:00Z"
    )
    proposee = FicheFactory(demarche=demarche, proposee=True)
    assert list(partages.destinations(proposee)) == [locale]
    for vers in (ailleurs, abandonnee, demarche):
        assert partager(client, proposee, vers).status_code == 422
    assert not PartageDeFiche.objects.exists()


@pytest.mark.parametrize("role", [*Role.values, "administration", "dehors"])
def test_qui_partage(client, gens, fiche, locale, role):
    client.force_login(gens[role])
    page = adresse("fiche_partager", fiche.demarche, fiche)
    permis = role in DROITS["partager_fiches"].roles
    attendu = 404 if role == "dehors" else 200 if permis else 403
    assert client.get(page).status_code == attendu
    reponse = client.post(page, {"demarche": str(locale.pk), "jeton": str(uuid4())})
    assert reponse.status_code == (302 if permis else attendu)
    assert PartageDeFiche.objects.exists() is permis


def test_la_regle_ne_se_fie_pas_a_la_page(gens, fiche, locale):
    formulaire = SimpleNamespace(cleaned_data={"demarche": locale, "mot": ""})
    for qui in ("elu", "partenaire", "dehors", "administration"):
        with pytest.raises(PermissionDenied):
            partages.partager(formulaire, fiche, par=gens[qui])
    assert not PartageDeFiche.objects.exists()


def test_chacune_des_deux_demarches_peut_cesser(client, gens, epci, fiche, locale, partage):
    client.force_login(MandatFactory(demarche=locale, role=Role.ELU).utilisateur)
    assert client.post(adresse("partage_retirer", locale, partage)).status_code == 403
    client.force_login(epci)
    assert client.post(adresse("partage_retirer", locale, partage)).url == reverse("plan", args=[locale.uuid])
    assert not PartageDeFiche.objects.exists()
    second = PartageDeFiche.objects.create(fiche=fiche, demarche=locale)
    client.force_login(gens["coordination"])
    suite = client.post(adresse("partage_retirer", fiche.demarche, second)).url
    assert suite == adresse("fiche_partager", fiche.demarche, fiche)
    assert not PartageDeFiche.objects.exists()
    assert Evenement.objects.filter(action="ne plus recevoir une fiche", demarche=locale).count() == 2
    assert client.post(adresse("partage_retirer", fiche.demarche, second)).status_code == 404


@pytest.mark.parametrize("etat", ["brouillon", "ecartee"])
def test_une_fiche_retiree_par_sa_demarche_ne_se_lit_plus(client, epci, fiche, locale, partage, etat):
    FicheAction.objects.filter(pk=fiche.pk).update(etat=etat, motif="Non.")
    client.force_login(epci)
    assert client.get(adresse("partage", locale, partage)).status_code == 404
    assert client.post(adresse("partage_reprendre", locale, partage)).status_code == 404
    assert "Un bus itinérant" not in client.get(reverse("plan", args=[locale.uuid])).content.decode()


def test_un_partage_ne_se_lit_que_de_la_demarche_qui_l_accueille(client, gens, fiche, demarche, partage):
    client.force_login(gens["coordination"])
    assert client.get(adresse("partage", demarche, partage)).status_code == 404
    ailleurs = DemarcheFactory(gouvernance__departement__code="33")
    MandatFactory(demarche=ailleurs, utilisateur=gens["coordination"])
    for nom in ("partage_reprendre", "partage_retirer"):
        assert client.post(adresse(nom, ailleurs, partage)).status_code == 404
    assert PartageDeFiche.objects.exists()


def test_reprendre_une_fiche_partagee_garde_le_lien_et_l_axe_qui_correspond(
    client, epci, fiche, locale, partage
):
    fiche.axe = AxeFactory(demarche=fiche.demarche)
    fiche.save()
    local = AxeFactory(demarche=locale, axe_departemental=fiche.axe)
    client.force_login(epci)
    jeton = uuid4()
    reponse = client.post(adresse("partage_reprendre", locale, partage), {"jeton": jeton})
    neuve = locale.fiches.get()
    assert reponse.url == adresse("fiche", locale, neuve)
    assert (neuve.etat, neuve.origine, neuve.reprise_de) == (EtatFiche.BROUILLON, OrigineFiche.REPRISE, fiche)
    assert neuve.source == f"Fiche n° {fiche.numero}, « {fiche.demarche} »"
    assert neuve.axe == local
    assert client.get(reponse.url).status_code == 200


def test_sans_partage_la_fiche_d_une_demarche_ou_l_on_n_est_pas_ne_se_reprend_pas(
    client, epci, fiche, locale
):
    PartageDeFiche.objects.create(
        fiche=fiche, demarche=DemarcheFactory(groupement=True, gouvernance=locale.gouvernance)
    )
    partage = PartageDeFiche(fiche=fiche, demarche=locale)
    with pytest.raises(PermissionDenied):
        partages.reprendre(partage, par=epci)


def test_les_partages_ne_coutent_pas_plus_quand_il_y_en_a_plus(client, epci, locale, fiche, compter_requetes):
    client.force_login(epci)
    PartageDeFiche.objects.create(fiche=fiche, demarche=locale)
    plan = reverse("plan", args=[locale.uuid])
    avant = compter_requetes(plan)
    for _ in range(6):
        autre = FicheFactory(demarche=fiche.demarche, proposee=True)
        PartageDeFiche.objects.create(fiche=autre, demarche=locale)
    assert compter_requetes(plan) == avant <= 10
    assert compter_requetes(adresse("partage", locale, PartageDeFiche.objects.first())) <= 10
