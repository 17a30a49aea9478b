"""La revue d'un comité et le bilan d'une année : ce qu'ils disent, d'où ils le tiennent ; clore."""

from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from feuille_de_route import papiers, parcours, versions
from feuille_de_route.documents.papiers import production
from feuille_de_route.mise_en_oeuvre import bilans, revues, suivi
from feuille_de_route.mise_en_oeuvre.suivi import SaisieDePoint
from feuille_de_route.models import Papier, PointDeSuivi
from gouvernance.models import Demarche, Etape, EtatSeance, Evenement, Role
from tests.feuille_de_route.fabriques import (
    AxeFactory,
    EtapeFicheFactory,
    FicheFactory,
    IndicateurFactory,
    LigneBudgetFactory,
)
from tests.feuille_de_route.parcours_mur import mettre_a
from tests.feuille_de_route.saisies import envoi
from tests.gouvernance.fabriques import DecisionFactory, PerimetreFactory, SeanceFactory
from tests.papiers.fabriques import octets, texte_pdf, xml_du_word

pytestmark = pytest.mark.django_db
AUJOURD_HUI = timezone.localdate()


def jour(avant: int):
    return AUJOURD_HUI - timedelta(days=avant)


def instant(avant: int):
    return timezone.now() - timedelta(days=avant)


def noter(fiche, avant: int, etat="en_cours", **champs):
    dernier = fiche.points_de_suivi.first()
    releves = champs.pop("releves", {})
    point = PointDeSuivi(le=jour(avant), etat=etat, **champs)
    saisie = SaisieDePoint(point, vu=dernier.uuid if dernier else None, releves=releves)
    return suivi.faire_le_point(fiche.pk, saisie, par=None)


@pytest.fixture
def signee(demarche):
    """Signée il y a deux cents jours ; deux fiches."""
    axe = AxeFactory(demarche=demarche, intitule="Rapprocher l’aide")
    for titre in ("Permanences itinérantes", "Fonds de matériel"):
        fiche = FicheFactory(demarche=demarche, axe=axe, titre=titre, retenue=True)
        LigneBudgetFactory(fiche=fiche, annee=AUJOURD_HUI.year, montant=10_000)
    mettre_a(demarche, Etape.MISE_EN_OEUVRE)
    Demarche.objects.filter(pk=demarche.pk).update(signee_le=instant(200))
    demarche.refresh_from_db()
    return demarche


@pytest.fixture
def bus(signee):
    return signee.fiches.get(numero=1)


@pytest.fixture
def fonds(signee):
    return signee.fiches.get(numero=2)


@pytest.fixture
def seance(signee):
    copil = signee.instances.get()
    SeanceFactory(instance=copil, numero=1, close=True, debut=instant(100))
    return SeanceFactory(instance=copil, numero=2, debut=timezone.now() + timedelta(days=15))


def test_la_revue_part_de_la_derniere_seance_tenue_de_la_meme_instance(signee, seance):
    SeanceFactory(instance=seance.instance, numero=9, debut=instant(20), etat=EtatSeance.ANNULEE)
    assert revues.periode(seance).depuis == jour(100)
    premiere = seance.instance.seances.get(numero=1)
    assert revues.periode(premiere).depuis == jour(200)  # la signature
    assert revues.periode(premiere).precedente is None


