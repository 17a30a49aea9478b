"""Convoquer, prévenir, annuler : un courriel par personne, un rendez-vous qu'une autre bibliothèque relit."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from gouvernance import courriels
from gouvernance.models import Courriel, EtatSeance, Evenement, PointOrdreDuJour, Seance
from gouvernance.reunions import convocations, ics, ordre_du_jour, pieces_de_seance, seances
from tests.gouvernance.fabriques import (
    PersonneFactory,
    PieceDeSeanceFactory,
    PointFactory,
    SeanceFactory,
    SiegeFactory,
)
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db
PARIS = ZoneInfo("Europe/Paris")
ELUE, TECHNICIEN = "elue@mairie.example", "technicien@epci.example"


def html(reponse):
    return reponse.content.decode()


@pytest.fixture
def lieu(client):
    """Un COPIL de trois sièges : une élue et un technicien ont une adresse, le troisième n'en a pas."""
    trouve = situation()
    client.force_login(trouve.gens["coordination"])
    for adresse in (ELUE, TECHNICIEN, ""):
        personne = PersonneFactory(gouvernance=trouve.demarche.gouvernance, email=adresse)
        SiegeFactory(instance=trouve.copil, structure=personne.structure, personne=personne)
    trouve.seance = SeanceFactory(
        instance=trouve.copil,
        a_venir=True,
        lieu="Salle Érignac ; 2, rue",
        cree_par=trouve.gens["coordination"],
    )
    PointFactory(seance=trouve.seance, objet="Valider, puis signer ; ensemble", duree=30)
    return trouve


def agir(client, lieu, action):
    return html(client.post(reverse("seance_agir", args=[lieu.uuid, lieu.seance.uuid, action]), follow=True))


def prevenir(client, lieu):
    return html(client.post(reverse("seance_prevenir", args=[lieu.uuid, lieu.seance.uuid]), follow=True))


def page(client, lieu):
    return html(client.get(reverse("seance", args=[lieu.uuid, lieu.seance.uuid])))


def rendez_vous(courriel):
    return vobject.readOne(courriel.pieces.get(nom=ics.NOM).contenu)


def test_convoquer_ecrit_a_chaque_siege_qui_a_une_adresse_et_dit_les_autres(client, lieu):
    assert "2 courriels en partance" in agir(client, lieu, "convoquer")
    assert sorted(Courriel.objects.values_list("destinataire", flat=True)) == [ELUE, TECHNICIEN]
    lue = page(client, lieu)
    assert "1 siège sans adresse électronique" in lue
    assert "courriel en partance, le" in lue
    assert courriels.envoyer(Courriel.objects.get(destinataire=ELUE).pk)
    assert "courriel parti, le" in page(client, lieu)


def test_le_courriel_part_avec_son_rendez_vous_et_l_ordre_du_jour(client, lieu):
    agir(client, lieu, "convoquer")
    courriels.envoyer(Courriel.objects.get(destinataire=ELUE).pk)
    (message,) = mail.outbox
    assert message.to == [ELUE]
    assert "1. Valider, puis signer ; ensemble (30 min)" in message.body
    piece = message.message().get_payload()[1]
    assert piece.get_content_type() == "text/calendar"
    assert piece.get_param("method") == "REQUEST"
    evenement = vobject.readOne(piece.get_payload(decode=True).decode()).vevent
    assert evenement.uid.value == str(lieu.seance.uuid)
    assert evenement.location.value == "Salle Érignac ; 2, rue"


