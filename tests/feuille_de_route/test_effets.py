"""Ce que chaque décision fait à ce qu'elle vise : une table, dite par le formulaire et jouée par la règle."""

import uuid
from itertools import product

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from diagnostic.models import Enjeu
from feuille_de_route import parcours
from feuille_de_route.arbitrages import effets
from feuille_de_route.models import FicheAction
from gouvernance.models import (
    Decision,
    DefinitionCommune,
    Demarche,
    Etape,
    EtatJalon,
    EtatSeance,
    Jalon,
    LimiteDAction,
    NatureDecision,
    PointDeBlocage,
    Seance,
)
from tests.diagnostic.fabriques import EnjeuFactory
from tests.feuille_de_route.fabriques import FicheFactory
from tests.gouvernance.fabriques import LimiteFactory, MembreFactory, PointFactory, SeanceFactory
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db
RESERVES = {"reserves": "Préciser le budget."}
# (objet, nature) → l'état de l'objet après la décision ; absent : rien ne change.
ATTENDUS = {
    ("fiche", "validation"): "retenue",
    ("fiche", "validation_reserves"): "retenue",
    ("fiche", "ajournement"): "a_completer",
    ("fiche", "rejet"): "ecartee",
    ("enjeu", "validation"): "retenu",
    ("enjeu", "validation_reserves"): "retenu",
    ("enjeu", "rejet"): "ecarte",
}


def html(reponse):
    return reponse.content.decode()


@pytest.fixture
def lieu(client):
    trouve = situation()
    trouve.seance = SeanceFactory(instance=trouve.copil, ouverte=True)
    client.force_login(trouve.gens["coordination"])
    return trouve


def etape(lieu, valeur):
    Demarche.objects.filter(pk=lieu.demarche.pk).update(etape=valeur)


def cree(lieu, type_):
    if type_ == "fiche":
        etape(lieu, Etape.PLAN_ACTIONS)
        return FicheFactory(demarche=lieu.demarche, proposee=True, complete=True)
    etape(lieu, Etape.ENJEUX)
    return EnjeuFactory(demarche=lieu.demarche)


def adresse(lieu, **parametres):
    chemin = reverse("decision_consigner", args=[lieu.uuid, lieu.seance.uuid])
    return chemin + ("?" + "&".join(f"{c}={v}" for c, v in parametres.items()) if parametres else "")


def decider(client, lieu, nature, cible="", parametres=None, **champs):
    donnees = {
        "jeton": uuid.uuid4(),
        "nature": nature,
        "objet": "Objet",
        "texte": "Motif dit.",
        "cible": cible,
    }
    donnees |= RESERVES if nature == "validation_reserves" else {}
    return client.post(adresse(lieu, **parametres or {}), donnees | champs)


@pytest.mark.parametrize(("type_", "nature"), list(product(["fiche", "enjeu"], NatureDecision.values)))
def test_chaque_nature_a_l_effet_de_la_table(client, lieu, type_, nature):
    objet = cree(lieu, type_)
    avant = objet.etat
    cible = f"{type_}:{objet.uuid}"
    page = html(client.get(adresse(lieu, cible=cible)))
    if (type_, nature) in effets.EFFETS:
        assert effets.EFFETS[type_, nature].phrase.split("«")[0] in page
    if (type_, nature) == ("enjeu", "ajournement"):
        Enjeu.objects.update(etat="retenu")
    assert decider(client, lieu, nature, cible).status_code == 302
    objet.refresh_from_db()
    assert objet.etat == ATTENDUS.get((type_, nature), avant)
    if objet.etat in {"ecartee", "a_completer", "ecarte"}:
        assert objet.motif == "Motif dit."
    decision = Decision.objects.get()
    assert (decision.cible_type, decision.cible) == (type_, objet.uuid)
    assert objet._meta.verbose_name in html(client.get(reverse("seance", args=[lieu.uuid, lieu.seance.uuid])))
    assert PointDeBlocage.objects.count() == (nature == "validation_reserves")


@pytest.mark.parametrize("nature", NatureDecision.values)
def test_la_definition_commune_s_adopte_par_une_validation(client, lieu, nature):
    definition = lieu.demarche.definition
    assert decider(client, lieu, nature, f"definition:{definition.uuid}").status_code == 302
    adoptee = DefinitionCommune.objects.get(pk=definition.pk).decision_id is not None
    assert adoptee == (nature in {"validation", "validation_reserves"})


