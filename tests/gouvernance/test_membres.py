"""La page de la gouvernance : membres, instances, sièges, rôles, points de blocage, notes."""

import uuid

import pytest
from django.urls import reverse

from gouvernance.acteurs import membres
from gouvernance.models import (
    Evenement,
    Instance,
    Mandat,
    Membre,
    PointDeBlocage,
    Role,
    Siege,
    StatutMembre,
    Structure,
)
from tests.gouvernance.fabriques import (
    CollegeFactory,
    DemarcheFactory,
    EpciFactory,
    InstanceFactory,
    MandatFactory,
    MembreFactory,
    PersonneFactory,
    PointDeBlocageFactory,
    SiegeFactory,
    StructureFactory,
    UtilisateurFactory,
)
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db
CADREURS = {Role.COORDINATION, Role.CO_PORTEUR, "administration"}
SIRET = "12000101100010"


@pytest.fixture
def lieu(client):
    trouve = situation()
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def poster(client, nom, /, *cles, **donnees):
    return client.post(reverse(nom, args=cles), {"jeton": uuid.uuid4(), **donnees})


@pytest.mark.parametrize("role", ROLES)
def test_qui_peut_confirmer_un_membre(client, lieu, role):
    membre = MembreFactory(gouvernance=lieu.demarche.gouvernance, candidat=True)
    client.force_login(lieu.gens[role])
    reponse = client.post(reverse("membre_statut", args=[lieu.uuid, membre.uuid, "confirme"]))
    attendu = statut_attendu(role, CADREURS)
    assert reponse.status_code == attendu
    membre.refresh_from_db()
    assert (membre.statut == StatutMembre.CONFIRME) == (attendu == 302)
    assert Evenement.objects.filter(action="changer le statut").count() == (attendu == 302)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("nom", ["membre_ajouter", "instance_ajouter", "mandat_ajouter", "blocage_ajouter"])
def test_qui_ouvre_les_pages_de_saisie(client, lieu, role, nom):
    client.force_login(lieu.gens[role])
    attendu = {302: 200}.get(statut_attendu(role, CADREURS), statut_attendu(role, CADREURS))
    assert client.get(reverse(nom, args=[lieu.uuid])).status_code == attendu


def test_ajouter_une_structure_connue_puis_la_retirer_puis_la_reprendre(client, lieu):
    structure = StructureFactory(nom="Conseil départemental")
    poster(client, "membre_ajouter", lieu.uuid, structure=structure.pk, co_porteur="on")
    membre = Membre.objects.get(structure=structure)
    assert (membre.statut, membre.co_porteur) == (StatutMembre.CANDIDAT, True)
    client.post(reverse("membre_statut", args=[lieu.uuid, membre.uuid, "retire"]))
    poster(client, "membre_ajouter", lieu.uuid, structure=structure.pk)
    membre.refresh_from_db()
    assert membre.statut == StatutMembre.CANDIDAT
    assert Membre.objects.filter(structure=structure).count() == 1


def test_ajouter_une_structure_neuve_controle_son_siret(client, lieu):
    college = CollegeFactory(code="associations")
    donnees = {"nom": "La Mêlée", "college": college.pk, "siret": "123 456 789 01234"}
    reponse = poster(client, "membre_ajouter", lieu.uuid, **donnees)
    assert reponse.status_code == 422
    assert "Ce SIRET n’existe pas" in html(reponse)
    assert "La Mêlée" in html(reponse)
    assert (
        poster(client, "membre_ajouter", lieu.uuid, **{**donnees, "siret": "120 001 011 00010"}).status_code
        == 302
    )
    assert Membre.objects.get(structure__siret=SIRET).structure.nom == "La Mêlée"