def test_le_rendez_vous_relu_par_une_autre_bibliotheque(client, lieu):
    debut = datetime(timezone.localdate().year + 1, 7, 6, 14, 30, tzinfo=PARIS)
    Seance.objects.filter(pk=lieu.seance.pk).update(
        debut=debut, duree=90, visioconference="https://visio.example/a"
    )
    agir(client, lieu, "convoquer")
    calendrier = rendez_vous(Courriel.objects.get(destinataire=ELUE))
    evenement = calendrier.vevent
    assert calendrier.method.value == "REQUEST"
    assert evenement.sequence.value == "0"
    assert evenement.status.value == "CONFIRMED"
    assert evenement.dtstart.value == debut
    assert evenement.dtstart.value.utcoffset() == timedelta(hours=2)
    assert evenement.dtend.value - evenement.dtstart.value == timedelta(minutes=90)
    assert evenement.dtstart.params["X-VOBJ-ORIGINAL-TZID"] == ["Europe/Paris"]
    assert evenement.organizer.value == f"mailto:{lieu.gens['coordination'].email}"
    assert [a.value for a in evenement.contents["attendee"]] == [f"mailto:{ELUE}"], (
        "les autres adresses se taisent"
    )
    assert "Valider, puis signer ; ensemble" in evenement.description.value
    assert "https://visio.example/a" in evenement.description.value
    assert evenement.url.value.endswith(f"/seances/{lieu.seance.uuid}/")


@pytest.mark.parametrize(
    ("jour", "heures"),
    [((3, 28), 1), ((3, 29), 2), ((10, 24), 2), ((10, 25), 1)],
    ids=["veille de l’été", "passage à l’été", "veille de l’hiver", "passage à l’hiver"],
)
def test_l_heure_de_paris_tient_aux_changements_d_heure(lieu, jour, heures):
    """En 2026 l'heure change le 29 mars et le 25 octobre : les règles du fichier seules le disent."""
    debut = datetime(2026, *jour, 4, 0, tzinfo=PARIS)  # une heure après le changement
    lieu.seance.debut = debut
    texte = ics.ecrire(lieu.seance, [], ics.PUBLICATION)
    calendrier = vobject.readOne(
        texte.replace("TZID:Europe/Paris", "TZID:Ailleurs").replace("TZID=Europe/Paris", "TZID=Ailleurs")
    )  # fmt: skip — sous un autre nom, la bibliothèque n'a que les règles écrites dans le fichier
    lue = calendrier.vevent.dtstart.value
    assert lue.utcoffset() == timedelta(hours=heures)
    assert lue == debut
    assert ics.relire(texte).debut == debut
    assert (ics.relire(texte).fin - debut) == timedelta(minutes=lieu.seance.duree)


def test_convoquer_de_nouveau_n_ecrit_qu_aux_nouveaux(client, lieu):
    agir(client, lieu, "convoquer")
    assert "déjà prévenu" in prevenir(client, lieu)
    nouvelle = PersonneFactory(gouvernance=lieu.demarche.gouvernance, email="nouvelle@caf.example")
    SiegeFactory(instance=lieu.copil, structure=nouvelle.structure, personne=nouvelle)
    assert "Convoquer les nouveaux" in page(client, lieu)
    prevenir(client, lieu)
    assert Courriel.objects.filter(genre=convocations.CONVOCATION).count() == 3
    assert not Courriel.objects.filter(genre=convocations.CHANGEMENT).exists()
    lieu.seance.refresh_from_db()
    assert lieu.seance.sequence == 0


def test_une_personne_a_deux_sieges_recoit_un_courriel(client, lieu):
    SiegeFactory(instance=lieu.copil, personne=PersonneFactory(
        gouvernance=lieu.demarche.gouvernance, email=ELUE.upper()
    ))  # fmt: skip
    agir(client, lieu, "convoquer")
    assert Courriel.objects.filter(destinataire=ELUE).count() == 1