@pytest.mark.parametrize("a_part", [True, False])
def test_le_cadrage_adopte_la_definition_sauf_si_elle_a_son_point(client, lieu, a_part):
    """Inscrite à part, elle restait sans décision possible : « déjà adoptée », par celle du cadrage."""
    definition = lieu.demarche.definition
    PointFactory(seance=lieu.seance, ordre=1, jalon=(cadrage := lieu.demarche.jalons.get(code="cadrage")))
    if a_part:
        PointFactory(seance=lieu.seance, ordre=2, cible_type="definition", cible=definition.uuid)
    cible = f"jalon:{cadrage.uuid}"
    assert "adoptera aussi la définition commune" in html(client.get(adresse(lieu, cible=cible)))
    assert decider(client, lieu, "validation", cible).status_code == 302
    definition.refresh_from_db()
    assert (definition.decision_id is None) == a_part
    if a_part:
        assert decider(client, lieu, "validation", f"definition:{definition.uuid}").status_code == 302
        assert DefinitionCommune.objects.get(pk=definition.pk).decision.cible == definition.uuid


@pytest.mark.parametrize("nature", NatureDecision.values)
def test_une_limite_s_arrete(client, lieu, nature):
    limite = LimiteFactory(demarche=lieu.demarche)
    assert decider(client, lieu, nature, f"limite:{limite.uuid}").status_code == 302
    arretee = LimiteDAction.objects.get().decision_id is not None
    assert arretee == (nature in {"validation", "validation_reserves", "orientation"})


def test_approuver_le_compte_rendu_de_la_seance_precedente_se_voit_des_deux_cotes(client, lieu):
    avant = SeanceFactory(instance=lieu.copil, close=True, compte_rendu="On a parlé.")
    assert decider(client, lieu, "validation", f"seance:{avant.uuid}").status_code == 302
    decision = Decision.objects.get()
    assert Seance.objects.get(pk=avant.pk).approbation == decision
    assert decision.numero in html(client.get(reverse("seance", args=[lieu.uuid, avant.uuid])))
    assert str(avant.uuid) in html(client.get(reverse("seance", args=[lieu.uuid, lieu.seance.uuid])))
    page = html(client.post(reverse("compte_rendu", args=[lieu.uuid, avant.uuid]), {
        "version": avant.version, "compte_rendu": "Autre chose."
    }))  # fmt: skip
    assert "Le compte rendu est approuvé" in page
    assert decider(client, lieu, "validation", f"seance:{avant.uuid}").status_code == 422, "déjà approuvé"


@pytest.mark.parametrize("etat", ["ouverte", "planifiee", "sans texte"])
def test_un_compte_rendu_qui_n_est_pas_pret_ne_s_approuve_pas(client, lieu, etat):
    trait = {"close": True} if etat == "sans texte" else {"ouverte": True} if etat == "ouverte" else {}
    autre = SeanceFactory(instance=lieu.copil, compte_rendu="" if etat == "sans texte" else "Texte", **trait)
    assert decider(client, lieu, "validation", f"seance:{autre.uuid}").status_code == 422
    assert Seance.objects.get(pk=autre.pk).approbation is None


@pytest.mark.parametrize("trait", [{"ouverte": True}, {}])
def test_la_regle_refuse_aussi_un_compte_rendu_pas_pret_sans_passer_par_l_ecran(lieu, trait):
    autre = SeanceFactory(instance=lieu.copil, compte_rendu="Texte", **trait)
    saisie = parcours.SaisieDecision("validation", "CR", cible_type="seance", cible=autre.uuid)
    with pytest.raises(ValidationError, match="n’est pas close"):
        parcours.consigner_decision(lieu.seance.pk, saisie, par=None)
    assert not Decision.objects.exists()


def test_decider_depuis_un_point_part_de_son_objet_et_y_revient(client, lieu):
    fiche = cree(lieu, "fiche")
    point = PointFactory(seance=lieu.seance, objet="La fiche", cible_type="fiche", cible=fiche.uuid)
    page = html(client.get(adresse(lieu, point=point.uuid)))
    assert f'value="fiche:{fiche.uuid}"' in page
    assert f"retiendra la fiche « {fiche.numero}. {fiche.titre} »" in page
    reponse = decider(
        client, lieu, "validation", f"fiche:{fiche.uuid}", {"point": point.uuid}, etat_vu="proposee"
    )
    assert reponse.url.endswith("#ordre-du-jour")
    assert Decision.objects.get().point == point
    assert client.get(adresse(lieu, point=uuid.uuid4())).status_code == 404
    assert client.get(adresse(lieu, point="x")).status_code == 404


def test_les_reserves_ont_un_responsable_et_une_echeance(client, lieu):
    membre = MembreFactory(gouvernance=lieu.demarche.gouvernance)
    decider(
        client, lieu, "validation_reserves", f"jalon:{Jalon.objects.get(code='cadrage').uuid}",
        responsable=membre.structure.pk, echeance="2027-01-31",
    )  # fmt: skip
    point = PointDeBlocage.objects.get()
    assert (point.responsable, str(point.echeance)) == (membre.structure, "2027-01-31")


