"""Les séances : qui les prépare, dans quel état, ordre du jour, présences, compte rendu."""

import uuid
from datetime import timedelta
from itertools import product

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from gouvernance.forms.seances import FormulaireCompteRendu
from gouvernance.models import (
    EtatJalon,
    EtatSeance,
    Evenement,
    Jalon,
    PointOrdreDuJour,
    Presence,
    Role,
    Seance,
)
from gouvernance.reunions import convocations, ordre_du_jour, pieces_de_seance, seances
from tests.gouvernance.fabriques import (
    DemarcheFactory,
    InstanceFactory,
    PieceDeSeanceFactory,
    PointFactory,
    PresenceFactory,
    SeanceFactory,
    SiegeFactory,
)
from tests.gouvernance.situations import ROLES, situation, statut_attendu

pytestmark = pytest.mark.django_db
TENEURS = {Role.COORDINATION, Role.CO_PORTEUR}
TRAITS = {EtatSeance.OUVERTE: {"ouverte": True}, EtatSeance.CLOSE: {"close": True}}


@pytest.fixture
def lieu(client):
    trouve = situation()
    client.force_login(trouve.gens["coordination"])
    return trouve


def html(reponse):
    return reponse.content.decode()


def seance_en(etat, lieu):
    """Une séance qui a tout pour avancer : un point à l'ordre du jour et un présent."""
    seance = SeanceFactory(instance=lieu.copil, **TRAITS.get(etat, {"etat": etat}))
    PointFactory(seance=seance)
    PresenceFactory(seance=seance)
    return seance


@pytest.mark.parametrize(("action", "etat"), list(product(seances.TRANSITIONS, EtatSeance)))
def test_chaque_acte_ne_part_que_des_etats_de_la_table(lieu, action, etat):
    seance = seance_en(etat, lieu)
    transition = seances.TRANSITIONS[action]
    par = lieu.gens["coordination"]
    if etat in transition.depuis:
        seances.effectuer(action, seance.pk, par=par)
        seance.refresh_from_db()
        assert seance.etat == transition.vers
        assert Evenement.objects.get().vers == transition.vers.label
    else:
        with pytest.raises(ValidationError, match="La séance est déjà"):
            seances.effectuer(action, seance.pk, par=par)
        assert not Evenement.objects.exists()
    assert (action in seances.actions_possibles(seance_en(etat, lieu))) == (etat in transition.depuis)


@pytest.mark.parametrize(("action", "role"), list(product(seances.TRANSITIONS, ROLES)))
def test_chaque_acte_par_chaque_role(client, lieu, action, role):
    depuis = seances.TRANSITIONS[action].depuis[0]
    seance = seance_en(depuis, lieu)
    if action == "convoquer":
        Seance.objects.filter(pk=seance.pk).update(debut=timezone.now() + timedelta(days=20))
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, TENEURS)
    adresse = reverse("seance_agir", args=[lieu.uuid, seance.uuid, action])
    assert client.get(adresse).status_code == 405
    assert client.post(adresse).status_code == attendu
    seance.refresh_from_db()
    assert (seance.etat != depuis) == (attendu == 302)


@pytest.mark.parametrize("role", sorted(set(Role.values) - TENEURS))
def test_la_regle_refuse_aussi_sans_passer_par_l_ecran(lieu, role):
    seance = seance_en(EtatSeance.OUVERTE, lieu)
    for acte in (
        lambda par: seances.effectuer("clore", seance.pk, par=par),
        lambda par: seances.noter_presences(seance.pk, {}, par=par),
        lambda par: ordre_du_jour.retirer_point(seance.pk, seance.points.get().pk, par=par),
        lambda par: seances.planifier(Seance(instance=lieu.copil, debut=seance.debut), par=par),
        lambda par: ordre_du_jour.inscrire_point(seance.pk, PointOrdreDuJour(objet="Point"), par=par),
        lambda par: ordre_du_jour.modifier_point(seance.pk, seance.points.get(), par=par),
        lambda par: ordre_du_jour.descendre_point(seance.pk, seance.points.get().pk, par=par),
        lambda par: convocations.convoquer(seance.pk, par=par),
        lambda par: convocations.prevenir(seance.pk, par=par),
        lambda par: convocations.annuler(seance.pk, par=par),
        lambda par: pieces_de_seance.joindre(seance.pk, "a.pdf", b"%PDF-1.7 %%EOF", par=par),
        lambda par: pieces_de_seance.retirer(PieceDeSeanceFactory(seance=seance), par=par),
    ):
        with pytest.raises(PermissionDenied):
            acte(lieu.gens[role])
    assert not Evenement.objects.exists()


def planifier(client, lieu, **champs):
    donnees = {
        "jeton": uuid.uuid4(),
        "instance": lieu.copil.pk,
        "debut": "2026-07-01T00:30",
        "duree": 120,
        "lieu": "Périgueux",
    }
    return client.post(reverse("seance_planifier", args=[lieu.uuid]), {**donnees, **champs})


