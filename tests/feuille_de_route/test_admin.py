"""L'administration du site : chaque liste et chaque objet s'ouvrent, rien ne s'y écrit."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from feuille_de_route.models import Enveloppe
from gouvernance.models import Etape
from tests.feuille_de_route.fabriques import (
    BesoinFactory,
    CommentaireFactory,
    EtapeFicheFactory,
    PartenariatFactory,
    PieceDeFicheFactory,
)
from tests.feuille_de_route.parcours_mur import demarche_mure, mettre_a
from tests.gouvernance.fabriques import UtilisateurFactory

MODELES = [
    m for m in apps.get_app_config("feuille_de_route").get_models()
    if admin.site.is_registered(m) and m is not Enveloppe  # elle s'y saisit : voir test_enveloppes
]  # fmt: skip


@pytest.fixture
def tout(db):
    """Une démarche soumise, et au moins un objet de presque chaque modèle."""
    demarche = demarche_mure()
    EtapeFicheFactory(fiche=demarche.fiches.get())
    PartenariatFactory(fiche=demarche.fiches.get())
    BesoinFactory(demarche=demarche)
    auteur = UtilisateurFactory(password=None)
    CommentaireFactory(fiche=demarche.fiches.get(), cree_par=auteur, mentions=[auteur], resolu=True)
    PieceDeFicheFactory(fiche=demarche.fiches.get())
    mettre_a(demarche, Etape.SOUMISE)
    demarche.documents.create(nature="soumis", version_figee=demarche.versions.get())


@pytest.mark.parametrize("modele", MODELES)
def test_l_administration_consulte_sans_ecrire(client, tout, modele):
    client.force_login(UtilisateurFactory(admin=True, password=None))
    nom = modele._meta.model_name
    liste = reverse(f"admin:feuille_de_route_{nom}_changelist")
    assert client.get(liste).status_code == 200
    assert client.get(liste, {"q": "a"}).status_code == 200
    assert client.get(reverse(f"admin:feuille_de_route_{nom}_add")).status_code == 403
    for objet in modele.objects.all():
        page = reverse(f"admin:feuille_de_route_{nom}_change", args=[objet.pk])
        assert client.get(page).status_code == 200
        assert client.post(page, {}).status_code == 403
        assert (
            client.post(reverse(f"admin:feuille_de_route_{nom}_delete", args=[objet.pk])).status_code == 403
        )


def test_un_compte_ordinaire_n_entre_pas(client, db):
    client.force_login(UtilisateurFactory(password=None))
    assert client.get(reverse("admin:feuille_de_route_ficheaction_changelist")).status_code == 302
