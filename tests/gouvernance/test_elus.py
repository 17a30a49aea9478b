"""La grille des élus : qui la voit, qui la tient, ce qu'elle dit de qui manque, et la sensibilité gardée."""

import uuid
from datetime import date

import pytest
from django.urls import reverse

from gouvernance.models import Elu, Evenement, Personne, Role
from gouvernance.permissions import DROITS
from tests.gouvernance.fabriques import (
    CommuneFactory,
    DemarcheFactory,
    EluFactory,
    EpciFactory,
    MandatFactory,
    MembreFactory,
    PerimetreFactory,
    PersonneFactory,
    RencontreFactory,
    StructureFactory,
    UtilisateurFactory,
)
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db
PILOTES = {Role.COORDINATION, Role.CO_PORTEUR}


@pytest.fixture
def lieu(client):
    trouve = situation()
    trouve.val = EpciFactory(nom="CC du Val", siren="290000001")
    trouve.epci = EpciFactory(nom="CC d’Écully", siren="290000002")
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def elu_de(lieu, nom="Mairesse", **champs):
    personne = PersonneFactory(
        gouvernance=lieu.demarche.gouvernance, structure=lieu.prefecture, nom=nom, prenom="", elu=True
    )
    return EluFactory(personne=personne, **champs)


def page(client, lieu, **filtres):
    return html(client.get(reverse("elus", args=[lieu.uuid]), filtres))


def liste(contenu: str) -> str:
    return contenu.partition('id="liste"')[2]


def ajouter(client, lieu, **donnees):
    saisie = {"jeton": uuid.uuid4(), "delegation": "numerique"}
    return client.post(reverse("elu_ajouter", args=[lieu.uuid]), saisie | donnees)


def test_la_sensibilite_n_est_vue_que_de_la_coordination_et_des_co_porteurs(client, lieu):
    elu_de(lieu, sensibilite=0, epci=lieu.val)
    for role in ROLES[:-1]:
        client.force_login(lieu.gens[role])
        contenu = page(client, lieu)
        assert "Mairesse" in contenu
        assert ("À convaincre" in contenu or "à convaincre" in contenu) == (role in PILOTES), role
        assert ("visible de la coordination et des co-porteurs" in contenu) == (role in PILOTES), role
    assert DROITS["lire_elus"].roles == PILOTES


def test_on_ne_devine_pas_la_sensibilite_par_un_filtre(client, lieu):
    elu_de(lieu, sensibilite=3, epci=lieu.val)
    client.force_login(lieu.gens["partenaire"])
    assert "Mairesse" in liste(page(client, lieu, sensibilite="0"))
    client.force_login(lieu.gens["coordination"])
    assert "Aucun élu ne répond" in page(client, lieu, sensibilite="0")
    assert "Mairesse" in liste(page(client, lieu, sensibilite="3"))


def test_la_sensibilite_n_entre_pas_au_journal(client, lieu):
    elu = elu_de(lieu, epci=lieu.val)
    donnees = {"version": elu.version, "delegation": "social", "sensibilite": "0"}
    assert client.post(reverse("elu_modifier", args=[lieu.uuid, elu.uuid]), donnees).status_code == 302
    elu.refresh_from_db()
    assert elu.sensibilite == 0
    textes = " ".join(f"{e.de} {e.vers}" for e in Evenement.objects.all())
    assert "Social" in textes or "social" in textes
    assert "onvaincre" not in textes
    assert "texte non reproduit" in textes


@pytest.mark.parametrize("role", ROLES)
def test_qui_tient_la_grille(client, lieu, role):
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, PILOTES)
    donnees = {"nom": "Nouvelle", "structure": lieu.prefecture.pk}
    assert ajouter(client, lieu, **donnees).status_code == attendu
    assert Elu.objects.count() == (attendu == 302)
    elu = elu_de(lieu)
    adresses = [reverse(n, args=[lieu.uuid, elu.uuid]) for n in ("elu_modifier", "elu_retirer")]
    modifie = client.post(adresses[0], {"version": elu.version, "delegation": "social"})
    retire = client.post(adresses[1])
    assert (modifie.status_code, retire.status_code) == (attendu, attendu)
    assert Elu.objects.filter(pk=elu.pk).exists() == (attendu != 302)


