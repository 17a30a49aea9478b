"""Demander un papier : qui, quand, et jamais deux fois le même ; le lire : qui, et sous quel nom."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from feuille_de_route import papiers
from feuille_de_route.models import Papier
from gouvernance.models import Evenement, PointOrdreDuJour
from gouvernance.permissions import DROITS
from gouvernance.socle import coffre
from tests.gouvernance.fabriques import DecisionFactory, PointFactory, SeanceFactory, SiegeFactory
from tests.gouvernance.situations import ROLES, situation, statut_attendu
from tests.papiers.fabriques import (
    DE_SEANCE,
    NATURES,
    TOUS,
    adresse,
    clore,
    deja_pret,
    demander,
    fichier,
    octets,
    preparer,
    seance_ouverte,
    travailler,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def lieu():
    return situation(gouvernance__departement__code="24")


@pytest.fixture
def seance(lieu):
    return seance_ouverte(lieu)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("nature", "format_"), TOUS)
def test_seuls_les_roles_de_la_table_demandent(client, lieu, seance, role, nature, format_):
    client.force_login(lieu.gens[role])
    permis = DROITS["cadrer" if nature == "cahier" else "tenir_seance"].roles
    reponse = client.post(adresse(lieu, seance, nature, format_))
    assert reponse.status_code == statut_attendu(role, permis)
    assert Papier.objects.count() == (role in permis)
    assert Evenement.objects.filter(action="demander un papier").count() == (role in permis)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("etat", ["planifiee", "close"])
@pytest.mark.parametrize("nature", NATURES)
def test_qui_lit_quoi_et_quand(client, lieu, seance, role, nature, etat):
    """Qui voit la démarche lit ses papiers ; l'émargement, ceux qui tiennent la séance seulement."""
    papier = deja_pret(lieu, seance, nature)
    if etat == "close":
        clore(seance)
    else:  # remise d'avant : un papier d'une séance tenue ne se lit plus
        type(seance).objects.filter(pk=seance.pk).update(etat="planifiee", ouverte_le=None)
    attendu = 404 if role == "etranger" else 200
    if attendu == 200 and nature == "emargement" and role not in DROITS["tenir_seance"].roles:
        attendu = 403
    if attendu == 200 and papiers.MODELES[nature].tenue and etat == "planifiee":
        attendu = 403
    client.force_login(lieu.gens[role])
    reponse = client.get(fichier(papier))
    assert reponse.status_code == attendu
    assert (reponse.content == octets(papier)) == (attendu == 200)
    if attendu == 403 and nature == "emargement":
        assert DROITS["tenir_seance"].refus in reponse.content.decode()
    assert client.get(reverse("papier_etat", args=[lieu.uuid, papier.uuid])).status_code == attendu


def test_le_fichier_a_un_nom_francais_et_ne_s_execute_pas(client, lieu, seance):
    client.force_login(lieu.gens["lecture"])
    releve, cahier = preparer(lieu, seance, "releve", "docx"), preparer(lieu, seance, "cahier")
    reponse = client.get(fichier(releve))
    nom = "filename*=utf-8''2026-COPIL-02%20Relev%C3%A9%20de%20d%C3%A9cisions.docx"
    assert reponse["Content-Disposition"] == f"attachment; {nom}"
    assert reponse["X-Content-Type-Options"] == "nosniff"
    assert reponse["Content-Type"].endswith("wordprocessingml.document")
    reponse = client.get(fichier(cahier))
    assert reponse["Content-Type"] == "application/pdf"
    assert reponse["Content-Disposition"].startswith('attachment; filename="demarche-')


@pytest.mark.parametrize(("nature", "format_"), DE_SEANCE)
@pytest.mark.parametrize("etat", ["planifiee", "convoquee", "annulee"])
def test_avant_la_seance_on_prepare_ce_qui_la_prepare(lieu, nature, format_, etat):
    seance = SeanceFactory(instance=lieu.copil, etat=etat)
    PointFactory(seance=seance)
    if etat != "annulee" and nature in {"ordre_du_jour", "emargement"}:
        assert demander(lieu, seance, nature, format_).etat == "en_file"
        return
    with pytest.raises(ValidationError, match="annulée" if etat == "annulee" else "séance ouverte"):
        demander(lieu, seance, nature, format_)


def test_une_feuille_d_emargement_n_existe_pas_en_word(client, lieu, seance):
    client.force_login(lieu.gens["coordination"])
    assert client.post(adresse(lieu, seance, "emargement", "docx")).status_code == 404
    for nature, format_ in [("cahier", "pdf"), ("inconnu", "pdf"), ("releve", "exe")]:
        chemin = reverse("papier_preparer", args=[lieu.uuid, seance.uuid, nature, format_])
        assert client.post(chemin).status_code == 404
    with pytest.raises(ValidationError, match="n’existe pas dans ce format"):
        demander(lieu, seance, "emargement", "docx")