def test_un_siret_deja_connu_reprend_la_structure_et_ne_la_double_pas(client, lieu):
    connue = StructureFactory(siret=SIRET, departement=None)
    poster(client, "membre_ajouter", lieu.uuid, nom="Autre nom", college="etat", siret=SIRET)
    assert Membre.objects.get(structure=connue)
    reponse = poster(client, "membre_ajouter", lieu.uuid, nom="Encore", college="etat", siret=SIRET)
    assert reponse.status_code == 422
    assert "est déjà membre de la gouvernance" in html(reponse)
    assert Structure.objects.filter(siret=SIRET).count() == 1


def test_ni_structure_ni_nom(client, lieu):
    reponse = poster(client, "membre_ajouter", lieu.uuid)
    assert reponse.status_code == 422
    assert "nommez-en une nouvelle" in html(reponse)
    assert "quel collège" in html(poster(client, "membre_ajouter", lieu.uuid, nom="Sans collège"))


def test_un_double_clic_n_ajoute_qu_une_fois(client, lieu):
    donnees = {"jeton": uuid.uuid4(), "libelle": "Pas de local"}
    adresse = reverse("blocage_ajouter", args=[lieu.uuid])
    client.post(adresse, donnees)
    assert "second envoi" in html(client.post(adresse, donnees, follow=True))
    assert PointDeBlocage.objects.count() == 1


def test_modifier_un_contact_en_conflit_montre_les_deux_textes(client, lieu):
    membre = Membre.objects.get(structure=lieu.prefecture)
    adresse = reverse("membre_modifier", args=[lieu.uuid, membre.uuid])
    donnees = {"version": membre.version, "contact_politique": "Première main"}
    assert client.post(adresse, donnees).status_code == 302
    reponse = client.post(adresse, {**donnees, "contact_politique": "Seconde main"})
    assert reponse.status_code == 409
    assert "Première main" in html(reponse)
    assert "Seconde main" in html(reponse)
    membre.refresh_from_db()
    assert membre.contact_politique == "Première main"


def test_les_colleges_attendus_qui_manquent_sont_dits(client, lieu):
    CollegeFactory(code="habitants", libelle="Habitants et usagers")
    page = html(client.get(reverse("gouvernance", args=[lieu.uuid])))
    assert "Un collège attendu n’est pas assez représenté" in page
    assert "Habitants et usagers</a>" in page
    MembreFactory(
        gouvernance=lieu.demarche.gouvernance,
        structure=StructureFactory(college=CollegeFactory(code="habitants")),
    )
    assert "Un collège attendu" not in html(client.get(reverse("gouvernance", args=[lieu.uuid])))


def test_la_note_privee_n_est_lue_que_par_l_equipe_de_la_prefecture(client, lieu):
    adresse = reverse("note_privee", args=[lieu.uuid])
    client.post(adresse, {"version": 1, "note_privee": "CONFIDENTIEL-7"})
    assert "CONFIDENTIEL-7" in html(client.get(reverse("gouvernance", args=[lieu.uuid])))
    assert not Evenement.objects.filter(vers__contains="CONFIDENTIEL").exists()
    autre = MandatFactory(
        demarche=lieu.demarche, utilisateur__structure=StructureFactory(college__code="epci")
    )
    for compte in [
        *(c for r, c in lieu.gens.items() if r not in {"coordination", "etranger"}),
        autre.utilisateur,
    ]:
        client.force_login(compte)
        for page in ("gouvernance", "gouvernance_modifier", "journal", "note_privee"):
            reponse = client.get(reverse(page, args=[lieu.uuid]))
            assert "CONFIDENTIEL-7" not in html(reponse)
        assert client.post(adresse, {"version": 2, "note_privee": "x"}).status_code == 403


