"""Un lien attaqué de plusieurs côtés à la fois, avec de vrais fils et une barrière."""

from datetime import timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.dialogue import acces_par_lien, liens_de_fiche
from feuille_de_route.models import EtatFiche, LienDeFiche
from gouvernance.models import Courriel, Etape, Evenement, Role
from tests.feuille_de_route.conftest import compte
from tests.feuille_de_route.fabriques import FicheFactory, PieceDeFicheFactory
from tests.feuille_de_route.fabriques_partenaires import JETON, LienDeFicheFactory
from tests.feuille_de_route.saisies import envoi
from tests.feuille_de_route.simultane import ensemble
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory, StructureFactory
from tests.robustesse.scene import PDF

pytestmark = pytest.mark.django_db(transaction=True)
TOURS = 6


@pytest.fixture(autouse=True)
def coffre(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def lien():
    demarche = DemarcheFactory(avec_cadre=True, etape=Etape.PLAN_ACTIONS)
    fiche = FicheFactory(demarche=demarche, complete=True, structure_porteuse=StructureFactory())
    lien = LienDeFicheFactory(fiche=fiche, secret=JETON, envoye_le=timezone.now() - timedelta(days=9))
    lien.chef = MandatFactory(demarche=demarche, role=Role.COORDINATION, utilisateur=compte()).utilisateur
    return lien


def ouvert(jeton=JETON):
    client = Client()
    assert client.post(reverse("lien_de_fiche", args=[jeton])).status_code == 302
    return client


def page(nom, lien, *suite):
    return reverse(nom, args=[lien.uuid, *suite])


@pytest.mark.parametrize("acte", ["révoquer", "remplacer", "proposer", "changer de structure"])
def test_rien_ne_s_ecrit_quand_le_lien_meurt_au_milieu_d_un_envoi(lien, monkeypatch, acte):
    """La page est lue, le lien valait ; le temps d'arriver au verrou, il ne vaut plus : rien n'est écrit."""
    client = ouvert()
    url = page("fiche_partagee_section", lien, "sens")
    donnees = envoi(client.get(url).context["formulaire"], objectifs="Écrit trop tard")
    entre, fait = Barrier(2, timeout=60), Barrier(2, timeout=60)
    vraie = acces_par_lien._tenir_pour_ecrire

    def attendre(tenu):
        entre.wait()
        fait.wait()
        return vraie(tenu)

    monkeypatch.setattr(acces_par_lien, "_tenir_pour_ecrire", attendre)

    def tuer():
        entre.wait()
        if acte == "révoquer":
            liens_de_fiche.revoquer(lien, par=lien.chef)
        elif acte == "remplacer":
            liens_de_fiche.renvoyer(lien, par=lien.chef)
        elif acte == "proposer":
            type(lien.fiche).objects.update(etat=EtatFiche.PROPOSEE, proposee_le=timezone.now())
        else:
            type(lien.fiche).objects.update(structure_porteuse=StructureFactory())
        fait.wait()

    reponse = ensemble(2, lambda rang: client.post(url, donnees) if rang == 0 else tuer())[0]
    assert reponse.status_code == 422
    assert "Écrit trop tard" in reponse.content.decode()
    lien.fiche.refresh_from_db()
    assert lien.fiche.objectifs == "Aider 400 personnes par an."
    assert not Evenement.objects.filter(action__startswith="modifier").exists()
    lien.refresh_from_db()
    assert lien.ecrit_le is None


def test_rien_ne_se_dit_quand_le_lien_meurt_au_milieu_d_un_mot(lien, monkeypatch):
    client = ouvert()
    vraie = acces_par_lien._tenir

    def revoquer_avant(tenu):
        liens_de_fiche.revoquer(lien, par=lien.chef)
        return vraie(tenu)

    monkeypatch.setattr(acces_par_lien, "_tenir", revoquer_avant)
    donnees = {"texte": "Mots à garder", "jeton": uuid4()}
    reponse = client.post(page("fiche_partagee_commenter", lien), donnees)
    assert reponse.status_code == 422
    assert "Mots à garder" in reponse.content.decode()
    assert not lien.fiche.commentaires.exists()


def test_huit_envois_du_meme_mot_n_en_font_qu_un_et_vingt_pieces_au_plus(lien):
    """Huit clics sur « Publier » ; et huit documents à la fois sur une fiche qui en porte dix-huit."""
    clients, jeton = [ouvert() for _ in range(8)], uuid4()
    PieceDeFicheFactory.create_batch(18, fiche=lien.fiche)
    barriere = Barrier(8, timeout=60)

    def envoyer(rang):
        barriere.wait()
        clients[rang].post(page("fiche_partagee_commenter", lien), {"texte": "Un mot", "jeton": jeton})
        fichier = SimpleUploadedFile(f"{rang}.pdf", PDF + bytes([10] * rang))
        return clients[rang].post(page("fiche_partagee_joindre", lien), {"fichier": fichier}).status_code

    statuts = ensemble(8, envoyer)
    assert sorted(statuts) == [302] * 2 + [422] * 6
    assert (lien.fiche.commentaires.count(), lien.fiche.pieces.count()) == (1, 20)


def test_une_revocation_et_une_ecriture_se_suivent_sans_se_meler(lien):
    """Lancées ensemble : l'écriture est entière et d'avant la révocation, ou elle n'est pas."""
    for tour in range(TOURS):
        jeton = f"{tour:z>43}"
        autre = LienDeFicheFactory(fiche=lien.fiche, secret=jeton)
        client = ouvert(jeton)
        url = page("fiche_partagee_section", autre, "sens")
        donnees = envoi(client.get(url).context["formulaire"], objectifs=f"Tour {tour}")
        barriere = Barrier(2, timeout=60)

        def ecrire_ou_revoquer(rang, client=client, url=url, donnees=donnees, autre=autre, barriere=barriere):
            barriere.wait()
            if rang:
                return liens_de_fiche.revoquer(autre, par=lien.chef)
            return client.post(url, donnees).status_code

        statut, _ = ensemble(2, ecrire_ou_revoquer)
        lien.fiche.refresh_from_db()
        assert statut in {302, 410, 422}
        assert (lien.fiche.objectifs == f"Tour {tour}") == (statut == 302)
        autre.refresh_from_db()
        assert autre.revoque_le
        assert autre.ecrit_le is None or autre.ecrit_le < autre.revoque_le


def test_huit_propositions_a_la_fois_n_en_font_qu_une(lien):
    clients = [ouvert() for _ in range(8)]
    barriere = Barrier(8, timeout=60)

    def proposer(rang):
        barriere.wait()
        return clients[rang].post(page("fiche_partagee_proposer", lien)).status_code

    assert ensemble(8, proposer) == [302] * 8
    assert Evenement.objects.filter(action="proposer").count() == 1


def test_huit_relances_a_la_fois_n_en_envoient_qu_une(lien):
    chef = Client()
    chef.force_login(lien.chef)
    url = reverse("lien_agir", args=[lien.fiche.demarche.uuid, lien.uuid, "relancer"])
    tous = reverse("fiches_relancer", args=[lien.fiche.demarche.uuid])
    barriere = Barrier(8, timeout=60)

    def relancer(rang):
        client = Client()
        client.cookies = chef.cookies.copy()
        barriere.wait()
        return client.post(tous if rang % 2 else url, {"jeton": uuid4()}).status_code

    assert set(ensemble(8, relancer)) <= {302, 422}
    assert Courriel.objects.count() == 1


def test_le_meme_envoi_deux_fois_ne_cree_qu_un_lien(lien):
    chef = Client()
    chef.force_login(lien.chef)
    fiche = FicheFactory(demarche=lien.fiche.demarche, structure_porteuse=lien.structure)
    url = f"{reverse('fiches_confier', args=[fiche.demarche.uuid])}?fiche={fiche.uuid}"
    barriere, jetons = Barrier(4, timeout=60), [uuid4(), uuid4()]

    def confier(rang):
        client = Client()
        client.cookies = chef.cookies.copy()
        barriere.wait()
        donnees = {"jeton": jetons[rang % 2], f"adresses_{fiche.numero}": "une@asso.example"}
        return client.post(url, donnees).status_code

    assert sorted(ensemble(4, confier)) in ([302, 302, 302, 422], [302, 302, 422, 422])
    assert LienDeFiche.objects.filter(fiche=fiche).count() == Courriel.objects.count() == 1


def test_vingt_codes_a_la_fois_n_en_font_evaluer_que_cinq(lien):
    barriere = Barrier(20, timeout=60)

    def essayer(rang):
        barriere.wait()
        return Client().post(reverse("lien_code"), {"email": lien.email, "code": f"{rang:06}"}).status_code

    statuts = ensemble(20, essayer)
    assert set(statuts) == {422, 429}
    assert statuts.count(422) == 10
    lien.refresh_from_db()
    assert lien.essais == 5