def test_redemander_rend_le_meme_tant_que_rien_n_a_change(lieu, seance):
    premier = demander(lieu, seance, "releve")
    assert demander(lieu, seance, "releve") == premier  # encore en file
    travailler()
    assert demander(lieu, seance, "releve") == premier  # déjà fait
    assert demander(lieu, seance, "releve", "docx") != premier
    assert Papier.objects.count() == 2
    assert Evenement.objects.filter(action="demander un papier").count() == 2


def changer_compte_rendu(seance):
    type(seance).objects.filter(pk=seance.pk).update(compte_rendu="Autre chose.")


def changer_decision(seance):
    seance.decisions.filter(ordre=2).update(objet="Retenir trois enjeux")


def changer_presence(seance):
    seance.presences.filter(etat="excuse").update(etat="present")


def changer_point(seance):
    PointOrdreDuJour.objects.filter(seance=seance, ordre=2).update(duree=20)


def changer_siege(seance):
    SiegeFactory(instance=seance.instance)


def approuver(seance):
    suivante = SeanceFactory(instance=seance.instance, ouverte=True, numero=3)
    seance.approbation = DecisionFactory(seance=suivante)
    seance.save()


EFFETS = [
    (changer_compte_rendu, {"proces_verbal"}),
    (changer_decision, {"releve", "proces_verbal"}),
    (changer_presence, {"releve", "proces_verbal", "emargement"}),
    (changer_point, {"ordre_du_jour", "releve", "proces_verbal"}),
    (changer_siege, {"emargement", "releve", "proces_verbal"}),
    (approuver, {"proces_verbal"}),
    (clore, {"releve", "proces_verbal"}),
]


@pytest.mark.parametrize(("changement", "atteints"), EFFETS, ids=lambda x: getattr(x, "__name__", ""))
def test_un_changement_perime_les_papiers_qui_l_impriment_et_eux_seuls(
    lieu, seance, acces, changement, atteints
):
    for nature in papiers.DE_LA_SEANCE:
        preparer(lieu, seance, nature)
    assert perimes(lieu, seance, acces) == set()
    changement(seance)
    assert perimes(lieu, seance, acces) == atteints
    for nature in papiers.DE_LA_SEANCE:
        preparer(lieu, seance, nature)
    assert perimes(lieu, seance, acces) == set()
    assert Papier.objects.count() == len(papiers.DE_LA_SEANCE) + len(atteints)


@pytest.fixture
def acces(lieu):
    return papiers.Acces(lieu.gens["coordination"], lieu.demarche)


def perimes(lieu, seance, acces) -> set[str]:
    seance.refresh_from_db()
    return {ligne.nature for ligne in papiers.lignes(lieu.demarche, acces, seance) if ligne.perime}


def test_le_cahier_vieillit_avec_le_cadrage(lieu, acces):
    premier = preparer(lieu, None, "cahier")
    assert demander(lieu, None, "cahier") == premier
    lieu.demarche.jalons.filter(ordre=2).update(echeance="2027-01-01")
    assert [ligne.perime for ligne in papiers.lignes(lieu.demarche, acces) if ligne.pret] == [True]
    assert preparer(lieu, None, "cahier") != premier


@pytest.mark.parametrize("mal", ["absent", "altere"])
def test_un_fichier_perdu_se_dit_et_se_refait(client, lieu, seance, mal, caplog):
    papier = preparer(lieu, seance, "ordre_du_jour")
    chemin = coffre.chemin(papier.empreinte, "pdf")
    chemin.unlink() if mal == "absent" else chemin.write_bytes(b"%PDF-autre")
    client.force_login(lieu.gens["coordination"])
    reponse = client.get(fichier(papier))
    assert reponse.status_code == 404
    assert "Ce fichier ne peut pas être remis" in reponse.content.decode()
    assert "2026-COPIL-02 Ordre du jour.pdf" in reponse.content.decode()
    assert any(
        ligne.levelname == "ERROR" and papier.empreinte in ligne.getMessage() for ligne in caplog.records
    )
    client.post(adresse(lieu, seance, "ordre_du_jour", "pdf"))
    travailler()
    assert client.get(fichier(Papier.objects.latest("pk"))).status_code == 200
    assert Papier.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_deux_clics_au_meme_instant_font_une_demande():
    lieu = situation(gouvernance__departement__code="24")
    seance = seance_ouverte(lieu)
    for nature, format_ in DE_SEANCE:
        barriere, erreurs = threading.Barrier(2), []

        def cliquer(nature=nature, format_=format_, barriere=barriere, erreurs=erreurs):
            try:
                barriere.wait(10)
                demander(lieu, seance, nature, format_)
            except Exception as erreur:
                erreurs.append(erreur)
            finally:
                connection.close()

        fils = [threading.Thread(target=cliquer) for _ in range(2)]
        [fil.start() for fil in fils]
        [fil.join(20) for fil in fils]
        assert erreurs == []
        assert Papier.objects.filter(nature=nature, format=format_).count() == 1
    assert Evenement.objects.filter(action="demander un papier").count() == len(DE_SEANCE)
