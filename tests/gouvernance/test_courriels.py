"""Un courriel : une ligne par personne, un envoi, aucun secret gardé."""

import smtplib
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from gouvernance import courriels
from gouvernance.courriels import Lettre, PieceJointe
from gouvernance.models import Courriel
from gouvernance.socle import coffre, secrets

pytestmark = pytest.mark.django_db
ICS = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


@pytest.fixture
def lettre(settings, tmp_path):
    """Une lettre dont le gabarit cite une personne et le secret."""
    (tmp_path / "courriels").mkdir()
    (tmp_path / "courriels" / "essai.txt").write_text(
        "Bonjour {{ qui }}\n\nL’adresse : {{ site }}/{{ jeton }}\nLe code : {{ code }}\n", encoding="utf-8"
    )
    gabarits = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    settings.TEMPLATES = gabarits
    return Lettre("essai", "coordination@essais.example", "essai", {"qui": "l’élue <COPIL>"}, cle="essai:1")


def test_une_cle_ne_donne_qu_un_courriel(lettre):
    assert courriels.deposer(lettre) is not None
    assert courriels.deposer(lettre) is None
    assert Courriel.objects.count() == 1


def test_le_secret_n_est_dans_la_base_qu_en_marque(lettre):
    graine = uuid4()
    courriel = courriels.deposer(lettre._replace(graine=graine))
    secret = secrets.tirer(graine)
    assert secret.jeton not in courriel.corps
    assert secret.code not in courriel.corps
    assert courriels.envoyer(courriel.pk)
    [message] = mail.outbox
    assert message.subject == "Bonjour l’élue <COPIL>"  # un courriel est du texte : rien n'y est échappé
    assert secret.jeton in message.body
    assert secret.code in message.body


def test_les_pieces_partent_avec_leur_type(lettre, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "coffre"
    pieces = [
        PieceJointe("seance.ics", "text/calendar", contenu=ICS),
        PieceJointe("Ordre du jour.pdf", "application/pdf", empreinte=coffre.deposer(b"%PDF-1.7")),
    ]
    courriels.envoyer(courriels.deposer(lettre._replace(pieces=pieces)).pk)
    jointes = {nom: (contenu, genre) for nom, contenu, genre in mail.outbox[0].attachments}
    assert jointes["seance.ics"] == (ICS, "text/calendar")
    assert jointes["Ordre du jour.pdf"] == (b"%PDF-1.7", "application/pdf")


def test_un_envoi_n_a_lieu_qu_une_fois(lettre):
    courriel = courriels.deposer(lettre)
    assert courriels.envoyer(courriel.pk)
    assert not courriels.envoyer(courriel.pk)
    assert len(mail.outbox) == 1


def test_un_serveur_muet_repousse_l_envoi(lettre, monkeypatch):
    def refuser(*args, **kwargs):
        raise smtplib.SMTPServerDisconnected("injoignable")

    courriel = courriels.deposer(lettre)
    monkeypatch.setattr("django.core.mail.message.EmailMessage.send", refuser)
    assert not courriels.envoyer(courriel.pk)
    courriel.refresh_from_db()
    assert courriel.etat == "en_file"
    assert courriel.essais == 1
    assert courriel.prochain_essai_le > timezone.now()
    assert "injoignable" in courriel.erreur
