"""La page d'une démarche : où l'on en est, ce qui manque, qui valide, ce qui vient ensuite."""

import pytest
from django.urls import reverse

from feuille_de_route import parcours
from feuille_de_route.models import EtatFiche
from feuille_de_route.views.parcours import ECRANS, PHRASES
from gouvernance.models import Etape, Role
from tests.feuille_de_route.fabriques import AxeFactory, FicheFactory
from tests.feuille_de_route.parcours_mur import demarche_mure, mettre_a
from tests.gouvernance.fabriques import DemarcheFactory, LimiteFactory, MandatFactory, StructureFactory

LIMITE = 16


def page(client, demarche):
    return client.get(reverse("demarche", args=[demarche.uuid]))


def test_le_nombre_de_requetes_ne_depend_pas_des_fiches(client, demarche, coordination, compter_requetes):
    def peupler(nombre):
        for _ in range(nombre):
            porteuse = StructureFactory()
            FicheFactory(
                demarche=demarche,
                axe=AxeFactory(demarche=demarche),
                structure_porteuse=porteuse,
                retenue=True,
            )

    peupler(10)
    adresse = reverse("demarche", args=[demarche.uuid])
    avant = compter_requetes(adresse)
    peupler(90)
    assert compter_requetes(adresse) == avant
    assert avant <= LIMITE


@pytest.mark.parametrize("etape", Etape)
def test_a_chaque_etape_la_page_dit_la_suite(client, db, etape):
    demarche = demarche_mure()
    mettre_a(demarche, etape)
    compte = MandatFactory(demarche=demarche).utilisateur
    client.force_login(compte)
    reponse = page(client, demarche)
    texte = reponse.content.decode()
    assert reponse.status_code == 200
    suivant = reponse.context["suivant"]
    if suivant:
        assert suivant[1].libelle in texte
        assert not reponse.context["bloquants"]
        assert "Ce bouton est inactif" not in texte
    else:
        assert PHRASES[etape] in texte
    if etape in ECRANS:
        assert reverse(ECRANS[etape], args=[demarche.uuid]) in texte
    assert ("Lire le document soumis" in texte) == (etape in (Etape.SOUMISE, Etape.VALIDEE))


@pytest.mark.parametrize("role", [*Role, "administration", "dehors"])
def test_le_bouton_dit_pourquoi_il_est_inactif(client, demarche, gens, role):
    client.force_login(gens[role])
    reponse = page(client, demarche)
    if role == "dehors":
        assert reponse.status_code == 404
        return
    texte = reponse.content.decode()
    assert "Ce bouton est inactif" in texte
    if role in {Role.COORDINATION, Role.CO_PORTEUR}:
        assert "bloque le passage" in texte
    else:
        assert "votre rôle ne permet pas" in texte
    assert ("Abandonner la démarche" in texte) is (role == Role.COORDINATION)


def test_les_fiches_suivent_leur_axe_et_la_visibilite(client, demarche, gens, fiche):
    racine = AxeFactory(demarche=demarche, intitule="Former les aidants")
    sous = AxeFactory(demarche=demarche, parent=racine, ordre=1)
    FicheFactory(demarche=demarche, axe=sous, titre="Retenue", retenue=True)
    FicheFactory(demarche=demarche, titre="Sans axe", proposee=True)
    FicheFactory(demarche=demarche, titre="Écartée", ecartee=True)
    client.force_login(gens["elu"])
    contexte = page(client, demarche).context
    groupes = {axe.intitule: [titre for _, titre, _, _ in fiches] for axe, fiches in contexte["groupes"]}
    assert groupes["Former les aidants"] == ["2. Retenue"]
    assert [titre for _, titre, _, _ in contexte["sans_axe"]] == ["3. Sans axe"]
    assert contexte["nb_fiches"] == 2  # ni le brouillon d'une autre, ni l'écartée
    assert fiche.etat == EtatFiche.BROUILLON


def test_les_jalons_disent_qui_valide_et_la_decision(client, db):
    demarche = demarche_mure()
    client.force_login(MandatFactory(demarche=demarche).utilisateur)
    jalon = demarche.jalons.select_related("decision__seance").first()
    texte = page(client, demarche).content.decode()
    assert jalon.decision.numero in texte
    assert reverse("seance", args=[demarche.uuid, jalon.decision.seance.uuid]) in texte
    assert str(jalon.instance) in texte