def test_inscrire_une_personne_du_carnet_ou_une_nouvelle(client, lieu):
    connue = PersonneFactory(
        gouvernance=lieu.demarche.gouvernance, structure=lieu.prefecture, nom="Connue", elu=True
    )
    assert ajouter(client, lieu, personne=connue.pk).status_code == 302
    assert Elu.objects.get().personne == connue
    reponse = ajouter(client, lieu, personne=connue.pk)
    assert reponse.status_code == 422
    assert ajouter(client, lieu, nom="Neuve", structure=lieu.prefecture.pk).status_code == 302
    neuve = Personne.objects.get(nom="Neuve")
    assert (neuve.qualite, neuve.gouvernance, neuve.elu.delegation) == (
        "elu", lieu.demarche.gouvernance, "numerique"
    )  # fmt: skip
    assert "donnez le nom" in html(ajouter(client, lieu))
    assert "quelle collectivité" in html(ajouter(client, lieu, nom="Sans collectivité"))


def test_un_double_clic_n_inscrit_qu_une_personne(client, lieu):
    jeton = uuid.uuid4()
    for _ in range(2):
        ajouter(client, lieu, jeton=jeton, nom="Neuve", structure=lieu.prefecture.pk)
    assert Personne.objects.filter(nom="Neuve").count() == Elu.objects.count() == 1


def test_l_epci_est_celui_de_la_commune(client, lieu):
    commune = CommuneFactory(epci=lieu.val)
    ajouter(client, lieu, nom="Maire", structure=lieu.prefecture.pk, commune=commune.pk, epci=lieu.epci.pk)
    assert Elu.objects.get().epci == lieu.val


def test_d_ailleurs_rien_ne_s_inscrit_ni_ne_se_lit(client, lieu):
    autre = DemarcheFactory(gouvernance__departement__code="33")
    ailleurs = PersonneFactory(gouvernance=autre.gouvernance, elu=True, nom="D’ailleurs")
    assert ajouter(client, lieu, personne=ailleurs.pk).status_code == 422
    hors = EpciFactory(departement=autre.departement)
    refus = ajouter(client, lieu, nom="X", structure=lieu.prefecture.pk, epci=hors.pk)
    assert refus.status_code == 422
    assert ajouter(client, lieu, nom="X", structure=StructureFactory().pk).status_code == 422
    elu = EluFactory(personne=ailleurs)
    assert "D’ailleurs" not in page(client, lieu)
    for nom in ("elu_modifier", "elu_retirer"):
        assert client.post(reverse(nom, args=[lieu.uuid, elu.uuid])).status_code == 404
    assert Elu.objects.filter(pk=elu.pk).exists()


def test_un_groupe_d_epci_ne_voit_pas_les_elus_des_autres(client, lieu):
    demarche = PerimetreFactory(epci=lieu.val, demarche__gouvernance=lieu.demarche.gouvernance).demarche
    compte = MandatFactory(demarche=demarche, utilisateur=UtilisateurFactory()).utilisateur
    for nom, epci in (("Dedans", lieu.val), ("Dehors", lieu.epci), ("Partout", None)):
        elu_de(lieu, nom, epci=epci)
    client.force_login(compte)
    contenu = html(client.get(reverse("elus", args=[demarche.uuid])))
    assert "Dedans" in contenu
    assert "Partout" in contenu
    assert "Dehors" not in contenu
    dehors = Elu.objects.get(personne__nom="Dehors")
    assert client.get(reverse("elu_modifier", args=[demarche.uuid, dehors.uuid])).status_code == 404


