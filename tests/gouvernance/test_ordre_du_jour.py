"""L'ordre du jour : points, objets désignés, rapporteur, durée et heure de fin."""

import re
import uuid

import pytest
from django.urls import reverse

from gouvernance.models import EtatSeance, Evenement, Jalon, PointOrdreDuJour, Seance
from tests.ateliers.fabriques import ChantierFactory
from tests.diagnostic.fabriques import EnjeuFactory
from tests.feuille_de_route.fabriques import AxeFactory, FicheFactory
from tests.gouvernance.fabriques import (
    DecisionFactory,
    DemarcheFactory,
    PersonneFactory,
    PointFactory,
    SeanceFactory,
)
from tests.gouvernance.situations import ROLES, situation, statut_attendu

AILLEURS = uuid.UUID(int=7)
pytestmark = pytest.mark.django_db


def html(reponse):
    return reponse.content.decode()


@pytest.fixture
def lieu(client):
    trouve = situation()
    trouve.seance = SeanceFactory(instance=trouve.copil, duree=90)
    client.force_login(trouve.gens["coordination"])
    return trouve


def inscrire(client, lieu, seance=None, **champs):
    adresse = reverse("point_ajouter", args=[lieu.uuid, (seance or lieu.seance).uuid])
    return client.post(adresse, {"jeton": uuid.uuid4(), "objet": "", "duree": "", **champs})


def modifier(client, lieu, point, **champs):
    return client.post(reverse("point_modifier", args=[lieu.uuid, lieu.seance.uuid, point.uuid]), champs)


def objets(demarche) -> dict:
    return {
        "jalon": demarche.jalons.get(code="cadrage"),
        "enjeu": EnjeuFactory(demarche=demarche),
        "axe": AxeFactory(demarche=demarche),
        "fiche": FicheFactory(demarche=demarche, proposee=True, complete=True),
        "chantier": ChantierFactory(demarche=demarche),
        "definition": demarche.definition,
        "seance": SeanceFactory(instance=demarche.instances.get(), close=True),
    }


@pytest.mark.parametrize(("code", "page"), [("cadrage", "cahier"), ("validation", "documents")])
def test_un_jalon_a_l_ordre_du_jour_mene_a_ce_que_l_on_valide(client, lieu, code, page):
    """L'élu convoqué arrivait au calendrier, jamais au document à valider."""
    PointFactory(seance=lieu.seance, ordre=1, jalon=lieu.demarche.jalons.get(code=code))
    client.force_login(lieu.gens["elu"])
    vue = html(client.get(reverse("seance", args=[lieu.uuid, lieu.seance.uuid])))
    assert f'href="{reverse(page, args=[lieu.uuid])}">jalon' in vue


def test_les_fiches_proposees_s_inscrivent_d_un_coup(client, lieu):
    """Une par une, trente fiches demandaient trente formulaires ; celle qui y est déjà n'y revient pas."""
    propose = "Inscrire d’un coup"
    deja, *autres = (FicheFactory(demarche=lieu.demarche, proposee=True, complete=True) for _ in range(3))
    FicheFactory(demarche=lieu.demarche)  # un brouillon ne se tranche pas
    PointFactory(seance=lieu.seance, ordre=1, cible_type="fiche", cible=deja.uuid)
    adresse = reverse("point_ajouter", args=[lieu.uuid, lieu.seance.uuid])
    assert f"{propose} les 2 fiches proposées" in html(client.get(adresse))
    jeton = uuid.uuid4()
    for _ in range(2):  # le second envoi n'ajoute rien
        assert inscrire(client, lieu, fiches="on", jeton=jeton).status_code == 302
    points = PointOrdreDuJour.objects.order_by("ordre").values_list("cible", flat=True)
    assert list(points) == [deja.uuid, *(f.uuid for f in autres)]
    assert propose not in html(client.get(adresse))
    assert "n’attend plus d’être inscrite" in html(inscrire(client, lieu, fiches="on"))


@pytest.mark.parametrize("type_", ["jalon", "enjeu", "axe", "fiche", "chantier", "definition", "seance"])
def test_un_point_designe_un_objet_de_la_demarche_et_d_elle_seule(client, lieu, type_):
    vise = objets(lieu.demarche)[type_]
    page = html(client.get(reverse("point_ajouter", args=[lieu.uuid, lieu.seance.uuid])))
    assert f'value="{type_}:{vise.uuid}"' in page
    assert inscrire(client, lieu, porte_sur=f"{type_}:{vise.uuid}").status_code == 302
    point = lieu.seance.points.get()
    assert (point.cible_type, point.cible) == (type_, vise.uuid)
    assert point.objet, "sans titre, le point prend celui de son objet"
    assert (point.jalon == vise) == (type_ == "jalon")
    assert html(client.get(reverse("seance", args=[lieu.uuid, lieu.seance.uuid]))).count("Porte sur") == 1
    ailleurs = objets(DemarcheFactory(gouvernance__departement__code="40", avec_cadre=True))[type_]
    assert inscrire(client, lieu, porte_sur=f"{type_}:{ailleurs.uuid}").status_code == 422
    assert lieu.seance.points.count() == 1


