"""Écrire une fiche : création, séries sans JavaScript, français des saisies, conflits, double clic."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.models import FicheAction, Financement, LigneBudget, Partenariat
from gouvernance.models import Evenement, Role
from gouvernance.permissions import DROITS
from tests.diagnostic.fabriques import EnjeuFactory
from tests.feuille_de_route.conftest import compte
from tests.feuille_de_route.fabriques import (
    AxeFactory,
    EtapeFicheFactory,
    FicheFactory,
    FinancementFactory,
    IndicateurFactory,
    LigneBudgetFactory,
    PartenariatFactory,
)
from tests.feuille_de_route.saisies import adresse, ecrire_section, envoi, ouvrir_section
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory, MembreFactory, PersonneFactory

BUDGET = {
    "lignes_budget-0-annee": "2027",
    "lignes_budget-0-nature": "fonctionnement",
    "lignes_budget-0-montant": "12 000,50",
}
PART = {"financements-0-financeur": "Région", "financements-0-type": "region"}


def formulaire_de_creation(client, demarche):
    return client.get(reverse("fiche_ajouter", args=[demarche.uuid])).context["formulaire"]


@pytest.mark.parametrize("role", [*Role, "dehors", "administration"])
def test_qui_cree_une_fiche(client, demarche, gens, role):
    client.force_login(gens[role])
    url = reverse("fiche_ajouter", args=[demarche.uuid])
    if role == "dehors":
        assert client.post(url, {"titre": "Un bus"}).status_code == 404
        return
    if role not in DROITS["creer_fiche"].roles:
        assert client.get(url).status_code == 403
        assert client.post(url, {"titre": "Un bus", "jeton": str(uuid4())}).status_code == 403
        assert not FicheAction.objects.exists()
        return
    donnees = envoi(formulaire_de_creation(client, demarche), titre="Un bus")
    reponse = client.post(url, donnees)
    fiche = FicheAction.objects.get()
    assert reponse.url == adresse("fiche", fiche)
    assert client.get(reponse.url).status_code == 200
    assert (fiche.numero, fiche.etat, fiche.cree_par) == (1, "brouillon", gens[role])
    assert Evenement.objects.get().action == "créer"


def test_la_partenaire_cree_pour_sa_structure_et_pour_nulle_autre(client, demarche, gens):
    client.force_login(gens["partenaire"])
    url = reverse("fiche_ajouter", args=[demarche.uuid])
    autre = gens["tierce"].structure
    donnees = envoi(formulaire_de_creation(client, demarche), titre="Un bus", structure_porteuse=autre.pk)
    client.post(url, donnees)
    assert FicheAction.objects.get().structure_porteuse == gens["partenaire"].structure


def test_sans_structure_la_partenaire_lit_a_qui_le_dire(client, demarche):
    mandat = MandatFactory(demarche=demarche, role=Role.PARTENAIRE, utilisateur=compte())
    client.force_login(mandat.utilisateur)
    url = reverse("fiche_ajouter", args=[demarche.uuid])
    reponse = client.post(url, envoi(formulaire_de_creation(client, demarche), titre="Un bus"))
    assert reponse.status_code == 422
    assert "rattaché à aucune structure" in reponse.content.decode()
    assert "Un bus" in reponse.content.decode()


def test_un_double_clic_cree_une_fiche_et_ramene_a_elle(client, demarche, coordination):
    url = reverse("fiche_ajouter", args=[demarche.uuid])
    donnees = envoi(formulaire_de_creation(client, demarche), titre="Un bus")
    premiere, seconde = client.post(url, donnees), client.post(url, donnees, follow=True)
    assert FicheAction.objects.count() == 1
    assert Evenement.objects.filter(action="créer").count() == 1
    assert seconde.redirect_chain == [(premiere.url, 302)]
    assert "le second envoi n’a rien changé" in seconde.content.decode()


def test_les_choix_ne_montrent_que_la_demarche(client, fiche, coordination):
    autre = DemarcheFactory(groupement=True)
    ailleurs = AxeFactory(demarche=autre), EnjeuFactory(demarche=autre)
    for section, choix in (("identite", {"axe": ailleurs[0].pk}), ("publics", {"enjeux": [ailleurs[1].pk]})):
        reponse = ecrire_section(client, fiche, section, **choix)
        assert reponse.status_code == 422
        assert set(reponse.context["formulaire"].errors) == set(choix)
    elue_d_ailleurs = PersonneFactory(elu=True, gouvernance__departement__code="33")
    reponse = ecrire_section(client, fiche, "acteurs", elu_referent=str(elue_d_ailleurs.pk))
    assert set(reponse.context["formulaire"].errors) == {"elu_referent"}


def test_les_acteurs_et_leurs_apports(client, fiche, gens, coordination):
    membre = MembreFactory(gouvernance=fiche.demarche.gouvernance).structure
    elue = PersonneFactory(elu=True, structure=membre)
    partenaires = {"partenariats-0-structure": str(membre.pk), "partenariats-0-apport": "Une salle"}
    reponse = ecrire_section(
        client, fiche, "acteurs", pilote="Directrice", elu_referent=str(elue.pk), **partenaires
    )
    assert reponse.status_code == 302
    fiche.refresh_from_db()
    assert (fiche.pilote, fiche.elu_referent) == ("Directrice", elue)
    assert fiche.partenariats.get().structure == membre
    double = {"partenariats-1-structure": str(membre.pk)}
    reponse = ecrire_section(client, fiche, "acteurs", **double)
    assert reponse.status_code == 422
    assert fiche.partenariats.count() == 1


def test_les_montants_s_ecrivent_a_la_francaise_et_le_solde_se_dit(client, fiche, coordination):
    fiche.lignes_budget.all().delete()
    part = {**PART, "financements-0-demande": "2\u00a0000,50 €"}
    assert ecrire_section(client, fiche, "moyens", **BUDGET, **part).status_code == 302
    assert fiche.lignes_budget.get().montant == Decimal("12000.50")
    assert fiche.financements.get().demande == Decimal("2000.50")
    page = client.get(adresse("fiche", fiche)).content.decode()
    assert "Il manque 10\u202f000\u00a0€." in page
    assert "12\u202f000,50\u00a0€" in page
    journal = Evenement.objects.get().vers
    assert "Budget, ligne ajoutée : 2027 ; Fonctionnement ; 12\u202f000,50" in journal


def test_plusieurs_financeurs_par_fiche(client, fiche, coordination):
    acquis = {
        **PART,
        "financements-0-demande": "4000",
        "financements-0-etat": "acquis",
        "financements-0-obtenu": "3500",
    }
    suite = {
        "financements-TOTAL_FORMS": "2",
        "financements-1-financeur": "CAF",
        "financements-1-type": "caf",
        "financements-1-etat": "sollicite",
        "financements-1-demande": "1000",
    }
    assert ecrire_section(client, fiche, "moyens", **acquis, **suite).status_code == 302
    assert client.get(adresse("fiche", fiche)).context["compte"].phrase == "il manque 5\u202f500\u00a0€"


FAUTES = {
    "lignes_budget-0-montant": ("-5", "ne peut pas être négatif"),
    "lignes_budget-0-annee": ("26", "quatre chiffres"),
    "financements-0-demande": ("beaucoup", "nombre"),
    "financements-0-etat": ("acquis", "dit le montant obtenu"),
}


@pytest.mark.parametrize(("champ", "faute"), FAUTES.items())
def test_une_faute_se_dit_pres_de_sa_case_et_rien_n_est_perdu(client, fiche, coordination, champ, faute):
    fiche.lignes_budget.all().delete()
    saisie = {**BUDGET, **PART, "financements-0-demande": "10", "moyens_humains": "Deux médiateurs"}
    reponse = ecrire_section(client, fiche, "moyens", **{**saisie, champ: faute[0]})
    page = reponse.content.decode()
    assert reponse.status_code == 422
    assert faute[1] in page
    assert "Deux médiateurs" in page
    assert "Des lignes sont à revoir dans" in page
    assert not LigneBudget.objects.exists()
    assert not Financement.objects.exists()
    assert not Evenement.objects.exists()


def test_sans_javascript_une_ligne_s_ajoute_et_la_saisie_reste(client, fiche, coordination):
    EtapeFicheFactory(fiche=fiche)
    donnees = envoi(
        ouvrir_section(client, fiche, "temps"),
        **{"ajouter": "etapes", "etapes-1-libelle": "Ouvrir le lieu", "debut": "pas une date"},
    )
    reponse = client.post(adresse("fiche_section", fiche, "temps"), donnees)
    page = reponse.content.decode()
    assert reponse.status_code == 200
    assert 'name="etapes-2-libelle"' in page
    assert 'value="Ouvrir le lieu"' in page
    assert "pas une date" in page
    assert "fr-error-text" not in page  # on remontre, on ne juge pas
    assert fiche.etapes.count() == 1
    suite = envoi(
        reponse.context["formulaire"], **{"etapes-2-libelle": "Faire le bilan", "debut": "2026-09-01"}
    )
    assert client.post(adresse("fiche_section", fiche, "temps"), suite).status_code == 302
    assert {e.libelle for e in fiche.etapes.all()} == {"Recruter", "Ouvrir le lieu", "Faire le bilan"}


def test_une_ligne_de_trop_laissee_vide_n_empeche_pas_d_enregistrer(client, fiche, coordination):
    fiche.lignes_budget.all().delete()
    plus = envoi(ouvrir_section(client, fiche, "moyens"), **BUDGET, ajouter="lignes_budget")
    reponse = client.post(adresse("fiche_section", fiche, "moyens"), plus)
    suite = envoi(reponse.context["formulaire"])
    assert suite["lignes_budget-TOTAL_FORMS"] == "2"
    suite["lignes_budget-1-annee"] = ""  # telle que la page la remontre : l'année proposée n'y est plus
    assert client.post(adresse("fiche_section", fiche, "moyens"), suite).status_code == 302
    assert fiche.lignes_budget.count() == 1
    commencee = {"lignes_budget-1-annee": "", "lignes_budget-1-montant": "100"}
    reponse = ecrire_section(client, fiche, "moyens", **commencee)
    assert reponse.status_code == 422
    assert "Ce champ est obligatoire" in reponse.content.decode()


@pytest.mark.parametrize("total", ["", "-1", "999999", "quatre"])
def test_un_nombre_de_lignes_trafique_n_est_pas_une_erreur_500(client, fiche, coordination, total):
    for ajouter in ({"ajouter": "etapes"}, {"ajouter": "inconnue"}, {}):
        donnees = {"etapes-TOTAL_FORMS": total, **ajouter}
        reponse = ecrire_section(client, fiche, "temps", **donnees)
        assert reponse.status_code in {200, 302, 422}
    assert not fiche.etapes.exists()


def test_une_ligne_se_modifie_et_se_supprime(client, fiche, coordination):
    premiere, seconde = EtapeFicheFactory(fiche=fiche), EtapeFicheFactory(fiche=fiche, libelle="Acheter")
    reponse = ecrire_section(
        client, fiche, "temps", **{"etapes-0-libelle": "Recruter deux médiateurs", "etapes-1-DELETE": "on"}
    )
    assert reponse.status_code == 302
    assert fiche.etapes.get().libelle == "Recruter deux médiateurs"
    ligne = Evenement.objects.get()
    assert "Étapes, ligne supprimée : Acheter" in ligne.de
    assert "Étapes, ligne 1, Étape : Recruter deux médiateurs" in ligne.vers
    assert (premiere.fiche_id, seconde.fiche_id) == (fiche.pk, fiche.pk)


def test_la_ligne_d_une_autre_fiche_ne_se_touche_pas(client, fiche, coordination):
    autre = EtapeFicheFactory(fiche=FicheFactory(demarche=fiche.demarche), libelle="Intouchable")
    EtapeFicheFactory(fiche=fiche)
    reponse = ecrire_section(
        client, fiche, "temps", **{"etapes-0-id": str(autre.pk), "etapes-0-libelle": "Touchée"}
    )
    assert reponse.status_code == 422
    autre.refresh_from_db()
    assert (autre.libelle, autre.fiche_id == fiche.pk) == ("Intouchable", False)
    assert "n’existe plus" in reponse.content.decode()
    assert "Touchée" in reponse.content.decode()


def test_la_fin_ne_precede_pas_le_debut(client, fiche, coordination):
    reponse = ecrire_section(client, fiche, "temps", debut="2027-05-01", fin="2026-05-01")
    assert reponse.status_code == 422
    assert "La fin de l’action précède son début." in reponse.content.decode()


def test_enregistrer_sans_rien_changer_n_ecrit_rien(client, fiche, coordination):
    for code in SECTIONS:
        assert ecrire_section(client, fiche, code).status_code == 302
    fiche.refresh_from_db()
    assert fiche.version == 1
    assert not Evenement.objects.exists()


def test_le_second_a_ecrire_retrouve_son_texte(client, fiche, gens, coordination):
    etape = EtapeFicheFactory(fiche=fiche, libelle="Recruter")
    temps, identite = ouvrir_section(client, fiche, "temps"), ouvrir_section(client, fiche, "identite")
    ecrire_section(client, fiche, "identite", titre="Titre de la première")
    conflit = client.post(
        adresse("fiche_section", fiche, "identite"), envoi(identite, titre="Mon titre à moi")
    )
    assert conflit.status_code == 409
    for texte in ("Mon titre à moi", "Titre de la première", "a été modifié"):
        assert texte in conflit.content.decode()
    assert "None" not in conflit.content.decode()
    etape.delete()  # la ligne que l'on modifiait a disparu : un conflit, pas une erreur de formulaire
    donnees = envoi(temps, **{"etapes-0-libelle": "Recruter trois personnes"})
    conflit = client.post(adresse("fiche_section", fiche, "temps"), donnees)
    assert conflit.status_code == 409
    assert "Recruter trois personnes" in conflit.content.decode()


def test_un_double_envoi_d_une_section_ne_compte_qu_une_fois(client, fiche, coordination):
    donnees = envoi(ouvrir_section(client, fiche, "temps"), **{"etapes-0-libelle": "Recruter"})
    client.post(adresse("fiche_section", fiche, "temps"), donnees)
    reponse = client.post(adresse("fiche_section", fiche, "temps"), donnees, follow=True)
    assert fiche.etapes.count() == 1
    assert "le second envoi n’a rien changé" in reponse.content.decode()


def test_la_partenaire_ne_confie_pas_sa_fiche_a_un_autre(client, fiche, gens):
    client.force_login(gens["partenaire"])
    tierce = gens["tierce"].structure
    ecrire_section(client, fiche, "acteurs", structure_porteuse=str(tierce.pk), pilote="Moi")
    fiche.refresh_from_db()
    assert (fiche.structure_porteuse, fiche.pilote) == (gens["partenaire"].structure, "Moi")


@pytest.mark.parametrize(
    ("contrainte", "fabrique", "champs"),
    [
        ("ligne_budget_positive", LigneBudgetFactory, {"montant": Decimal("-1")}),
        ("ligne_budget_annee", LigneBudgetFactory, {"annee": 26}),
        ("ligne_budget_nature_connue", LigneBudgetFactory, {"nature": "autre"}),
        ("financement_positif", FinancementFactory, {"demande": Decimal("-1")}),
        ("financement_acquis_chiffre", FinancementFactory, {"etat": "acquis"}),
        ("financement_type_connu", FinancementFactory, {"type": "loto"}),
        ("financement_etat_connu", FinancementFactory, {"etat": "perdu"}),
        ("indicateur_type_connu", IndicateurFactory, {"type": "autre"}),
    ],
)
def test_la_base_refuse_les_lignes_impossibles(fiche, contrainte, fabrique, champs):
    with pytest.raises(IntegrityError, match=contrainte), transaction.atomic():
        fabrique(fiche=fiche, **champs)


def test_un_partenaire_ne_se_cite_pas_deux_fois(fiche):
    lien = PartenariatFactory(fiche=fiche)
    with pytest.raises(IntegrityError, match="partenariat_unique"), transaction.atomic():
        Partenariat.objects.create(fiche=fiche, structure=lien.structure)
