"""Le plan d'actions : ce qu'il montre, à qui, ce que ses filtres gardent ; les besoins en ingénierie."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from feuille_de_route.models import BesoinIngenierie, CodeBesoin, EtatFiche
from feuille_de_route.redaction import completude
from gouvernance.models import Demarche, Etape, Evenement, Perimetre, Role
from gouvernance.permissions import DROITS
from tests.feuille_de_route.fabriques import (
    AxeFactory,
    BesoinFactory,
    FicheFactory,
    FinancementFactory,
    LigneBudgetFactory,
)
from tests.feuille_de_route.saisies import envoi
from tests.gouvernance.fabriques import DemarcheFactory

QUI = [*Role.values, "administration", "dehors"]


def plan(client, demarche, **filtres):
    return client.get(reverse("plan", args=[demarche.uuid]), filtres)


def titres(reponse):
    return [rangee["titre"] for _, rangees in reponse.context["groupes"] for rangee in rangees]


def test_les_fiches_suivent_l_ordre_de_la_strategie(client, demarche, coordination):
    a, b = AxeFactory(demarche=demarche, intitule="Former"), AxeFactory(demarche=demarche, intitule="Aider")
    sous = AxeFactory(demarche=demarche, parent=a, ordre=1, intitule="Former les aidants")
    for titre, axe in (("quatre", b), ("trois", sous), ("deux", a), ("un", None)):
        FicheFactory(demarche=demarche, titre=titre, axe=axe)
    reponse = plan(client, demarche)
    assert titres(reponse) == ["un", "deux", "trois", "quatre"]
    assert [g.titre for g, _ in reponse.context["groupes"]] == [
        "Fiches sans axe", "1. Former", "1.1. Former les aidants", "2. Aider",
    ]  # fmt: skip


def test_un_axe_dont_seuls_les_sous_axes_sont_peuples_reste_nomme(client, demarche, coordination):
    axe = AxeFactory(demarche=demarche)
    FicheFactory(demarche=demarche, axe=AxeFactory(demarche=demarche, parent=axe, ordre=1))
    AxeFactory(demarche=demarche)
    assert [g.niveau for g, _ in plan(client, demarche).context["groupes"]] == ["h2", "h3"]


def test_les_totaux_tombent_juste_et_le_solde_se_dit(client, demarche, coordination, fiche):
    autre = FicheFactory(demarche=demarche, axe=fiche.axe)
    LigneBudgetFactory(fiche=autre, montant=Decimal("2000.50"))
    FinancementFactory(fiche=autre, demande=Decimal("3000"))
    FinancementFactory(fiche=fiche, etat="acquis", obtenu=Decimal("4000.25"))
    FinancementFactory(fiche=fiche, etat="refuse")
    ecartee = FicheFactory(demarche=demarche, ecartee=True)
    LigneBudgetFactory(fiche=ecartee)
    reponse = plan(client, demarche)
    total = reponse.context["total"]
    assert (total.budget, total.acquis, total.espere) == (Decimal("12000.50"), Decimal("4000.25"), 3000)
    page = reponse.content.decode()
    for phrase in (
        "il manque 5\u202f999,75\u00a0€",
        "dépasse le budget de 999,50\u00a0€",
        "Il manque 5\u202f000,25",
    ):
        assert phrase in page
    assert "Fiches écartées (1)" in page
    assert "Trop coûteuse pour le territoire." in page


def test_les_filtres_tiennent_dans_l_adresse_et_se_croisent(client, demarche, gens, coordination):
    axe = AxeFactory(demarche=demarche)
    sous = AxeFactory(demarche=demarche, parent=axe, ordre=1)
    structure = gens["partenaire"].structure
    FicheFactory(demarche=demarche, titre="Un bus itinérant", axe=sous, nature="nouvelle")
    FicheFactory(demarche=demarche, titre="Des ateliers", structure_porteuse=structure, proposee=True)
    FicheFactory(demarche=demarche, titre="Un prêt", description="Prêter des ORDINATEURS", axe=axe)
    assert titres(plan(client, demarche, q="ordinateurs")) == ["Un prêt"]
    assert titres(plan(client, demarche, axe=str(axe.uuid))) == ["Un prêt", "Un bus itinérant"]
    assert titres(plan(client, demarche, axe=str(sous.uuid))) == ["Un bus itinérant"]
    assert titres(plan(client, demarche, porteur=str(structure.uuid))) == ["Des ateliers"]
    assert titres(plan(client, demarche, etat="proposee")) == ["Des ateliers"]
    assert titres(plan(client, demarche, nature="nouvelle", q="bus")) == ["Un bus itinérant"]
    rien = plan(client, demarche, nature="nouvelle", q="ordinateurs")
    assert titres(rien) == []
    assert "Aucune fiche ne correspond" in rien.content.decode()
    assert 'value="ordinateurs"' in rien.content.decode()


@pytest.mark.parametrize("filtre", ["etat", "nature", "axe", "porteur"])
@pytest.mark.parametrize("valeur", ["inconnu", "' OR 1=1 --", "\u0000"])
def test_un_filtre_inconnu_ne_filtre_rien(client, demarche, coordination, filtre, valeur):
    FicheFactory(demarche=demarche, titre="Un bus")
    assert titres(plan(client, demarche, **{filtre: valeur})) == ["Un bus"]


def test_un_caractere_nul_cherche_n_est_pas_une_erreur_500(client, demarche, coordination):
    assert plan(client, demarche, q="\u0000").status_code == 200


@pytest.mark.parametrize("role", QUI)
def test_chacun_voit_ce_qui_le_regarde(client, demarche, gens, fiche, role):
    FicheFactory(demarche=demarche, titre="Proposée", proposee=True)
    FicheFactory(demarche=demarche, titre="Brouillon d’une autre")
    FicheFactory(demarche=DemarcheFactory(groupement=True), titre="D’ailleurs", proposee=True)
    client.force_login(gens[role])
    reponse = plan(client, demarche)
    if role == "dehors":
        assert reponse.status_code == 404
        return
    attendus = {"Proposée"}
    attendus |= {fiche.titre} if role in {*DROITS["editer_fiches"].roles, "partenaire"} else set()
    attendus |= {"Brouillon d’une autre"} if role in DROITS["editer_fiches"].roles else set()
    assert set(titres(reponse)) == attendus
    page = reponse.content.decode()
    assert ("Créer une fiche action" in page) is (role in DROITS["creer_fiche"].roles)
    if role not in DROITS["creer_fiche"].roles:
        assert "Votre rôle ne permet pas de créer une fiche action." in page


def test_le_plan_vide_dit_quoi_faire(client, demarche, gens):
    client.force_login(gens["coordination"])
    assert "Créer la première fiche" in plan(client, demarche).content.decode()
    client.force_login(gens["lecture"])
    assert "dès qu’elles seront proposées" in plan(client, demarche).content.decode()


def test_ce_qui_manque_pour_soumettre(demarche):
    axe, vide = AxeFactory(demarche=demarche), AxeFactory(demarche=demarche)
    sous = AxeFactory(demarche=demarche, parent=axe, ordre=1)
    retenue = FicheFactory(demarche=demarche, axe=sous, retenue=True, complete=True, nature="existante")
    proposee = FicheFactory(demarche=demarche, proposee=True)
    FicheFactory(demarche=demarche, ecartee=True)
    manques = {m.texte: m.bloquant for m in completude.manques_du_plan(demarche)}
    assert manques == {
        f"Retenir au moins une fiche pour l’axe « {vide} ».": True,
        f"Trancher la fiche « {proposee} » : elle est encore proposée.": True,
        f"Fiche « {retenue} » : il manque 10\u202f000\u00a0€.": False,
        "Toutes les actions existent déjà : agréger l’existant ne suffit pas.": False,
    }
    retenue.indicateurs.all().delete()
    FinancementFactory(fiche=retenue, demande=Decimal("10000.01"))
    Demarche.objects.filter(pk=demarche.pk).update(perimetre=Perimetre.GROUPEMENT)
    demarche.refresh_from_db()
    manques = {m.texte: m.bloquant for m in completude.manques_du_plan(demarche)}
    assert manques[f"Fiche « {retenue} » : Donner au moins un indicateur."] is True
    trop = "Corriger le plan de financement : les financements dépassent le budget de 0,01\u00a0€."
    assert manques[f"Fiche « {retenue} » : {trop}"] is True
    assert manques[f"L’axe « {axe} » ne dit pas quel axe départemental il sert."] is False


def besoins(demarche):
    return list(demarche.besoins.values_list("code", flat=True))


def agir(client, demarche, code, acte):
    return client.post(reverse("besoin_agir", args=[demarche.uuid, code, acte]))


def test_les_besoins_se_classent(client, demarche, coordination):
    animer, juridique, donnees = CodeBesoin.ANIMER, CodeBesoin.JURIDIQUE, CodeBesoin.DONNEES
    page = reverse("besoin_ajouter", args=[demarche.uuid])
    for code in (animer, juridique, donnees):
        saisie = envoi(client.get(page).context["formulaire"], code=code.value, precision="Dix jours")
        assert client.post(page, saisie).status_code == 302
        client.post(page, saisie)  # un double clic ne compte pas
    assert besoins(demarche) == [animer, juridique, donnees]
    agir(client, demarche, donnees, "monter")
    agir(client, demarche, animer, "descendre")
    agir(client, demarche, donnees, "monter")  # déjà en tête
    assert besoins(demarche) == [donnees, animer, juridique]
    agir(client, demarche, animer, "retirer")
    assert besoins(demarche) == [donnees, juridique]
    assert [e.action for e in Evenement.objects.order_by("pk")] == ["créer"] * 3 + ["déplacer"] * 2 + [
        "supprimer"
    ]
    encore = envoi(client.get(page).context["formulaire"], code=donnees.value)
    assert "Ce besoin est déjà exprimé." in client.post(page, encore).content.decode()
    assert agir(client, demarche, donnees, "danser").status_code == 404
    assert agir(client, demarche, animer, "monter").status_code == 404


@pytest.mark.parametrize("role", QUI)
def test_qui_classe_les_besoins(client, demarche, gens, role):
    for code in (CodeBesoin.ANIMER, CodeBesoin.DONNEES):
        BesoinFactory(demarche=demarche, code=code)
    client.force_login(gens[role])
    permis = role in DROITS["editer_fiches"].roles
    statut = 404 if role == "dehors" else 302 if permis else 403
    assert agir(client, demarche, CodeBesoin.ANIMER, "descendre").status_code == statut
    assert agir(client, demarche, CodeBesoin.DONNEES, "retirer").status_code == statut
    assert Evenement.objects.count() == (2 if permis else 0)
    page = client.get(reverse("besoins", args=[demarche.uuid]))
    assert page.status_code == (404 if role == "dehors" else 200)


def test_les_besoins_ne_changent_plus_apres_la_soumission(client, demarche, coordination, gens):
    BesoinFactory(demarche=demarche)
    Demarche.objects.update(
        etape=Etape.ABANDONNEE, abandonnee_le="2026-01-01T00:00Z", motif="Faute de moyens."
    )
    agir(client, demarche, CodeBesoin.ANIMER, "retirer")
    assert besoins(demarche) == [CodeBesoin.ANIMER]


@pytest.mark.parametrize(
    ("contrainte", "champs"),
    [
        ("besoin_unique", {"code": CodeBesoin.ANIMER, "rang": 9}),
        ("besoin_rang_unique", {"code": CodeBesoin.FONDS, "rang": 1}),
        ("besoin_code_connu", {"code": "autre", "rang": 9}),
    ],
)
def test_la_base_refuse_les_besoins_impossibles(demarche, contrainte, champs):
    BesoinFactory(demarche=demarche)
    with pytest.raises(IntegrityError, match=contrainte), transaction.atomic():
        BesoinIngenierie.objects.create(demarche=demarche, **champs)


def test_les_etats_du_plan_comptent_ce_qui_vit(client, demarche, coordination, fiche):
    FicheFactory(demarche=demarche, ecartee=True)
    reponse = plan(client, demarche)
    assert [tuple(part)[:3] for part in reponse.context["par_etat"]] == [
        ("brouillon", EtatFiche.BROUILLON.label, 1)
    ]
    assert reponse.context["synthese"].fiches == 1
