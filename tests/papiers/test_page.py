"""La section « Papiers » d’une page : ce qu’elle propose, ce qu’elle suit, ce qu’elle dit à chacun."""

import pytest
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.celery import app
from feuille_de_route.documents.papiers import production
from feuille_de_route.models import Papier
from feuille_de_route.tasks import balayer, produire_papier
from gouvernance.models import Evenement
from gouvernance.permissions import Acces
from gouvernance.socle import coffre, signalement
from gouvernance.socle.travaux import ESSAIS_MAX
from tests.gouvernance.situations import situation
from tests.papiers.fabriques import adresse, clore, demander, preparer, seance_ouverte, travailler

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu():
    return situation(gouvernance__departement__code="24")


@pytest.fixture
def seance(lieu):
    return seance_ouverte(lieu)


def section(lieu, role="coordination", seance=None) -> str:
    contexte = {"demarche": lieu.demarche, "acces": Acces(lieu.gens[role], lieu.demarche), "seance": seance}
    nom = "papiers/_papiers_seance.html" if seance else "papiers/_papiers_cahier.html"
    return " ".join(render_to_string(nom, contexte, request=RequestFactory().get("/")).split())


def etat(client, papier, **options):
    return client.get(reverse("papier_etat", args=[papier.demarche.uuid, papier.uuid]), **options)


def test_chaque_papier_se_demande_se_suit_et_se_telecharge(client, lieu, seance):
    client.force_login(lieu.gens["coordination"])
    for nature, format_ in [("releve", "pdf"), ("releve", "docx"), ("emargement", "pdf")]:
        assert f'action="{adresse(lieu, seance, nature, format_)}"' in section(lieu, seance=seance)
    retour = client.post(adresse(lieu, seance, "releve", "pdf"))
    assert retour.url == f"{reverse('seance', args=[lieu.uuid, seance.uuid])}#papiers"
    papier = Papier.objects.get()
    page = section(lieu, seance=seance)
    assert f'hx-get="{reverse("papier_etat", args=[lieu.uuid, papier.uuid])}?vu=en_file-0"' in page
    assert f'action="{adresse(lieu, seance, "releve", "pdf")}"' not in page
    htmx = {"headers": {"HX-Request": "true"}}
    assert etat(client, papier, data={"vu": "en_file-0"}, **htmx).status_code == 204
    assert "<html" in etat(client, papier).content.decode()  # sans JavaScript
    travailler()
    fragment = etat(client, papier, data={"vu": "en_file-0"}, **htmx).content.decode()
    assert "<html" not in fragment
    assert "hx-get" not in fragment
    assert reverse("papier_telecharger", args=[lieu.uuid, papier.uuid]) in fragment
    papier.refresh_from_db()
    assert f"(PDF, {round(papier.taille / 1000)}\u00a0ko)" in fragment
    assert "préparé le" in fragment


def test_ce_qui_a_change_se_dit_et_le_papier_d_avant_reste_a_lire(lieu, seance):
    papier = preparer(lieu, seance, "releve")
    assert "La séance a changé depuis" not in section(lieu, seance=seance)
    clore(seance)
    page = section(lieu, seance=seance)
    assert "La séance a changé depuis" in page
    assert reverse("papier_telecharger", args=[lieu.uuid, papier.uuid]) in page
    assert "Refaire" in page
    demander(lieu, seance, "releve")
    page = section(lieu, seance=seance)
    assert reverse("papier_telecharger", args=[lieu.uuid, papier.uuid]) in page  # en attendant le neuf
    assert "En préparation" in page


@pytest.mark.parametrize("role", ["elu", "partenaire", "lecture", "administration"])
def test_qui_ne_tient_pas_la_seance_lit_et_sait_pourquoi_il_ne_demande_pas(lieu, seance, role):
    preparer(lieu, seance, "proces_verbal")
    preparer(lieu, seance, "emargement")
    page = section(lieu, role, seance)
    assert "<form" not in page
    assert page.count("Votre rôle ne permet pas de préparer une séance") == 1
    assert page.count("Télécharger") == 1  # le procès-verbal, pas l'émargement
    assert "émargement" not in page


