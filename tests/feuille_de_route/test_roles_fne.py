"""Les rôles FNE se déduisent des faits : financements, fiches portées, signatures, présidences."""

import pytest
from django.urls import reverse

from feuille_de_route.argent import roles_fne
from feuille_de_route.models import FicheAction
from gouvernance.acteurs.roles_fne import RoleFne
from gouvernance.models import Gouvernance, Membre
from tests.feuille_de_route.fabriques import FicheFactory, FinancementFactory, SignataireFactory
from tests.gouvernance.fabriques import CollegeFactory, MembreFactory, SiegeFactory, StructureFactory
from tests.gouvernance.situations import ROLES, situation

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu(client):
    trouve = situation()
    commun = {"gouvernance": trouve.demarche.gouvernance}
    ess = CollegeFactory(code="associations-ess", libelle="Associations")
    trouve.caf = StructureFactory(nom="Caisse d’allocations familiales", sigle="CAF 24", college=ess)
    trouve.porteuse = StructureFactory(nom="La Mêlée", college=ess)
    for structure in (trouve.caf, trouve.porteuse):
        MembreFactory(structure=structure, **commun)
    trouve.fiche = FicheFactory(demarche=trouve.demarche, structure_porteuse=trouve.porteuse, proposee=True)
    client.force_login(trouve.gens["coordination"])
    return trouve


def roles(lieu, structure, par="coordination") -> dict:
    membres = list(Membre.objects.select_related("structure"))
    deduits = roles_fne.deduire(lieu.demarche, membres, par=lieu.gens[par])
    return {fait.role: fait.preuve for fait in deduits.faits.get(structure.pk, [])}


def inconnus(lieu) -> list[str]:
    membres = list(Membre.objects.select_related("structure"))
    return roles_fne.deduire(lieu.demarche, membres, par=lieu.gens["coordination"]).inconnus


@pytest.mark.parametrize("financeur", ["CAF 24", "caf 24", "Caisse d'allocations familiales"])
def test_un_financement_fait_un_co_financeur_et_un_beneficiaire(lieu, financeur):
    FinancementFactory(fiche=lieu.fiche, financeur=financeur, type="caf", etat="acquis", obtenu=12000)
    assert roles(lieu, lieu.caf) == {
        RoleFne.CO_FINANCEUR: "finance 1 fiche action, 12\u202f000\u00a0€ acquis"
    }
    assert RoleFne.BENEFICIAIRE in roles(lieu, lieu.porteuse)
    assert inconnus(lieu) == []


@pytest.mark.parametrize("etat", ["envisage", "refuse"])
def test_un_financement_envisage_ou_refuse_ne_fait_personne(lieu, etat):
    FinancementFactory(fiche=lieu.fiche, financeur="CAF 24", type="caf", etat=etat)
    assert roles(lieu, lieu.caf) == roles(lieu, lieu.porteuse) == {}


def test_ce_que_la_porteuse_met_elle_meme_ne_la_fait_pas_beneficiaire(lieu):
    FinancementFactory(fiche=lieu.fiche, financeur="La Mêlée", type="autofinancement", etat="sollicite")
    FinancementFactory(fiche=lieu.fiche, financeur="La Mêlée", type="prive", etat="sollicite")
    assert roles(lieu, lieu.porteuse) == {}


def test_l_etat_designe_le_seul_membre_de_son_college(lieu):
    FinancementFactory(fiche=lieu.fiche, financeur="État – FNADT", type="etat", etat="sollicite")
    assert RoleFne.CO_FINANCEUR in roles(lieu, lieu.prefecture)
    MembreFactory(gouvernance=lieu.demarche.gouvernance, structure=StructureFactory(college_id="etat"))
    assert RoleFne.CO_FINANCEUR not in roles(lieu, lieu.prefecture)
    assert inconnus(lieu) == ["État – FNADT"]


def test_une_fiche_ecartee_ou_que_l_on_ne_voit_pas_ne_dit_rien(lieu):
    brouillon = FicheFactory(demarche=lieu.demarche, structure_porteuse=lieu.porteuse)
    FinancementFactory(fiche=brouillon, financeur="CAF 24", type="caf", etat="sollicite")
    assert roles(lieu, lieu.caf)
    assert roles(lieu, lieu.caf, par="lecture") == {}
    FicheAction.objects.filter(pk=brouillon.pk).update(
        etat="ecartee", motif="Non.", proposee_le="2026-01-01T00:00Z"
    )
    assert roles(lieu, lieu.caf) == {}


def test_signer_presider_porter(lieu):
    SignataireFactory(demarche=lieu.demarche, structure=lieu.caf, nom="La directrice")
    SiegeFactory(instance=lieu.copil, structure=lieu.caf, president=True)
    trouves = roles(lieu, lieu.caf)
    assert set(trouves) == {RoleFne.SIGNATAIRE, RoleFne.PRESIDENCE}
    assert RoleFne.CO_PORTEUR in roles(lieu, lieu.prefecture)


def test_la_page_des_membres_dit_les_roles_les_manques_et_les_contacts(client, lieu):
    FinancementFactory(fiche=lieu.fiche, financeur="CAF 24", type="caf", etat="sollicite")
    FinancementFactory(fiche=lieu.fiche, financeur="Fonds inconnu", type="prive", etat="sollicite")
    CollegeFactory(code="handicap", libelle="Handicap", ordre=11)
    Membre.objects.filter(structure=lieu.caf).update(
        contact_politique="La présidente", referent_fne="Le référent"
    )
    for role in ROLES[:-1]:
        client.force_login(lieu.gens[role])
        page = client.get(reverse("membres", args=[lieu.uuid])).content.decode()
        for attendu in (
            "Co-financeur", "rien d’acquis encore", "Fonds inconnu", "La présidente", "Référent FNE",
            "Personne encore ; on attend 1 membre.", "Bénéficiaire",
        ):  # fmt: skip
            assert attendu in page, (role, attendu)
        inscrire = f"{reverse('membre_ajouter', args=[lieu.uuid])}?college=handicap"
        assert (inscrire in page) == (role in {"coordination", "co_porteur", "administration"}), role
    client.force_login(lieu.gens["etranger"])
    assert client.get(reverse("membres", args=[lieu.uuid])).status_code == 404


def test_prefecture_seule_n_attend_pas_le_departement(client, lieu):
    CollegeFactory(code="departement", libelle="Département", ordre=2)
    adresse = reverse("membres", args=[lieu.uuid])
    assert "confirmé : Département." in client.get(adresse).content.decode()
    Gouvernance.objects.update(prefecture_seule=True)
    assert "confirmé : Département." not in client.get(adresse).content.decode()