def test_la_revue_dit_ce_qui_a_bouge_et_seulement_depuis(signee, seance, bus, fonds):
    indicateur = IndicateurFactory(fiche=bus)
    EtapeFicheFactory(fiche=bus, libelle="Recruter", echeance=jour(30))
    noter(bus, 150, meteo="beau", fait="Avant la séance d’avant.", releves={indicateur.pk: Decimal(40)})
    noter(bus, 40, meteo="pluie", freins="Pas de local.", fait="Deux postes pourvus.",
          a_decider="Louer une salle ?", releves={indicateur.pk: Decimal(180)})  # fmt: skip
    dit = revues.contenu(seance)
    (mouvement,) = dit["bouge"]
    assert (mouvement["fiche"], mouvement["meteo_avant"], mouvement["meteo"]) == (str(bus), "beau", "pluie")
    assert mouvement["fait"] == "Deux postes pourvus."
    assert [(d["fiche"], d["texte"]) for d in dit["a_decider"]] == [(str(bus), "Louer une salle ?")]
    assert [r["etape"] for r in dit["retards"]] == ["Recruter"]
    assert [(r["avant"], r["valeur"]) for r in dit["releves"]] == [("40.00", "180.00")]
    assert dit["sans_nouvelles"] == [str(fonds)]
    assert dit["precedente"].endswith("COPIL-01")


def test_ce_que_l_on_note_le_jour_de_la_signature_est_dans_la_premiere_revue(signee, bus):
    seance = SeanceFactory(instance=signee.instances.get(), numero=1, debut=timezone.now())
    noter(bus, 200, fait="Le bus est commandé.")  # la démarche est signée ce jour-là
    dit = revues.contenu(seance)
    assert dit["depuis"] == jour(200).isoformat()
    assert [m["fait"] for m in dit["bouge"]] == ["Le bus est commandé."]


def test_un_avenant_signe_ne_fait_oublier_ni_la_premiere_annee_ni_la_seance_d_avant(
    client, signee, gens, bus
):
    """L'avenant redate la démarche : la revue et les bilans partent toujours de la première version."""
    for version, avant in ((signee.versions.get(), 500), (versions.figer(signee, par=None), 30)):
        signee.documents.create(
            nature="a_signer", version_figee=version, etat="pret", empreinte=f"{version.numero}" * 64,
            scelle_le=instant(avant), pret_le=instant(avant),
        )  # fmt: skip
    Demarche.objects.filter(pk=signee.pk).update(signee_le=instant(30), transmise_le=instant(29))
    copil = signee.instances.get()
    SeanceFactory(instance=copil, numero=1, close=True, debut=instant(60))  # celle qui valide l'avenant
    seance = SeanceFactory(instance=copil, numero=2, debut=timezone.now())
    noter(bus, 45, fait="Entre la séance et l’avenant signé.")
    assert [m["fait"] for m in revues.contenu(seance)["bouge"]] == ["Entre la séance et l’avenant signé."]
    client.force_login(gens["coordination"])
    annees = client.get(reverse("bilans", args=[signee.uuid])).context["annees"]
    assert annees == list(range(AUJOURD_HUI.year, jour(500).year - 1, -1))


def test_la_revue_d_une_seance_passee_ne_change_plus(signee, seance, bus):
    premiere = seance.instance.seances.get(numero=1)
    noter(bus, 150, meteo="beau")
    avant = revues.contenu(premiere)
    noter(bus, 10, etat="realisee", meteo="orage", freins="Après coup.")
    assert revues.contenu(premiere) == avant
    assert avant["phrase"] == "2 fiches, aucune réalisée"


@pytest.mark.parametrize("role", [*Role.values, "dehors"])
def test_proposer_a_l_ordre_du_jour(client, seance, bus, fonds, gens, role):
    signee = bus.demarche
    noter(bus, 5, a_decider="Louer une salle ?")
    noter(fonds, 5, meteo="orage", freins="Le fournisseur a fait défaut.")
    client.force_login(gens[role])
    chemin = reverse("revue_inscrire", args=[signee.uuid, seance.uuid])
    for _ in range(2):  # la seconde fois, tout y est déjà
        statut = client.post(chemin, {"fiche": [str(bus.uuid), str(fonds.uuid)]}).status_code
    permis = role in {"coordination", "co_porteur"}
    assert statut == (404 if role == "dehors" else 302 if permis else 403)
    points = list(seance.points.values_list("objet", "cible_type", "cible"))
    attendus = [
        ("Louer une salle ? – 1. Permanences itinérantes", "fiche", bus.uuid),
        ("Lever ce qui freine : Le fournisseur a fait défaut. – 2. Fonds de matériel", "fiche", fonds.uuid),
    ]
    assert points == (attendus if permis else [])
    assert Evenement.objects.filter(action="proposer les points de la revue").count() == permis


