from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from gouvernance.models import Etape, Role
from tests.feuille_de_route.parcours_mur import mettre_a
from tests.gouvernance.fabriques import (
    CahierFactory,
    DemarcheFactory,
    InstanceFactory,
    JalonFactory,
    MandatFactory,
    MembreFactory,
    PointDeBlocageFactory,
    SeanceFactory,
    StructureFactory,
    UtilisateurFactory,
)
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db
ACCUEIL = "/"


def html(reponse):
    return reponse.content.decode()


def test_le_public_trouve_trois_entrees_et_la_methode(client):
    page = html(client.get(ACCUEIL))
    for attendu in (reverse("connexion"), reverse("verifier"), "#methode", "Diagnostiquer", "5 jalons"):
        assert attendu in page
    assert "Mes démarches" not in page


def test_on_ne_voit_que_ses_demarches(client):
    mienne, autre = DemarcheFactory(nom="La mienne"), DemarcheFactory(nom="L’autre", groupement=True)
    client.force_login(MandatFactory(demarche=mienne).utilisateur)
    page = html(client.get(ACCUEIL))
    assert "La mienne" in page
    assert autre.nom not in page


def test_sans_demarche_on_sait_quoi_faire(client):
    client.force_login(UtilisateurFactory())
    assert "Demandez à la coordination" in html(client.get(ACCUEIL))


def test_l_administration_voit_tout_et_cherche(client):
    DemarcheFactory(nom="Feuille du Périgord")
    DemarcheFactory(nom="Feuille des Landes", gouvernance__departement__code="40")
    client.force_login(UtilisateurFactory(anct=True))
    assert "2 démarches" in html(client.get(ACCUEIL))
    page = html(client.get(ACCUEIL, {"q": "périgord"}))
    assert "Feuille du Périgord" in page
    assert "Feuille des Landes" not in page
    assert "Feuille des Landes" in html(client.get(ACCUEIL, {"q": "40"}))
    assert "Aucune démarche ne répond" in html(client.get(ACCUEIL, {"q": "introuvable"}))


def _demarche(role, objectifs="Écrits", structure=None, **champs):
    demarche = DemarcheFactory(**champs)
    CahierFactory(demarche=demarche, objectifs=objectifs)
    JalonFactory(demarche=demarche, instance=InstanceFactory(demarche=demarche))
    compte = UtilisateurFactory(structure=structure)
    MandatFactory(demarche=demarche, utilisateur=compte, role=role)
    return demarche, compte


def test_la_coordination_apprend_son_prochain_geste(client):
    demarche, compte = _demarche(Role.COORDINATION, objectifs="")
    client.force_login(compte)
    page = html(client.get(ACCUEIL))
    assert "Écrire le cahier des charges." in page
    assert reverse("cahier_modifier", args=[demarche.uuid]) in page, "le geste mène à l’écran où il se fait"
    demarche.cahier.objectifs = "Écrits"
    demarche.cahier.save()
    assert "Faire valider le jalon « Cahier des charges » par" in html(client.get(ACCUEIL))
    PointDeBlocageFactory(demarche=demarche, echeance="2020-01-01")
    assert "Lever 1 point de blocage" in html(client.get(ACCUEIL))
    demarche.points_de_blocage.all().delete()
    type(demarche).objects.filter(pk=demarche.pk).update(etape=Etape.PLAN_ACTIONS)
    assert "soumettre la feuille de route" in html(client.get(ACCUEIL))