def test_un_changement_se_dit_puis_se_previent_une_fois(client, lieu):
    agir(client, lieu, "convoquer")
    assert "Changé depuis" not in page(client, lieu)
    seance = Seance.objects.get(pk=lieu.seance.pk)
    client.post(reverse("seance_modifier", args=[lieu.uuid, seance.uuid]), {
        "version": seance.version, "debut": timezone.localtime(seance.debut).strftime("%Y-%m-%dT08:15"),
        "duree": 60, "lieu": "Mairie", "visioconference": "visio.example/b",
    })  # fmt: skip
    ordre_du_jour.inscrire_point(seance.pk, PointOrdreDuJour(objet="Questions diverses"), par=None)
    lue = page(client, lieu)
    for mot in (
        "Changé depuis la convocation",
        "La date :",
        "Mairie",
        "https://visio.example/b",
        "L’ordre du jour",
    ):
        assert mot in lue, mot
    prevenir(client, lieu)
    courriel = Courriel.objects.get(genre=convocations.CHANGEMENT, destinataire=ELUE)
    assert "Mairie (au lieu de : Salle Érignac ; 2, rue)" in courriel.corps
    assert rendez_vous(courriel).vevent.sequence.value == "1"
    assert rendez_vous(courriel).vevent.uid.value == str(seance.uuid)
    assert "Changé depuis" not in page(client, lieu)
    assert "déjà prévenu" in prevenir(client, lieu)
    assert Courriel.objects.filter(genre=convocations.CHANGEMENT).count() == 2
    assert "Mairie" in Evenement.objects.get(action="prévenir").vers


def test_qui_arrive_pendant_un_changement_est_convoque_a_jour(client, lieu):
    agir(client, lieu, "convoquer")
    Seance.objects.filter(pk=lieu.seance.pk).update(lieu="Mairie")
    nouvelle = PersonneFactory(gouvernance=lieu.demarche.gouvernance, email="nouvelle@caf.example")
    SiegeFactory(instance=lieu.copil, structure=nouvelle.structure, personne=nouvelle)
    prevenir(client, lieu)
    convocation = Courriel.objects.get(destinataire="nouvelle@caf.example")
    assert convocation.genre == convocations.CONVOCATION
    assert rendez_vous(convocation).vevent.location.value == "Mairie"
    assert Courriel.objects.filter(genre=convocations.CHANGEMENT).count() == 2


def test_annuler_le_dit_a_ceux_qui_etaient_convoques_et_retire_le_rendez_vous(client, lieu):
    agir(client, lieu, "convoquer")
    assert "2 courriels en partance" in agir(client, lieu, "annuler")
    courriel = Courriel.objects.get(genre=convocations.ANNULATION, destinataire=ELUE)
    calendrier = rendez_vous(courriel)
    assert calendrier.method.value == "CANCEL"
    assert calendrier.vevent.status.value == "CANCELLED"
    assert calendrier.vevent.sequence.value == "1"
    lieu.seance.refresh_from_db()
    assert lieu.seance.etat == EtatSeance.ANNULEE


def test_annuler_une_seance_jamais_convoquee_n_ecrit_a_personne(client, lieu):
    agir(client, lieu, "annuler")
    assert not Courriel.objects.exists()


def test_on_ne_convoque_pas_a_une_date_passee(client, lieu):
    Seance.objects.filter(pk=lieu.seance.pk).update(debut=timezone.now() - timedelta(days=1))
    assert "on ne convoque pas à une date passée" in agir(client, lieu, "convoquer")
    assert not Courriel.objects.exists()
    assert Seance.objects.get(pk=lieu.seance.pk).etat == EtatSeance.PLANIFIEE


def test_convoquer_deux_fois_n_ecrit_qu_une(lieu):
    convocations.convoquer(lieu.seance.pk, par=None)
    with pytest.raises(ValidationError, match=r"déjà «\\xa0Convoquée\\xa0»"):
        convocations.convoquer(lieu.seance.pk, par=None)
    assert Courriel.objects.count() == 2


def test_ouvrir_avant_la_date_se_confirme(client, lieu):
    demande = agir(client, lieu, "ouvrir")
    assert "Ouvrir la séance aujourd’hui" in demande
    assert Seance.objects.get(pk=lieu.seance.pk).etat == EtatSeance.PLANIFIEE
    adresse = reverse("seance_agir", args=[lieu.uuid, lieu.seance.uuid, "ouvrir"])
    assert client.post(adresse, {"confirme": "oui"}).status_code == 302
    assert Seance.objects.get(pk=lieu.seance.pk).etat == EtatSeance.OUVERTE


