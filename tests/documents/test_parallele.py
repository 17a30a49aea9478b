"""Le processus d'une partie meurt, tarde ou échoue : une phrase, aucun enfant laissé, aucune attente."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from feuille_de_route.documents import decoupe, mise_en_page, parallele
from feuille_de_route.documents.parallele import MiseEnPageInterrompue
from feuille_de_route.documents.rendu import html_vers_pdf
from tests.documents.fabriques import EDITION

RACINE = Path(__file__).parent.parent.parent
HTML = '<html lang="fr"><body><p>un</p><hr class="coupe"><p>deux</p></body></html>'
ORPHELIN = """
import os, sys, time
from feuille_de_route.documents import decoupe, mise_en_page
from feuille_de_route.documents.rendu import html_vers_pdf
from tests.documents.fabriques import EDITION
from tests.documents.test_parallele import HTML

def dormir(partie):
    if os.getpid() == parent:
        return vraie(partie)
    print(os.getpid(), flush=True)
    time.sleep(300)

parent, vraie, decoupe.SEUIL = os.getpid(), mise_en_page.Partie.mettre_en_page, 0
mise_en_page.Partie.mettre_en_page = dormir
html_vers_pdf(HTML, EDITION, processus=2)
"""


@pytest.fixture
def enfant_qui(monkeypatch):
    """Remplace la mise en page de l'enfant, et d'elle seule, par un acte ; la coupe a toujours lieu."""
    parent, vraie = os.getpid(), mise_en_page.Partie.mettre_en_page
    monkeypatch.setattr(decoupe, "SEUIL", 0)

    def _enfant_qui(acte):
        def mettre_en_page(partie):
            return vraie(partie) if os.getpid() == parent else acte()

        monkeypatch.setattr(mise_en_page.Partie, "mettre_en_page", mettre_en_page)

    return _enfant_qui


@pytest.fixture(autouse=True)
def aucun_enfant_de_trop():
    def enfants() -> set[str]:
        return set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())

    avant = enfants()
    yield
    assert enfants() <= avant  # ni vivant, ni zombie


def produire() -> bytes:
    return html_vers_pdf(HTML, EDITION, processus=2)


def test_un_travailleur_celery_a_droit_a_ses_enfants(monkeypatch):
    """Celery marque les siens « daemon », ce qui défend d'ordinaire d'en avoir."""
    monkeypatch.setattr(decoupe, "SEUIL", 0)
    moi = multiprocessing.current_process()
    monkeypatch.setitem(moi._config, "daemon", True)
    assert produire().startswith(b"%PDF")
    assert moi.daemon


def test_un_enfant_tue_se_dit_aussitot(enfant_qui):
    enfant_qui(lambda: os.kill(os.getpid(), signal.SIGKILL))
    debut = time.monotonic()
    with pytest.raises(MiseEnPageInterrompue, match="s’est arrêté"):
        produire()
    assert time.monotonic() - debut < 10


def le_premier_dort_et_le_second_meurt(enfant_qui, temoin: Path) -> None:
    def agir():
        try:
            temoin.touch(exist_ok=False)
        except FileExistsError:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(300)

    enfant_qui(agir)


def test_la_mort_du_second_n_attend_pas_le_premier(enfant_qui, tmp_path):
    """Le parent attend le premier ; le second meurt : c'est dit aussitôt, non au bout du délai."""
    le_premier_dort_et_le_second_meurt(enfant_qui, tmp_path / "premier")
    debut = time.monotonic()
    with pytest.raises(MiseEnPageInterrompue, match="s’est arrêté"):
        produire()
    assert time.monotonic() - debut < 10


def test_un_second_deja_mort_se_dit_aussitot(enfant_qui, tmp_path, monkeypatch):
    """Sa mort précède l'attente du parent : elle ne compte pas moins que s'il l'avait vue."""
    le_premier_dort_et_le_second_meurt(enfant_qui, tmp_path / "premier")
    attendre = parallele.Ailleurs._attendre

    def attendre_apres_la_mort(ouvrage):
        while all(frere.processus.is_alive() for frere in ouvrage.freres):
            time.sleep(0.01)
        attendre(ouvrage)

    monkeypatch.setattr(parallele.Ailleurs, "_attendre", attendre_apres_la_mort)
    debut = time.monotonic()
    with pytest.raises(MiseEnPageInterrompue, match="s’est arrêté"):
        produire()
    assert time.monotonic() - debut < 10


def test_un_enfant_qui_tarde_est_interrompu(enfant_qui, monkeypatch):
    enfant_qui(lambda: time.sleep(300))
    monkeypatch.setattr(parallele.Ailleurs, "delai", 0.5)
    with pytest.raises(MiseEnPageInterrompue, match="a pris plus de"):
        produire()


def test_l_erreur_d_un_enfant_garde_sa_trace(enfant_qui):
    enfant_qui(lambda: 1 // 0)
    with pytest.raises(MiseEnPageInterrompue, match="ZeroDivisionError") as prise:
        produire()
    assert "test_parallele.py" in str(prise.value.__cause__)


def test_une_erreur_du_parent_emporte_les_enfants(enfant_qui, monkeypatch):
    enfant_qui(lambda: time.sleep(300))

    def echouer(_ouvrage):
        raise KeyError("ici")

    monkeypatch.setattr(parallele.Ailleurs, "reperes", echouer)
    with pytest.raises(KeyError):
        produire()


def test_un_parent_tue_emporte_ses_enfants():
    commande = [sys.executable, "-c", ORPHELIN]
    with subprocess.Popen(commande, cwd=RACINE, stdout=subprocess.PIPE, text=True) as parent:
        enfants = [Path("/proc") / parent.stdout.readline().strip() for _ in range(2)]
        assert all(enfant.name.isdecimal() and enfant.exists() for enfant in enfants)
        parent.kill()
        parent.wait()
        limite = time.monotonic() + 10
        while any(enfant.exists() for enfant in enfants) and time.monotonic() < limite:
            time.sleep(0.05)
        assert not any(enfant.exists() for enfant in enfants)


def test_un_seul_processus_quand_d_autres_fils_tournent(monkeypatch):
    monkeypatch.setattr(parallele.threading, "active_count", lambda: 1)
    assert parallele.processus_possibles() == len(os.sched_getaffinity(0))
    monkeypatch.setattr(parallele.threading, "active_count", lambda: 2)
    assert parallele.processus_possibles() == 1