def test_la_grille_dit_qui_manque(client, lieu):
    elu_de(lieu, epci=lieu.val, delegation="social", decideur=True)
    contenu = page(client, lieu)
    assert "Aucun élu connu dans 1 EPCI sur 2 : CC d’Écully." in contenu
    assert "Pas d’élu délégué au numérique : CC du Val." in contenu
    assert "Décideur" in contenu
    assert f"?delegation=numerique&amp;epci={lieu.val.pk}" in contenu
    elu_de(lieu, epci=lieu.val, delegation="numerique")
    elu_de(lieu, epci=lieu.epci, delegation="numerique")
    contenu = page(client, lieu)
    assert "Aucun élu connu" not in contenu
    assert "Pas d’élu délégué" not in contenu


def test_la_liste_se_trie_a_la_francaise_et_se_filtre(client, lieu):
    elu_de(lieu, "Zola", epci=lieu.val, delegation="social", dernier_contact=date(2020, 1, 1))
    elu_de(lieu, "Évariste", epci=lieu.epci, decideur=True)
    elu_de(lieu, "Dupont", dernier_contact=date.today())  # noqa: DTZ011
    contenu = liste(page(client, lieu))
    assert contenu.index("Dupont") < contenu.index("Évariste") < contenu.index("Zola")

    def noms(**filtres):
        contenu = liste(page(client, lieu, **filtres))
        return {nom for nom in ("Zola", "Évariste", "Dupont") if nom in contenu}

    assert noms(delegation="social") == {"Zola"}
    assert noms(epci=lieu.epci.pk) == {"Évariste"}
    assert noms(epci="sans") == {"Dupont"}
    assert noms(decideur="on") == {"Évariste"}
    assert noms(contact="jamais") == {"Évariste"}
    assert noms(contact="ancien") == {"Évariste", "Zola"}
    assert noms(delegation="inconnue") == {"Zola", "Évariste", "Dupont"}


def test_un_elu_rencontre_ne_se_retire_pas(client, lieu):
    elu = elu_de(lieu)
    RencontreFactory(demarche=lieu.demarche, elus=[elu])
    reponse = client.post(reverse("elu_retirer", args=[lieu.uuid, elu.uuid]), follow=True)
    assert "figure dans une rencontre" in html(reponse)
    assert Elu.objects.filter(pk=elu.pk).exists()


def test_deux_mains_sur_un_elu(client, lieu):
    elu = elu_de(lieu)
    adresse = reverse("elu_modifier", args=[lieu.uuid, elu.uuid])
    donnees = {"version": elu.version, "delegation": "social", "mandat": "Première"}
    assert client.post(adresse, donnees).status_code == 302
    assert client.post(adresse, donnees | {"mandat": "Seconde"}).status_code == 409


def test_l_administration_du_site_ne_montre_ni_note_privee_ni_sensibilite(client, lieu):
    elu = elu_de(lieu, sensibilite=0)
    gouvernance = lieu.demarche.gouvernance
    type(gouvernance).objects.update(note_privee="CONFIDENTIEL-7")
    client.force_login(UtilisateurFactory(admin=True))
    for modele, objet in (("elu", elu), ("gouvernance", gouvernance)):
        for adresse in (
            reverse(f"admin:gouvernance_{modele}_changelist"),
            reverse(f"admin:gouvernance_{modele}_change", args=[objet.pk]),
        ):
            contenu = html(client.get(adresse))
            assert "CONFIDENTIEL-7" not in contenu
            assert "onvaincre" not in contenu
            assert "ensibilit" not in contenu


def test_une_structure_d_ailleurs_membre_se_choisit(client, lieu):
    commune = StructureFactory(nom="Commune du Val")
    MembreFactory(gouvernance=lieu.demarche.gouvernance, structure=commune)
    assert ajouter(client, lieu, nom="Maire", structure=commune.pk).status_code == 302