def test_la_demarche_d_un_autre_departement_est_introuvable(client, demarche, gens):
    ailleurs = DemarcheFactory(gouvernance__departement__code="33")
    client.force_login(gens["coordination"])
    assert page(client, ailleurs).status_code == 404


def test_au_cadrage_un_partenaire_sait_qu_il_lui_reste_a_adherer(client, demarche, gens):
    partenaire = gens["partenaire"]
    mettre_a(demarche, Etape.CADRAGE)
    client.force_login(partenaire)
    lue = page(client, demarche)
    assert [geste.url for geste in lue.context["gestes"]] == [reverse("cahier", args=[demarche.uuid])]
    assert lue.context["libelle_ecran"] == "Lire le cahier des charges"
    demarche.cahier.adhesions.create(structure=partenaire.structure, edition=demarche.cahier.edition)
    assert page(client, demarche).context["gestes"] == []


def test_un_jalon_valide_se_dit_avec_ce_qu_il_permet(client, db):
    demarche = demarche_mure()
    mettre_a(demarche, Etape.CADRAGE)
    client.force_login(MandatFactory(demarche=demarche).utilisateur)
    dit = "Le jalon «&nbsp;Cahier des charges&nbsp;» est validé"
    texte = page(client, demarche).content.decode()
    assert dit in texte
    assert "vous pouvez ouvrir le diagnostic" in texte
    demarche.jalons.filter(code="cadrage").update(etat="en_cours", decision=None)
    assert dit not in page(client, demarche).content.decode()


@pytest.mark.parametrize(
    ("etape", "suite"),
    [
        (Etape.PLAN_ACTIONS, ""),
        (Etape.SOUMISE, "l’instance qui valide peut la renvoyer"),
        (Etape.EN_SIGNATURE, ""),
        (Etape.MISE_EN_OEUVRE, "ouvrez un avenant"),
    ],
)
def test_on_ne_propose_de_rouvrir_un_jalon_que_si_cela_se_peut(client, db, etape, suite):
    """Une fois soumise, `rouvrir` le refuserait : ni lien, ni conseil qui n'aboutit pas."""
    demarche = demarche_mure()
    mettre_a(demarche, etape)
    client.force_login(MandatFactory(demarche=demarche).utilisateur)
    au_plan = etape == Etape.PLAN_ACTIONS
    assert ("Rouvrir le jalon" in page(client, demarche).content.decode()) is au_plan
    lue = client.get(reverse("fiche", args=[demarche.uuid, demarche.fiches.get().uuid])).content.decode()
    assert "Rouvrez le jalon" not in lue
    assert suite in lue


@pytest.mark.parametrize(
    ("nombre", "phrase"),
    [
        (1, "1 limite n’est pas encore décidée en séance : le document à signer l’écrira en clair."),
        (2, "2 limites ne sont pas encore décidées en séance : le document à signer l’écrira en clair."),
    ],
)
def test_une_limite_non_decidee_se_dit_avant_de_soumettre_sans_bloquer(client, db, nombre, phrase):
    demarche = demarche_mure()
    decision = demarche.jalons.first().decision
    LimiteFactory(demarche=demarche, decision=decision)
    LimiteFactory(demarche=DemarcheFactory(groupement=True))
    attendent = [LimiteFactory(demarche=demarche) for _ in range(nombre)]
    client.force_login(MandatFactory(demarche=demarche).utilisateur)
    for etape in (Etape.STRATEGIE, Etape.VALIDEE):
        mettre_a(demarche, etape)
        assert not any("limite" in texte for texte, _ in page(client, demarche).context["avertissements"])
    mettre_a(demarche, Etape.PLAN_ACTIONS)
    lue = page(client, demarche)
    assert (phrase, reverse("limites", args=[demarche.uuid])) in lue.context["avertissements"]
    assert phrase in lue.content.decode()
    assert phrase in [m.texte for m in parcours.manques(demarche)], "et là où l’on ne l’a pas lue d’avance"
    franchir = reverse("demarche_franchir", args=[demarche.uuid, "soumettre"])
    assert client.post(franchir).status_code == 302
    demarche.refresh_from_db()
    assert demarche.etape == Etape.SOUMISE

    mettre_a(demarche, Etape.PLAN_ACTIONS)
    type(attendent[0]).objects.update(decision=decision)
    assert not any("limite" in texte for texte, _ in page(client, demarche).context["avertissements"])