def test_une_instance_son_siege_et_sa_personne(client, lieu):
    poster(client, "instance_ajouter", lieu.uuid, type="cotech", quorum=2, nom="Comité technique")
    instance = Instance.objects.get(type="cotech")
    personne = PersonneFactory(structure=lieu.prefecture, gouvernance=lieu.demarche.gouvernance)
    etrangere = PersonneFactory()
    MembreFactory(gouvernance=lieu.demarche.gouvernance, structure=etrangere.structure)
    donnees = {"structure": lieu.prefecture.pk, "personne": etrangere.pk}
    reponse = poster(client, "siege_ajouter", lieu.uuid, instance.uuid, **donnees)
    assert reponse.status_code == 422
    assert "appartient à" in html(reponse)
    poster(
        client, "siege_ajouter", lieu.uuid, instance.uuid, structure=lieu.prefecture.pk, personne=personne.pk
    )
    page = html(client.get(reverse("instance", args=[lieu.uuid, instance.uuid])))
    assert "2 sièges présents ou représentés" in page
    assert str(personne) in page
    reponse = poster(
        client, "siege_ajouter", lieu.uuid, instance.uuid, structure=lieu.prefecture.pk, personne=personne.pk
    )
    assert reponse.status_code == 422
    assert "Ce siège existe déjà" in html(reponse)
    reponse = client.post(reverse("instance_supprimer", args=[lieu.uuid, instance.uuid]), follow=True)
    assert "ne peut être supprimé" in html(reponse)
    siege = instance.sieges.get()
    client.post(reverse("siege_supprimer", args=[lieu.uuid, siege.uuid]))
    client.post(reverse("instance_supprimer", args=[lieu.uuid, instance.uuid]))
    assert not Instance.objects.filter(pk=instance.pk).exists()


def test_une_structure_hors_de_la_gouvernance_ne_siege_pas(client, lieu):
    dehors = StructureFactory()
    reponse = poster(client, "siege_ajouter", lieu.uuid, lieu.copil.uuid, structure=dehors.pk)
    assert reponse.status_code == 422
    assert not Siege.objects.exists()


def test_les_objets_d_une_autre_demarche_sont_introuvables(client, lieu):
    autre = DemarcheFactory(gouvernance__departement__code="40")
    siege = SiegeFactory(instance=InstanceFactory(demarche=autre))
    membre = MembreFactory(gouvernance=autre.gouvernance)
    personne = PersonneFactory(structure=membre.structure, gouvernance=autre.gouvernance)
    blocage = PointDeBlocageFactory(demarche=autre)
    for nom, cles in [
        ("instance_modifier", [siege.instance.uuid]), ("instance_supprimer", [siege.instance.uuid]),
        ("siege_ajouter", [siege.instance.uuid]), ("siege_modifier", [siege.uuid]),
        ("siege_supprimer", [siege.uuid]), ("membre_modifier", [membre.uuid]),
        ("membre_statut", [membre.uuid, "retire"]), ("personne_modifier", [personne.uuid]),
        ("blocage_lever", [blocage.uuid]), ("membre_statut", [membre.uuid, "inconnu"]),
    ]:  # fmt: skip
        assert client.post(reverse(nom, args=[lieu.uuid, *cles])).status_code == 404, nom
    mandat = MandatFactory(demarche=autre)
    assert poster(client, "mandat_retirer", lieu.uuid, mandat=mandat.pk).status_code == 404
    assert not Evenement.objects.exists()


def test_donner_et_retirer_un_role(client, lieu):
    compte = UtilisateurFactory(email="nouveau@essais.example")
    assert "Aucun compte actif" in html(
        poster(client, "mandat_ajouter", lieu.uuid, email="inconnu@essais.example", role="lecture")
    )
    poster(client, "mandat_ajouter", lieu.uuid, email="Nouveau@essais.example", role="partenaire")
    mandat = Mandat.objects.get(utilisateur=compte)
    reponse = poster(client, "mandat_ajouter", lieu.uuid, email="nouveau@essais.example", role="partenaire")
    assert "a déjà le rôle" in html(reponse)
    poster(client, "mandat_retirer", lieu.uuid, mandat=mandat.pk)
    assert not Mandat.objects.filter(pk=mandat.pk).exists()
    assert Evenement.objects.filter(action__endswith="un rôle").count() == 2