def test_la_revue_elle_meme_s_inscrit_et_la_page_dit_ce_que_la_seance_en_a_decide(
    client, signee, seance, bus, gens
):
    noter(bus, 5, a_decider="Louer une salle ?")
    client.force_login(gens["coordination"])
    page = reverse("revue", args=[signee.uuid, seance.uuid])
    assert 'value="revue"' in client.get(page).content.decode()
    for _ in range(2):
        client.post(reverse("revue_inscrire", args=[signee.uuid, seance.uuid]), {"fiche": ["revue"]})
    assert [p.objet for p in seance.points.all()] == [revues.OBJET]
    lue = client.get(page).content.decode()
    assert 'value="revue"' not in lue
    assert f'value="{bus.uuid}"' in lue
    client.post(reverse("revue_inscrire", args=[signee.uuid, seance.uuid]), {"fiche": [str(bus.uuid)]})
    assert "Proposer à l’ordre du jour" not in client.get(page).content.decode()  # tout y est
    type(seance).objects.filter(pk=seance.pk).update(etat=EtatSeance.OUVERTE, ouverte_le=timezone.now())
    decision = DecisionFactory(
        seance=seance, nature="orientation", texte="La CAF prête la sienne.", cible_type="fiche",
        cible=bus.uuid, cible_libelle=str(bus),
    )  # fmt: skip
    lue = client.get(page).content.decode()
    for mots in ("Ce que la séance a décidé", decision.numero, "Orientation", "La CAF prête la sienne."):
        assert mots in lue


def test_on_ne_propose_que_ce_que_la_revue_soumet(client, signee, seance, bus, gens):
    client.force_login(gens["coordination"])
    chemin = reverse("revue_inscrire", args=[signee.uuid, seance.uuid])
    for cles in ([], [str(bus.uuid)], ["n'importe quoi"]):
        client.post(chemin, {"fiche": cles})
    assert not seance.points.exists()


def test_la_page_de_la_revue_dit_ce_que_dira_le_papier(client, signee, seance, bus, gens):
    noter(bus, 5, etat="realisee", meteo="beau", fait="Le bus roule.")
    client.force_login(gens["lecture"])
    page = client.get(reverse("revue", args=[signee.uuid, seance.uuid])).content.decode()
    papier = preparer(signee, "revue", seance=seance)
    lu = texte_pdf(octets(papier))
    for mots in ("2 fiches, 1 réalisée", "Permanences itinérantes", "Le bus roule.", "Réalisée"):
        assert mots in page.replace("\xa0", " ")
        assert mots in lu.replace("\xa0", " ")
    word = xml_du_word(octets(preparer(signee, "revue", "docx", seance=seance)))
    assert "Le bus roule." in word


def preparer(demarche, nature, format_="pdf", **ou) -> Papier:
    papier = papiers.demander(nature, format_, demarche=demarche, par=None, **ou)
    production.produire(papier.pk)
    papier.refresh_from_db()
    assert papier.etat == "pret", papier.erreur
    return papier


def test_une_revue_vieillit_quand_un_point_est_note(client, signee, seance, bus, gens):
    papier = preparer(signee, "revue", seance=seance)
    assert preparer(signee, "revue", seance=seance) == papier
    noter(bus, 1, etat="realisee")
    client.force_login(gens["coordination"])
    page = client.get(reverse("revue", args=[signee.uuid, seance.uuid])).content.decode()
    assert "Le suivi a changé depuis." in page
    assert preparer(signee, "revue", seance=seance) != papier