def test_un_membre_confirme_qui_n_a_pas_adhere_y_est_invite(client):
    structure = StructureFactory()
    demarche, compte = _demarche(Role.PARTENAIRE, structure=structure)
    client.force_login(compte)
    assert "y adhérer" not in html(client.get(ACCUEIL))
    MembreFactory(gouvernance=demarche.gouvernance, structure=structure)
    page = html(client.get(ACCUEIL))
    assert "y adhérer au nom de votre structure" in page
    assert reverse("cahier", args=[demarche.uuid]) in page
    demarche.cahier.adhesions.create(structure=structure, edition=1)
    assert "y adhérer" not in html(client.get(ACCUEIL))
    demarche.cahier.edition = 2
    demarche.cahier.save()
    assert "y adhérer" in html(client.get(ACCUEIL)), "une nouvelle édition demande une nouvelle adhésion"


@pytest.mark.parametrize(
    ("etape", "jours", "etat", "attendu"),
    [
        ("diagnostic", 10, "convoquee", "Préparer la séance"),
        ("diagnostic", -10, "convoquee", ""),
        ("diagnostic", 10, "planifiee", ""),
        ("diagnostic", 0, "ouverte", "La séance est ouverte"),
        ("en_signature", 10, "convoquee", ""),
    ],
)
def test_un_elu_prepare_la_seance_a_venir_et_non_celle_qui_est_passee(client, etape, jours, etat, attendu):
    lieu = situation()
    debut = timezone.now() + timedelta(days=jours)
    SeanceFactory(
        instance=lieu.copil, debut=debut, etat=etat, ouverte_le=debut if etat == "ouverte" else None
    )
    mettre_a(lieu.demarche, etape)
    client.force_login(lieu.gens["elu"])
    page = client.get(reverse("accueil")).content.decode()
    assert ("Préparer la séance" in page or "La séance est ouverte" in page) == bool(attendu)
    assert attendu in page


# Ceux qui attendent une structure
def comptes_sans_structure():
    """Deux attendent : la coordination et l'élu d'une démarche en cours ; les autres ont une raison."""
    en_cours, close = DemarcheFactory(), DemarcheFactory(groupement=True)
    mettre_a(close, Etape.CLOSE)
    attendent = {MandatFactory(demarche=en_cours, role=r).utilisateur for r in (Role.COORDINATION, Role.ELU)}
    MandatFactory(demarche=en_cours, role=Role.ELU, utilisateur__structure=StructureFactory())
    MandatFactory(demarche=en_cours, role=Role.ELU, utilisateur__is_active=False)
    MandatFactory(demarche=en_cours, role=Role.LECTURE)
    MandatFactory(demarche=close)
    return attendent


def test_l_administration_du_site_voit_d_abord_qui_attend_une_structure(client):
    attendent = comptes_sans_structure()
    client.force_login(UtilisateurFactory(admin=True, password=None))
    for accueil in (ACCUEIL, reverse("admin:index")):
        page = html(client.get(accueil))
        assert ">2 comptes sans structure</a>" in page
        liste = f"{reverse('admin:gouvernance_utilisateur_changelist')}?structure=attendue"
        assert f'href="{liste}"' in page
    assert set(client.get(liste).context["cl"].queryset) == attendent
    for compte in attendent:  # rattachés : plus personne n'attend
        compte.structure = StructureFactory()
        compte.save()
    assert "sans structure" not in html(client.get(ACCUEIL))
    assert "sans structure" not in html(client.get(reverse("admin:index")))


@pytest.mark.parametrize("champs", [{"anct": True}, {"is_staff": True}, {"anct": True, "is_staff": True}])
def test_qui_ne_rattache_personne_ne_lit_pas_ce_compte(client, champs):
    comptes_sans_structure()
    client.force_login(UtilisateurFactory(password=None, **champs))
    assert "sans structure" not in html(client.get(ACCUEIL))


def test_les_comptes_sans_structure_se_filtrent(client):
    comptes_sans_structure()
    admin = UtilisateurFactory(admin=True, password=None)
    client.force_login(admin)
    liste = reverse("admin:gouvernance_utilisateur_changelist")
    assert client.get(liste, {"structure": "aucune"}).context["cl"].queryset.count() == 6
    assert client.get(liste).context["cl"].queryset.count() == 7
