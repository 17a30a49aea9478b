"""Vingt `kill -9` pendant quarante documents : quarante signés, quarante transmis, aucun deux fois.

Tout est vrai : travailleur Celery prefork et son métronome, PostgreSQL, Redis (à soi, que l'on vide), PDF,
signatures, dépôt. L'essai ne joue que les personnes : elles signent ce qui est prêt, transmettent ce qui est
signé. L'ordre des coups vient d'une graine, écrite dans le message d'échec.
"""

import json
import os
import random
import time
import zipfile

import pytest
import redis
from django.core.exceptions import ValidationError
from django.db import connection

from feuille_de_route import signatures, transmissions
from feuille_de_route.documents import examen, verification
from feuille_de_route.lancement.redis_prive import RedisPrive
from feuille_de_route.models import Document, Empreinte, EtatDocument, EtatTransmission, Transmission
from gouvernance.models import Demarche, Etape, Evenement
from gouvernance.socle import coffre
from tests.feuille_de_route.scenes import demarche_en_signature
from tests.feuille_de_route.travailleur import Travailleur, attendre

pytestmark = [pytest.mark.lent, pytest.mark.django_db(transaction=True)]

DOCUMENTS, COUPS, VIDANGES, LIMITE = 40, 20, 4, 400  # 100 s sur une machine calme


@pytest.fixture
def redis_a_soi(tmp_path):
    serveur = RedisPrive(tmp_path)
    adresse = serveur.demarrer()
    yield serveur, adresse
    serveur.arreter()


@pytest.fixture
def examen_sur_place(monkeypatch):
    """Le même examen, sans un processus par fichier : quarante démarrages de Python n'apprendraient rien."""

    def executer(module, arguments, *, entree):
        return examen.examiner(entree, examen.charger_racines(arguments[-1]))

    monkeypatch.setattr(verification, "executer", executer)


@pytest.fixture
def travailleur(redis_a_soi, tmp_path):
    un = Travailleur(redis_a_soi[1], tmp_path)
    yield un
    un.tuer()


def jouer_les_personnes() -> None:
    """Chacune agit sur ce qu'elle voit prêt ; un refus (« patientez ») se retentera au passage suivant."""
    for document in Document.objects.filter(etat=EtatDocument.PRET, demarche__etape=Etape.EN_SIGNATURE):
        attendue = signatures.attendue(document)
        if attendue is not None:
            agir(
                lambda s=attendue, d=document: signatures.consentir(
                    s.pk, par=s.signataire.utilisateur, empreinte_vue=d.empreinte
                )
            )
    for pk in Demarche.objects.filter(etape=Etape.SIGNEE).values_list("pk", flat=True):
        agir(lambda pk=pk: transmissions.demander(pk, par=None))


def agir(acte) -> None:
    try:
        acte()
    except ValidationError as refus:
        if "patientez" not in " ".join(refus.messages):
            raise


def tout_est_parti() -> bool:
    return Transmission.objects.filter(etat=EtatTransmission.ENVOYEE).count() == DOCUMENTS


@pytest.mark.usefixtures("examen_sur_place")
def test_vingt_travailleurs_tues_ne_perdent_ni_ne_doublent_rien(travailleur, redis_a_soi, settings):
    graine = int(os.environ.get("GRAINE", random.randrange(10**6)))  # noqa: S311
    hasard = random.Random(graine)  # noqa: S311
    print(f"GRAINE={graine}")  # noqa: T201
    demarches = [
        demarche_en_signature(1, gouvernance__departement__code=f"{rang:03d}") for rang in range(DOCUMENTS)
    ]
    courtier = redis.Redis.from_url(redis_a_soi[1])
    debut = time.monotonic()
    restants, en_travail = COUPS, 0
    while not (tout_est_parti() and restants == 0):
        assert time.monotonic() - debut < LIMITE, (
            f"trop long (GRAINE={graine}) : {travailleur.fin_du_journal()}"
        )
        travailleur.lancer()
        if restants == 0:
            attendre_en_jouant(LIMITE - (time.monotonic() - debut), travailleur)
            break
        patienter_jusqu_au_travail(travailleur)
        jouer_pendant(hasard.uniform(0.0, 0.6))
        en_travail += un_travailleur_tient_une_ligne()
        travailleur.tuer()
        if restants % (COUPS // VIDANGES) == 0:
            courtier.flushall()
        restants -= 1
    courtier.close()
    duree = time.monotonic() - debut
    print(f"{COUPS} coups, dont {en_travail} en plein travail, en {duree:.0f} s")  # noqa: T201
    assert en_travail >= COUPS // 3, f"trop peu de coups en plein travail (GRAINE={graine})"
    controler(demarches, settings.TRANSMISSION_DEPOT)


def patienter_jusqu_au_travail(travailleur) -> None:
    """Le travailleur met quelques secondes à démarrer : un coup avant ne prouverait rien."""

    def condition():
        assert travailleur.processus.poll() is None, travailleur.fin_du_journal()
        return un_travailleur_tient_une_ligne()

    attendre(condition, 40, "travailleur au travail")


def un_travailleur_tient_une_ligne() -> bool:
    with connection.cursor() as curseur:
        curseur.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND backend_type = 'client backend'"
        )
        return curseur.fetchone()[0] > 0


def jouer_pendant(secondes: float) -> None:
    fin = time.monotonic() + secondes
    while True:
        jouer_les_personnes()
        if time.monotonic() >= fin:
            return
        time.sleep(0.05)


def attendre_en_jouant(secondes: float, travailleur) -> None:
    def condition():
        jouer_les_personnes()
        return tout_est_parti()

    try:
        attendre(condition, secondes, "fin du travail")
    except AssertionError as lenteur:
        etats = list(Document.objects.values_list("etat", "essais", "erreur"))
        raise AssertionError(f"{lenteur}\n{etats}\n{travailleur.fin_du_journal()}") from lenteur


def controler(demarches, depot) -> None:
    """Rien de perdu, rien de double, rien à moitié."""
    assert Document.objects.filter(etat=EtatDocument.PRET, scelle_le__isnull=False).count() == DOCUMENTS
    assert {d.etape for d in Demarche.objects.all()} == {Etape.TRANSMISE}
    assert Empreinte.objects.filter(scelle=True).count() == DOCUMENTS
    for action in ("document prêt", "signer", "apposer la signature", "sceller", "envoyer à l’ANCT"):
        lignes = Evenement.objects.filter(action=action).values_list("demarche", flat=True)
        assert sorted(lignes) == sorted(d.pk for d in demarches), action
    paquets = sorted(depot.iterdir())
    assert [p.name for p in paquets] == sorted(f"{t.reference}.zip" for t in Transmission.objects.all())
    for envoi in Transmission.objects.select_related("document"):
        controler_paquet(depot / f"{envoi.reference}.zip", envoi)


def controler_paquet(chemin, envoi) -> None:
    assert coffre.empreinte_de(chemin.read_bytes()) == envoi.empreinte
    with zipfile.ZipFile(chemin) as archive:
        assert archive.testzip() is None
        manifeste = json.loads(archive.read("manifeste.json"))
        pdf = archive.read("feuille-de-route.pdf")
    assert manifeste["signature_complete"] is True
    assert manifeste["fichiers"]["feuille-de-route.pdf"] == envoi.document.empreinte
    verdict = verification.verifier(pdf)
    assert verdict.complet, verdict