def test_avant_la_signature_ni_revue_ni_bilan(client, demarche, gens):
    seance = SeanceFactory(instance=demarche.instances.get())
    client.force_login(gens["coordination"])
    for page in (
        reverse("revue", args=[demarche.uuid, seance.uuid]),
        reverse("bilans", args=[demarche.uuid]),
    ):
        assert "avant la signature" in client.get(page).content.decode()
    for nature, ou in (("revue", {"seance": seance}), ("bilan", {"annee": AUJOURD_HUI.year})):
        with pytest.raises(ValidationError, match="avant la signature"):
            papiers.demander(nature, "pdf", demarche=demarche, par=None, **ou)


@pytest.mark.parametrize("nature", ["validation", "ajournement", "rejet"])
def test_une_decision_sur_une_fiche_signee_se_consigne_sans_la_changer(client, signee, bus, gens, nature):
    """« Rejeter » un point de la revue n'écarte pas une fiche signée : un avenant seul le ferait."""
    seance = SeanceFactory(instance=signee.instances.get(), ouverte=True, debut=timezone.now())
    client.force_login(gens["coordination"])
    chemin = reverse("decision_consigner", args=[signee.uuid, seance.uuid]) + f"?cible=fiche:{bus.uuid}"
    page = client.get(chemin)
    assert "retiendra la fiche" not in page.content.decode()
    donnees = envoi(page.context["formulaire"], nature=nature, objet="Louer une salle", texte="Oui.")
    assert client.post(chemin, donnees).status_code == 302
    decision = seance.decisions.get()
    assert (decision.cible_type, decision.cible) == ("fiche", bus.uuid)
    bus.refresh_from_db()
    assert bus.etat == "retenue"


@pytest.mark.parametrize("etape", [Etape.PLAN_ACTIONS, Etape.SOUMISE, Etape.EN_SIGNATURE])
def test_pendant_un_avenant_le_comite_decide_encore_des_actions_suivies(
    client, signee, bus, gens, monkeypatch, etape
):
    """« Validation » d'un point de la revue sur une fiche déjà retenue : elle se consigne, à toute étape."""
    mettre_a(signee, etape)
    monkeypatch.setattr(suivi, "version_en_vigueur", lambda demarche: SimpleNamespace(numeros=[bus.numero]))
    seance = SeanceFactory(instance=signee.instances.get(), ouverte=True, debut=timezone.now())
    client.force_login(gens["coordination"])
    chemin = reverse("decision_consigner", args=[signee.uuid, seance.uuid]) + f"?cible=fiche:{bus.uuid}"
    page = client.get(chemin)
    assert "retiendra la fiche" not in page.content.decode()
    donnees = envoi(page.context["formulaire"], nature="validation", objet="Louer une salle", texte="Oui.")
    assert client.post(chemin, donnees).status_code == 302
    assert seance.decisions.get().cible == bus.uuid
    bus.refresh_from_db()
    assert bus.etat == "retenue"


# Le bilan et la clôture ----------------------------------------------------------------------------


def test_le_bilan_additionne_au_centime_et_s_arrete_au_31_decembre(signee, bus, fonds):
    annee = AUJOURD_HUI.year
    LigneBudgetFactory(fiche=bus, annee=annee, montant=Decimal("0.10"), realise=Decimal("0.20"))
    LigneBudgetFactory(fiche=fonds, annee=annee - 1, montant=5_000, realise=5_000)
    noter(bus, 0, etat="realisee", fait="Inauguré.")
    decision = DecisionFactory(seance__instance=signee.instances.get(), seance__debut=timezone.now())
    dit = bilans.contenu(signee, annee)
    assert (dit["prevu"], dit["realise"]) == ("20000.10", "0.20")
    assert dit["phrase"] == "2 fiches, 1 réalisée"
    assert [(a["axe"], len(a["fiches"])) for a in dit["axes"]] == [("Rapprocher l’aide", 2)]
    assert dit["axes"][0]["fiches"][0]["fait"] == "Inauguré."
    assert [d["numero"] for d in dit["decisions"]] == [decision.numero]
    passe = bilans.contenu(signee, annee - 1)
    assert passe["phrase"] == "2 fiches, aucune réalisée"
    assert passe["realise"] == "5000.00"
    assert passe["decisions"] == []