def test_planifier_a_l_heure_de_paris_et_numeroter_dans_l_annee(client, lieu):
    assert planifier(client, lieu).status_code == 302
    planifier(client, lieu, debut="2026-09-01T14:00")
    planifier(client, lieu, debut="2027-01-01T00:15")
    assert sorted(s.reference for s in Seance.objects.all()) == [
        "2026-COPIL-01",
        "2026-COPIL-02",
        "2027-COPIL-01",
    ]
    page = html(client.get(reverse("seances", args=[lieu.uuid])))
    assert "1er juillet 2026, 00h30" in page
    assert "1er janvier 2027, 00h15" in page


def test_planifier_un_double_clic_et_une_instance_etrangere(client, lieu):
    jeton = uuid.uuid4()
    planifier(client, lieu, jeton=jeton)
    planifier(client, lieu, jeton=jeton)
    assert Seance.objects.count() == 1
    autre = InstanceFactory(demarche=DemarcheFactory(gouvernance__departement__code="40"))
    assert planifier(client, lieu, instance=autre.pk).status_code == 422
    reponse = planifier(client, lieu, debut="demain")
    assert reponse.status_code == 422
    assert "demain" in html(reponse)


def test_une_seance_d_une_autre_demarche_est_introuvable(client, lieu):
    autre = SeanceFactory(
        instance__demarche=DemarcheFactory(gouvernance__departement__code="40"), ouverte=True
    )
    noms = ["seance_modifier", "presences_noter", "compte_rendu", "point_ajouter", "decision_consigner"]
    adresses = [reverse(nom, args=[lieu.uuid, autre.uuid]) for nom in noms]
    adresses += [reverse("seance_agir", args=[lieu.uuid, autre.uuid, "clore"])]
    for adresse in adresses:
        assert client.post(adresse).status_code == 404, adresse
    assert client.get(reverse("seance", args=[lieu.uuid, autre.uuid])).status_code == 404
    assert client.post(reverse("seance_agir", args=[lieu.uuid, autre.uuid, "inventer"])).status_code == 404


def test_convoquer_demande_un_ordre_du_jour_et_soumet_ses_jalons(client, lieu):
    seance = SeanceFactory(instance=lieu.copil, debut=timezone.now() + timedelta(days=20))
    convoquer = reverse("seance_agir", args=[lieu.uuid, seance.uuid, "convoquer"])
    assert "au moins un point" in html(client.post(convoquer, follow=True))
    jalon = Jalon.objects.get(code="cadrage")
    adresse = reverse("point_ajouter", args=[lieu.uuid, seance.uuid])
    client.post(
        adresse,
        {"jeton": uuid.uuid4(), "objet": "Valider", "porte_sur": f"jalon:{jalon.uuid}", "duree": 30},
    )
    page = html(client.post(convoquer, follow=True))
    assert "Valider" in page
    assert "Convoquée" in page
    jalon.refresh_from_db()
    assert jalon.etat == EtatJalon.SOUMIS


def test_monter_et_retirer_un_point(client, lieu):
    seance = SeanceFactory(instance=lieu.copil)
    un, deux = (PointFactory(seance=seance, objet=objet, ordre=n) for n, objet in [(1, "Un"), (2, "Deux")])
    monter, retirer = (reverse("point_agir", args=[lieu.uuid, seance.uuid, a]) for a in ("monter", "retirer"))
    client.post(monter, {"point": deux.pk})
    assert [p.objet for p in seance.points.all()] == ["Deux", "Un"]
    client.post(monter, {"point": deux.pk})
    assert [p.objet for p in seance.points.all()] == ["Deux", "Un"]
    client.post(retirer, {"point": deux.pk})
    assert [p.objet for p in seance.points.all()] == ["Un"]
    assert client.post(retirer, {"point": deux.pk}).status_code == 404
    ailleurs = PointFactory(seance=SeanceFactory(instance=lieu.copil))
    assert client.post(retirer, {"point": ailleurs.pk}).status_code == 404
    Seance.objects.filter(pk=seance.pk).update(etat=EtatSeance.ANNULEE)
    assert "ne change plus" in html(client.post(retirer, {"point": un.pk}, follow=True))


@pytest.fixture
def seance(lieu):
    lieu.copil.quorum = 2
    lieu.copil.save()
    lieu.sieges = [SiegeFactory(instance=lieu.copil) for _ in range(3)]
    return SeanceFactory(instance=lieu.copil, ouverte=True)


def noter(client, lieu, seance, *etats):
    donnees = {}
    for siege, (etat, pouvoir) in zip(lieu.sieges, etats, strict=True):
        donnees[f"etat_{siege.uuid}"] = etat
        donnees[f"pouvoir_{siege.uuid}"] = pouvoir.uuid if pouvoir else ""
    return client.post(reverse("presences_noter", args=[lieu.uuid, seance.uuid]), donnees)