def test_avant_la_seance_la_page_dit_quand_le_proces_verbal_viendra(lieu, seance):
    type(seance).objects.filter(pk=seance.pk).update(etat="planifiee", ouverte_le=None)
    seance.refresh_from_db()
    page = section(lieu, seance=seance)
    assert page.count("Il se prépare une fois la séance ouverte.") == 2
    assert adresse(lieu, seance, "ordre_du_jour", "docx") in page
    assert adresse(lieu, seance, "proces_verbal", "pdf") not in page


def test_le_cahier_se_demande_de_sa_page(client, lieu):
    assert f'action="{adresse(lieu, None, "cahier", "docx")}"' in section(lieu)
    client.force_login(lieu.gens["coordination"])
    assert client.post(adresse(lieu, None, "cahier", "docx")).url.startswith(
        reverse("cahier", args=[lieu.uuid])
    )
    assert "En préparation" in section(lieu)


@pytest.mark.parametrize("nom", ["seance", "cahier"])
def test_la_page_montre_les_papiers(client, lieu, seance, nom):
    client.force_login(lieu.gens["lecture"])
    page = client.get(reverse(nom, args=[lieu.uuid, seance.uuid] if nom == "seance" else [lieu.uuid]))
    assert 'id="papiers"' in page.content.decode()


def test_un_echec_se_repousse_se_dit_et_se_relance(client, lieu, seance, monkeypatch):
    def panne(*_):
        raise KeyError("/chemin/secret")

    papier = demander(lieu, seance, "releve")
    with monkeypatch.context() as en_panne:
        en_panne.setattr(production, "en_pdf", panne)
        travailler()
        papier.refresh_from_db()
        assert (papier.etat, papier.essais) == ("en_file", 1)
        assert papier.prochain_essai_le > timezone.now()
        assert "Un essai n’a pas abouti" in section(lieu, seance=seance)
        for _ in range(ESSAIS_MAX - 1):
            Papier.objects.update(prochain_essai_le=timezone.now())
            travailler()
    papier.refresh_from_db()
    assert (papier.etat, papier.essais) == ("echec", ESSAIS_MAX)
    assert "secret" not in papier.erreur
    assert Evenement.objects.filter(action="échec de la préparation").count() == 1
    page = section(lieu, seance=seance)
    assert "erreur interne (KeyError)" in page
    assert "Réessayer" in page
    client.force_login(lieu.gens["coordination"])
    client.post(adresse(lieu, seance, "releve", "pdf"))
    travailler()
    assert Papier.objects.latest("pk").etat == "pret"
    assert "erreur interne" not in section(lieu, seance=seance)


def test_un_coffre_plein_ne_donne_jamais_un_pret_sans_fichier(lieu, seance, monkeypatch):
    def plein(*_):
        raise OSError(28, "No space left on device")

    papier = demander(lieu, seance, "releve", "docx")
    with monkeypatch.context() as disque:
        disque.setattr(coffre, "deposer", plein)
        travailler()
    papier.refresh_from_db()
    assert (papier.etat, papier.empreinte, papier.pret_le) == ("en_file", "", None)


def test_un_papier_qui_tue_son_travailleur_n_est_pas_repris_sans_fin(lieu, seance):
    papier = demander(lieu, seance, "releve")
    Papier.objects.update(essais=production.INTERRUPTIONS_MAX)  # autant de départs sans retour
    travailler()
    papier.refresh_from_db()
    assert papier.etat == "echec"
    assert "s’est interrompue 25 fois" in papier.erreur


def test_le_site_previent_le_travailleur_et_le_balayage_rattrape(
    client, lieu, seance, monkeypatch, django_capture_on_commit_callbacks
):
    envois = []
    monkeypatch.setattr(signalement.current_app, "send_task", lambda nom, args: envois.append((nom, args)))
    client.force_login(lieu.gens["coordination"])
    with django_capture_on_commit_callbacks(execute=True):
        client.post(adresse(lieu, seance, "releve", "pdf"))
    papier = Papier.objects.get()
    assert envois == [(produire_papier.name, (papier.pk,))]
    assert produire_papier.name in app.tasks
    balayes = []
    monkeypatch.setattr(produire_papier, "apply_async", lambda args, **_: balayes.append(args))
    balayer()
    assert balayes == [(papier.pk,)]
    produire_papier(papier.pk)
    papier.refresh_from_db()
    assert papier.etat == "pret"
    balayes.clear()
    balayer()
    assert balayes == []