def test_une_demarche_garde_une_coordination_et_un_co_porteur_ne_la_prend_pas(client, lieu):
    mandat = Mandat.objects.get(role=Role.COORDINATION)
    reponse = client.post(reverse("mandat_retirer", args=[lieu.uuid]), {"mandat": mandat.pk}, follow=True)
    assert "garde au moins une coordination" in html(reponse)
    client.force_login(lieu.gens["co_porteur"])
    email = lieu.gens["co_porteur"].email
    assert poster(client, "mandat_ajouter", lieu.uuid, email=email, role="coordination").status_code == 403
    assert poster(client, "mandat_retirer", lieu.uuid, mandat=mandat.pk).status_code == 403
    assert Mandat.objects.filter(role=Role.COORDINATION).get() == mandat


def test_qui_ne_peut_pas_cadrer_lit_pourquoi_et_ne_voit_pas_les_actes(client, lieu):
    client.force_login(lieu.gens["partenaire"])
    page = html(client.get(reverse("gouvernance", args=[lieu.uuid])))
    assert "Votre rôle ne permet pas de modifier la gouvernance" in page
    assert reverse("membre_ajouter", args=[lieu.uuid]) not in page


def test_modifier_la_demarche_et_la_gouvernance(client, lieu):
    reponse = client.post(
        reverse("demarche_modifier", args=[lieu.uuid]),
        {"version": 1, "nom": "Nouveau nom", "contrat": "crte", "debut": "2026-05-01", "fin": "2026-01-01"},
    )
    assert reponse.status_code == 422
    assert "La fin de la démarche précède son début" in html(reponse)
    client.post(
        reverse("demarche_modifier", args=[lieu.uuid]),
        {"version": 1, "nom": "Nouveau nom", "contrat": "crte", "porteur": lieu.prefecture.pk},
    )
    client.post(
        reverse("gouvernance_modifier", args=[lieu.uuid]),
        {"version": 1, "sous_prefet_referent": "Sous-préfète de Bergerac", "note_contexte": "Deux rives."},
    )
    page = html(client.get(reverse("gouvernance", args=[lieu.uuid])))
    for attendu in ("Nouveau nom", "CRTE", "Sous-préfète de Bergerac", "Deux rives."):
        assert attendu in page


def test_prefecture_seule_ne_demande_pas_de_co_porteur(client, lieu):
    gouvernance = lieu.demarche.gouvernance
    departement = MembreFactory(
        gouvernance=gouvernance, co_porteur=True,
        structure=StructureFactory(nom="Conseil départemental", college=CollegeFactory(code="departement")),
    )  # fmt: skip
    adresse = reverse("gouvernance_modifier", args=[lieu.uuid])
    donnees = {"version": gouvernance.version, "prefecture_seule": "on"}
    refus = client.post(adresse, donnees)
    assert refus.status_code == 422
    assert "« Conseil départemental » : co-porteur" in html(refus)
    gouvernance.refresh_from_db()
    assert not gouvernance.prefecture_seule
    Membre.objects.filter(pk=departement.pk).update(co_porteur=False)
    assert client.post(adresse, donnees | {"version": gouvernance.version}).status_code == 302
    assert "Préfecture seule" in html(client.get(reverse("gouvernance", args=[lieu.uuid])))
    ajout = client.get(reverse("membre_ajouter", args=[lieu.uuid]))
    modif = client.get(reverse("membre_modifier", args=[lieu.uuid, departement.uuid]))
    assert "co_porteur" not in ajout.context["formulaire"].fields
    assert "co_porteur" not in modif.context["formulaire"].fields
    neuve = StructureFactory()
    assert poster(client, "membre_ajouter", lieu.uuid, structure=neuve.pk).status_code == 302
    assert not Membre.objects.get(structure=neuve).co_porteur