def test_le_bilan_ne_dit_pas_zero_quand_rien_n_est_prevu_ni_ne_liste_ce_qui_n_est_pas_releve(
    client, signee, bus, gens
):
    muet, releve = IndicateurFactory(fiche=bus, libelle="Muet"), IndicateurFactory(fiche=bus, libelle="Dit")
    bus.lignes_budget.all().delete()
    signee.fiches.get(numero=2).lignes_budget.all().delete()
    noter(bus, 0, releves={releve.pk: Decimal(12)})
    client.force_login(gens["coordination"])
    page = client.get(reverse("bilans", args=[signee.uuid])).content.decode()
    assert "aucune cette année" in page
    assert (releve.libelle in page, muet.libelle in page) == (True, False)
    assert "1 indicateur n’a pas encore de relevé." in page


def test_le_bilan_se_lit_et_se_prepare_pour_l_annee_choisie(client, signee, bus, gens):
    Demarche.objects.filter(pk=signee.pk).update(signee_le=instant(800))
    client.force_login(gens["porteur_epci"])
    page = client.get(reverse("bilans", args=[signee.uuid]) + f"?annee={AUJOURD_HUI.year - 1}")
    assert page.context["annee"] == AUJOURD_HUI.year - 1
    noter(bus, 0, fait="Le bus roule.", meteo="pluie", freins="Pas de local.")
    chemin = reverse("bilan_preparer", args=[signee.uuid, AUJOURD_HUI.year, "pdf"])
    assert client.post(chemin).status_code == 302
    papier = Papier.objects.get()
    production.produire(papier.pk)
    papier.refresh_from_db()
    lu = texte_pdf(octets(papier)).replace("\xa0", " ")
    for mots in (
        f"Bilan de l’année {AUJOURD_HUI.year}",
        "Bilan provisoire",
        "Le bus roule.",
        "Pas de local.",
    ):
        assert mots in lu
    telecharge = client.get(reverse("papier_telecharger", args=[signee.uuid, papier.uuid]))
    assert f"Bilan annuel {AUJOURD_HUI.year}.pdf" in telecharge["Content-Disposition"]
    client.force_login(gens["lecture"])
    assert client.post(chemin).status_code == 403
    avant = reverse("bilan_preparer", args=[signee.uuid, AUJOURD_HUI.year - 9, "pdf"])
    client.force_login(gens["coordination"])
    assert "Il n’y a pas de bilan" in client.post(avant, follow=True).content.decode()


def test_clore_attend_le_bilan_et_libere_le_territoire(client, signee, gens):
    client.force_login(gens["coordination"])
    chemin = reverse("demarche_franchir", args=[signee.uuid, "clore"])
    page = client.get(reverse("demarche", args=[signee.uuid])).content.decode()
    assert "2 fiches, aucune réalisée" in page
    assert "Clore la démarche" in page
    reponse = client.post(chemin, follow=True)
    assert f"Préparer le bilan de {AUJOURD_HUI.year}." in reponse.content.decode()
    signee.refresh_from_db()
    assert signee.etape == Etape.MISE_EN_OEUVRE
    papier = papiers.demander("bilan", "docx", demarche=signee, par=None, annee=AUJOURD_HUI.year)
    assert [m.bloquant for m in parcours.manques(signee)] == [True, False]  # demandé n'est pas prêt
    production.produire(papier.pk)
    PerimetreFactory(demarche=signee)
    assert client.post(chemin).status_code == 302
    signee.refresh_from_db()
    assert signee.etape == Etape.CLOSE
    assert not signee.perimetres.filter(actif=True).exists()
    assert client.get(reverse("suivi", args=[signee.uuid])).status_code == 200
    assert client.get(reverse("bilans", args=[signee.uuid])).status_code == 200