def test_le_jour_dit_on_ouvre_sans_question(client, lieu):
    Seance.objects.filter(pk=lieu.seance.pk).update(debut=timezone.now())
    agir(client, lieu, "ouvrir")
    assert Seance.objects.get(pk=lieu.seance.pk).etat == EtatSeance.OUVERTE


@pytest.mark.parametrize(("taille", "jointes"), [(200, 1), (convocations.EN_PIECES_JOINTES + 1, 0)])
def test_les_documents_partent_avec_le_courriel_s_ils_sont_legers(client, lieu, taille, jointes):
    pdf = b"%PDF-1.7\n" + b"synthese\n" * 20 + b"%%EOF\n"
    piece = pieces_de_seance.joindre(lieu.seance.pk, "Synthèse.pdf", pdf, par=None)
    type(piece).objects.update(taille=taille)
    agir(client, lieu, "convoquer")
    courriel = Courriel.objects.get(destinataire=ELUE)
    assert courriel.pieces.exclude(nom=ics.NOM).count() == jointes
    assert "Synthèse.pdf" in courriel.corps
    assert ("avec votre compte" in courriel.corps) == (jointes == 0)
    courriels.envoyer(courriel.pk)
    if jointes:
        assert mail.outbox[0].attachments[1].content == pdf


@pytest.mark.parametrize("role", ["elu", "partenaire", "lecture"])
def test_qui_voit_la_demarche_prend_le_rendez_vous_mais_ne_convoque_pas(client, lieu, role):
    client.force_login(lieu.gens[role])
    reponse = client.get(reverse("seance_ics", args=[lieu.uuid, lieu.seance.uuid]))
    assert reponse["Content-Type"].startswith("text/calendar")
    assert 'attachment; filename="' in reponse["Content-Disposition"]
    calendrier = vobject.readOne(html(reponse))
    assert calendrier.method.value == "PUBLISH"
    assert "attendee" not in calendrier.vevent.contents
    for nom, suite in (("seance_agir", ["convoquer"]), ("seance_prevenir", [])):
        assert client.post(reverse(nom, args=[lieu.uuid, lieu.seance.uuid, *suite])).status_code == 403
    assert not Courriel.objects.exists()


def test_un_siege_clos_n_est_pas_convoque(client, lieu):
    lieu.copil.sieges.filter(personne__email=TECHNICIEN).update(clos_le=timezone.now())
    agir(client, lieu, "convoquer")
    assert [c.destinataire for c in Courriel.objects.all()] == [ELUE]


def test_sans_adresse_propre_on_ecrit_a_celle_du_compte(client, lieu):
    lieu.copil.sieges.filter(personne__email=ELUE).get().personne.__class__.objects.filter(email=ELUE).update(
        email="", utilisateur=lieu.gens["elu"]
    )
    agir(client, lieu, "convoquer")
    assert Courriel.objects.filter(destinataire=lieu.gens["elu"].email).exists()


def test_la_convocation_pose_sa_date_et_les_documents_ne_changent_pas_le_rendez_vous(lieu):
    convocations.convoquer(lieu.seance.pk, par=None)
    lue = convocations.avec_annonce(Seance.objects).get(pk=lieu.seance.pk)
    assert lue.convoquee_le is not None
    PieceDeSeanceFactory(seance=lue)
    assert convocations.changements(lue, list(lue.points.all())) == []
    assert seances.TRANSITIONS["convoquer"].vers == lue.etat


def test_un_siege_sans_personne_se_dit_et_se_pourvoit(client, lieu):
    vide = SiegeFactory(instance=lieu.copil, personne=None)
    lue = page(client, lieu)
    assert "1 siège n’a personne" in lue
    assert "Aucun courriel ne leur part" in lue
    assert reverse("siege_modifier", args=[lieu.uuid, vide.uuid]) in lue
    assert "personne n’y siège" in lue
    assert "1 siège sans adresse électronique" in lue  # celui-là a quelqu'un
    muet = lieu.copil.sieges.get(personne__email="").personne
    assert reverse("personne_modifier", args=[lieu.uuid, muet.uuid]) in lue
    assert "2 courriels en partance" in agir(client, lieu, "convoquer")