def test_l_objet_vu_autrement_refuse_et_garde_la_saisie(client, lieu):
    fiche = cree(lieu, "fiche")
    FicheAction.objects.filter(pk=fiche.pk).update(etat="a_completer", motif="À préciser.")
    reponse = decider(client, lieu, "rejet", f"fiche:{fiche.uuid}", etat_vu="proposee", texte="Mon motif.")
    assert reponse.status_code == 422
    assert "vient de changer d’état" in html(reponse)
    assert "Mon motif." in html(reponse)
    assert not Decision.objects.exists()


def test_le_meme_objet_ne_se_tranche_qu_une_fois_par_seance_sauf_a_y_revenir(client, lieu):
    fiche = cree(lieu, "fiche")
    cible = f"fiche:{fiche.uuid}"
    decider(client, lieu, "validation_reserves", cible)
    premiere = Decision.objects.get()
    reponse = decider(client, lieu, "rejet", cible)
    assert reponse.status_code == 422
    assert premiere.numero in html(reponse)
    assert f"remplace {premiere.numero}" in html(client.get(adresse(lieu, remplace=premiere.uuid)))
    suite = {"parametres": {"remplace": premiere.uuid}, "remplace": premiere.uuid}
    assert decider(client, lieu, "rejet", cible, **suite).status_code == 302
    assert FicheAction.objects.get().etat == "ecartee"
    point = PointDeBlocage.objects.get()
    assert point.leve_le is not None
    assert "remplacée par" in point.resolution
    assert decider(client, lieu, "validation", cible, **suite).status_code == 422, (
        "on revient sur la dernière"
    )
    assert "revenue sur cette décision" in html(
        client.get(reverse("seance", args=[lieu.uuid, lieu.seance.uuid]))
    )


def test_revenir_sur_un_jalon_valide_dans_la_meme_seance(client, lieu):
    jalon = Jalon.objects.get(code="cadrage")
    decider(client, lieu, "validation", f"jalon:{jalon.uuid}")
    premiere = Decision.objects.get()
    suite = {"parametres": {"remplace": premiere.uuid}, "remplace": premiere.uuid}
    assert decider(client, lieu, "ajournement", f"jalon:{jalon.uuid}", **suite).status_code == 302
    jalon.refresh_from_db()
    assert jalon.etat == EtatJalon.RENVOYE


def test_les_mots_se_corrigent_tant_que_la_seance_est_ouverte(client, lieu):
    decider(client, lieu, "validation_reserves", f"jalon:{Jalon.objects.get(code='cadrage').uuid}")
    decision = Decision.objects.get()
    chemin = reverse("decision_corriger", args=[lieu.uuid, lieu.seance.uuid, decision.uuid])
    assert "nature" not in html(client.get(chemin)).split("<form")[-1].split("</form")[0]
    mots = {
        "version": 1,
        "objet": "Mieux dit",
        "texte": "Adopté.",
        "reserves": "Chiffrer.",
        "nature": "rejet",
    }
    assert client.post(chemin, mots).status_code == 302
    decision.refresh_from_db()
    assert (decision.objet, decision.reserves, decision.nature) == (
        "Mieux dit",
        "Chiffrer.",
        "validation_reserves",
    )
    assert PointDeBlocage.objects.get().libelle == "Chiffrer."
    assert client.post(chemin, {**mots, "objet": "Trop tard"}).status_code == 409
    Seance.objects.filter(pk=lieu.seance.pk).update(etat=EtatSeance.CLOSE, close_le=lieu.seance.debut)
    reponse = client.post(chemin, {**mots, "version": 2})
    assert reponse.status_code == 422
    assert "ne se modifient plus" in html(reponse)


def test_une_cible_forgee_ou_d_ailleurs_est_refusee(client, lieu):
    cree(lieu, "fiche")
    ailleurs = FicheFactory(proposee=True, demarche__gouvernance__departement__code="40")
    for valeur in (f"fiche:{ailleurs.uuid}", "fiche:x", "x:y", f"jalon:{uuid.uuid4()}"):
        assert decider(client, lieu, "validation", valeur).status_code == 422, valeur
    assert not Decision.objects.exists()
    assert FicheAction.objects.get(pk=ailleurs.pk).etat == "proposee"


def test_la_table_ne_dit_que_ce_qu_elle_sait_faire():
    natures = set(NatureDecision.values)
    assert {nature for _, nature in effets.EFFETS} <= natures
    assert all(effet.acte or type_ == "jalon" for (type_, _), effet in effets.EFFETS.items())
    assert not any(nature == "information" for _, nature in effets.EFFETS)