@pytest.mark.parametrize(
    "valeur", ["fiche:", "fiche:abc", f"inconnu:{AILLEURS}", ":", f"fiche:{AILLEURS}", "'"]
)
def test_une_valeur_forgee_est_refusee(client, lieu, valeur):
    assert inscrire(client, lieu, porte_sur=valeur, objet="Point").status_code == 422
    assert not PointOrdreDuJour.objects.exists()


def test_l_elu_referent_presente_sa_fiche_sauf_si_l_on_en_dit_un_autre(client, lieu):
    elue = PersonneFactory(gouvernance=lieu.demarche.gouvernance, elu=True, prenom="Élue", nom="Référente")
    fiche = FicheFactory(demarche=lieu.demarche, proposee=True, complete=True, elu_referent=elue)
    inscrire(client, lieu, porte_sur=f"fiche:{fiche.uuid}")
    inscrire(client, lieu, porte_sur=f"fiche:{fiche.uuid}", rapporteur="La sous-préfète")
    assert [p.rapporteur for p in lieu.seance.points.all()] == ["Élue Référente", "La sous-préfète"]


def test_un_brouillon_ne_se_choisit_pas(client, lieu):
    fiche = FicheFactory(demarche=lieu.demarche)
    assert inscrire(client, lieu, porte_sur=f"fiche:{fiche.uuid}").status_code == 422


def test_un_point_vide_et_une_duree_absurde_reviennent(client, lieu):
    assert "Dites de quoi il s’agit" in html(inscrire(client, lieu))
    reponse = inscrire(client, lieu, objet="Bilan des ateliers", duree="100000")
    assert reponse.status_code == 422
    assert "Bilan des ateliers" in html(reponse)


def test_modifier_un_point_accorde_le_jalon(client, lieu):
    jalon = Jalon.objects.get(code="cadrage")
    inscrire(client, lieu, porte_sur=f"jalon:{jalon.uuid}")
    point = lieu.seance.points.get()
    assert f'value="jalon:{jalon.uuid}" selected' in html(
        client.get(reverse("point_modifier", args=[lieu.uuid, lieu.seance.uuid, point.uuid]))
    )
    assert modifier(client, lieu, point, objet="Bilan", porte_sur="").status_code == 302
    point.refresh_from_db()
    assert (point.objet, point.jalon, point.cible, point.cible_type) == ("Bilan", None, None, "")
    assert Evenement.objects.get(action="modifier le point").vers == "Bilan"


def test_un_point_garde_l_objet_tranche_depuis(client, lieu):
    jalon = Jalon.objects.get(code="cadrage")
    ancien = PointFactory(seance=lieu.seance, jalon=jalon)  # comme l'importe le format d'échange : sans cible
    assert modifier(client, lieu, ancien, objet="Renommé", porte_sur=f"jalon:{jalon.uuid}").status_code == 302
    ancien.refresh_from_db()
    assert (ancien.jalon, ancien.cible) == (jalon, jalon.uuid)


def test_les_durees_font_les_heures_et_la_fin(client, lieu):
    for rang, duree in enumerate((30, 45, 60), start=1):
        PointFactory(seance=lieu.seance, ordre=rang, duree=duree)
    page = html(client.get(reverse("seance", args=[lieu.uuid, lieu.seance.uuid])))
    assert re.search(r"135&nbsp;min en tout&nbsp;: de 14h00 à 16h15", page)
    assert "plus que la durée prévue" in page
    assert re.findall(r'point__heure">(\w+)<', page) == ["14h00", "14h30", "15h15"]


def test_descendre_puis_remonter_et_garder_un_point_decide(client, lieu):
    un, deux = (PointFactory(seance=lieu.seance, objet=o, ordre=n) for n, o in [(1, "Un"), (2, "Deux")])

    def agir(action, point):
        adresse = reverse("point_agir", args=[lieu.uuid, lieu.seance.uuid, action])
        return html(client.post(adresse, {"point": point.pk}, follow=True))

    agir("descendre", un)
    agir("descendre", un)
    assert [p.objet for p in lieu.seance.points.all()] == ["Deux", "Un"]
    agir("monter", un)
    assert [p.objet for p in lieu.seance.points.all()] == ["Un", "Deux"]
    Seance.objects.filter(pk=lieu.seance.pk).update(etat=EtatSeance.OUVERTE, ouverte_le=lieu.seance.debut)
    DecisionFactory(seance=lieu.seance, point=deux)
    assert "il reste à l’ordre du jour" in agir("retirer", deux)


@pytest.mark.parametrize("role", ROLES)
def test_qui_inscrit_et_qui_modifie(client, lieu, role):
    point = PointFactory(seance=lieu.seance)
    client.force_login(lieu.gens[role])
    attendu = statut_attendu(role, {"coordination", "co_porteur"})
    assert inscrire(client, lieu, objet="Point").status_code == attendu
    assert modifier(client, lieu, point, objet="Autre").status_code == attendu


def test_un_point_d_une_autre_seance_est_introuvable(client, lieu):
    ailleurs = PointFactory(seance=SeanceFactory(instance=lieu.copil))
    assert modifier(client, lieu, ailleurs, objet="Autre").status_code == 404