def test_le_quorum_se_dit_en_mots(client, lieu, seance):
    adresse = reverse("seance", args=[lieu.uuid, seance.uuid])
    noter(client, lieu, seance, ("present", None), ("excuse", None), ("", None))
    page = html(client.get(adresse))
    assert "1 siège présent" in page
    assert "Le quorum n’est pas atteint" in page
    noter(client, lieu, seance, ("present", None), ("represente", lieu.sieges[0]), ("", None))
    page = html(client.get(adresse))
    assert "2 sièges présents" in page
    assert "Le quorum est atteint" in page


def test_un_pouvoir_mal_donne_revient_avec_ce_qui_etait_coche(client, lieu, seance):
    reponse = noter(client, lieu, seance, ("represente", lieu.sieges[1]), ("excuse", None), ("present", None))
    assert reponse.status_code == 422
    assert "Un pouvoir ne se donne qu’à un siège présent." in html(reponse)
    assert 'value="represente" checked' in html(reponse)
    reponse = noter(client, lieu, seance, ("represente", None), ("excuse", None), ("present", None))
    assert "nomme celui qui porte son pouvoir" in html(reponse)
    assert not Presence.objects.exists()


def test_les_presences_ne_se_notent_que_seance_ouverte_et_par_qui_la_tient(client, lieu, seance):
    tous = [("present", None)] * 3
    client.force_login(lieu.gens["elu"])
    assert noter(client, lieu, seance, *tous).status_code == 403
    client.force_login(lieu.gens["coordination"])
    planifiee = SeanceFactory(instance=lieu.copil)
    reponse = noter(client, lieu, planifiee, *tous)
    assert reponse.status_code == 422
    assert "quand elle est ouverte" in html(reponse)
    assert not Presence.objects.exists()


def test_clore_demande_de_noter_qui_etait_la(client, lieu, seance):
    clore = reverse("seance_agir", args=[lieu.uuid, seance.uuid, "clore"])
    assert "Notez qui était présent" in html(client.post(clore, follow=True))
    noter(client, lieu, seance, *[("present", None)] * 3)
    page = html(client.post(clore, follow=True))
    assert "Close" in page
    assert "Noter les présences" not in page


def test_le_compte_rendu_s_ecrit_en_seance_ou_apres_et_garde_les_deux_textes(client, lieu, seance):
    adresse = reverse("compte_rendu", args=[lieu.uuid, seance.uuid])
    assert client.post(adresse, {"version": 1, "compte_rendu": "Premier"}).status_code == 302
    reponse = client.post(adresse, {"version": 1, "compte_rendu": "Second"})
    assert reponse.status_code == 409
    assert "Second" in html(reponse)
    noter(client, lieu, seance, *[("present", None)] * 3)
    seances.effectuer("clore", seance.pk, par=None)
    client.post(adresse, {"version": 2, "compte_rendu": "Définitif"})
    seance.refresh_from_db()
    assert (seance.etat, seance.compte_rendu) == (EtatSeance.CLOSE, "Définitif")
    planifiee = SeanceFactory(instance=lieu.copil)
    adresse = reverse("compte_rendu", args=[lieu.uuid, planifiee.uuid])
    assert "quand la séance est ouverte" in html(client.post(adresse, {"version": 1, "compte_rendu": "x"}))


def test_une_saisie_en_cours_n_efface_pas_l_etat_qu_une_regle_change(lieu, seance):
    PresenceFactory(seance=seance)
    lue = Seance.objects.get(pk=seance.pk)
    formulaire = FormulaireCompteRendu({"version": 1, "compte_rendu": "Texte"}, instance=lue)
    seances.effectuer("clore", seance.pk, par=None)
    assert formulaire.is_valid()
    seances.rediger_compte_rendu(formulaire, par=None)
    seance.refresh_from_db()
    assert (seance.etat, seance.compte_rendu) == (EtatSeance.CLOSE, "Texte")


def test_deplacer_une_seance_a_venir_dans_son_annee(client, lieu, seance):
    planifiee = SeanceFactory(instance=lieu.copil)
    adresse = reverse("seance_modifier", args=[lieu.uuid, planifiee.uuid])
    donnees = {"version": 1, "debut": "2027-03-01T10:00", "duree": 90, "lieu": "Mairie"}
    assert "planifiez-en une autre" in html(client.post(adresse, donnees))
    assert client.post(adresse, {**donnees, "debut": "2026-03-01T10:00"}).status_code == 302
    adresse = reverse("seance_modifier", args=[lieu.uuid, seance.uuid])
    assert "sa date ne change plus" in html(client.post(adresse, {**donnees, "debut": "2026-03-01T10:00"}))


def test_qui_lit_seulement_voit_pourquoi_les_boutons_sont_inactifs(client, lieu):
    seance = SeanceFactory(instance=lieu.copil)
    client.force_login(lieu.gens["lecture"])
    page = html(client.get(reverse("seance", args=[lieu.uuid, seance.uuid])))
    assert "Ce bouton est inactif&nbsp;: votre rôle ne permet pas de préparer une séance" in page