def test_corriger_une_structure_tant_qu_elle_n_est_que_d_ici(client, lieu):
    membre = MembreFactory(gouvernance=lieu.demarche.gouvernance)
    adresse = reverse("structure_modifier", args=[lieu.uuid, membre.uuid])
    donnees = {"version": 1, "nom": "Nom juste", "siret": SIRET, "college": "etat"}
    assert client.post(adresse, {**donnees, "siret": "12000101100011"}).status_code == 422
    assert client.post(adresse, donnees).status_code == 302
    membre.structure.refresh_from_db()
    assert (membre.structure.nom, membre.structure.siret) == ("Nom juste", SIRET)
    ailleurs = DemarcheFactory(gouvernance__departement__code="40")
    MembreFactory(gouvernance=ailleurs.gouvernance, structure=membre.structure)
    refus = client.post(adresse, {**donnees, "version": 2, "nom": "Détourné"})
    assert refus.status_code == 422
    assert "aussi membre d’une autre gouvernance" in html(refus)
    membre.structure.refresh_from_db()
    assert membre.structure.nom == "Nom juste"
    assert client.get(reverse("structure_modifier", args=[ailleurs.uuid, membre.uuid])).status_code == 404


def test_deux_structures_n_ont_pas_le_meme_siret(client, lieu):
    StructureFactory(siret=SIRET)
    membre = MembreFactory(gouvernance=lieu.demarche.gouvernance)
    donnees = {"version": 1, "nom": "Autre", "siret": SIRET, "college": "etat"}
    reponse = client.post(reverse("structure_modifier", args=[lieu.uuid, membre.uuid]), donnees)
    assert reponse.status_code == 422
    membre.structure.refresh_from_db()
    assert membre.structure.siret is None


@pytest.mark.parametrize("connue", [True, False], ids=["déjà connue", "nouvelle"])
def test_ajouter_une_intercommunalite_dit_laquelle(client, lieu, connue):
    """Le lien de « Représentativité » la nomme : elle n'y est plus dite absente."""
    epci = EpciFactory(departement=lieu.demarche.departement, nom="CC du Val")
    college = CollegeFactory(code="epci")
    adresse = reverse("membre_ajouter", args=[lieu.uuid]) + f"?college=epci&nom=CC+du+Val&epci={epci.pk}"
    depart = client.get(adresse).context["formulaire"]
    assert str(depart["epci"].value()) == epci.pk
    structure = StructureFactory(college=college, departement=None) if connue else None
    quoi = {"structure": structure.pk} if connue else {"nom": "CC du Val", "college": college.pk}
    assert poster(client, "membre_ajouter", lieu.uuid, epci=epci.pk, **quoi).status_code == 302
    assert Membre.objects.get(structure__epci=epci).structure.epci == epci
    assert Evenement.objects.filter(demarche=lieu.demarche, objet_type="structure").exists()


def test_une_structure_deja_rattachee_garde_son_intercommunalite(client, lieu):
    sienne = EpciFactory(departement=lieu.demarche.departement)
    autre = EpciFactory(departement=lieu.demarche.departement)
    structure = StructureFactory(epci=sienne, departement=None)
    poster(client, "membre_ajouter", lieu.uuid, structure=structure.pk, epci=autre.pk)
    structure.refresh_from_db()
    assert structure.epci == sienne


def test_deux_gouvernances_qui_disent_l_epci_a_la_fois_ne_s_ecrasent_pas(client, lieu, monkeypatch):
    """La page a lu une structure sans EPCI ; le temps d'arriver au verrou, une autre gouvernance l'a dit."""
    ici, ailleurs = EpciFactory(departement=lieu.demarche.departement), EpciFactory()
    structure, exiger = StructureFactory(departement=None), membres.exiger

    def entre_temps(*acces):
        Structure.objects.filter(pk=structure.pk).update(epci=ailleurs)
        exiger(*acces)

    monkeypatch.setattr(membres, "exiger", entre_temps)
    reponse = poster(client, "membre_ajouter", lieu.uuid, structure=structure.pk, epci=ici.pk)
    assert reponse.status_code == 302
    structure.refresh_from_db()
    assert structure.epci == ailleurs
