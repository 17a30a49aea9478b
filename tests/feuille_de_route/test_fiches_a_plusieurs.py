"""Écrire la même section à plusieurs : ce que chacun change s'ajoute, ce que les deux changent se choisit."""

from uuid import uuid4

import pytest

from gouvernance.models import Evenement
from tests.feuille_de_route.fabriques import EtapeFicheFactory
from tests.feuille_de_route.saisies import adresse, envoi, ouvrir_section

JSON = {"HTTP_ACCEPT": "application/json"}


def lire(client, fiche, code, **changements):
    """Ce que la page enverrait plus tard ; `changements` dits au moment de l'envoi."""
    donnees = envoi(ouvrir_section(client, fiche, code))
    return lambda **suite: client.post(adresse("fiche_section", fiche, code), {**donnees, **suite})


def choisir(client, fiche, code, conflit, **choix):
    """Renvoie la page de conflit comme un navigateur, avec ces choix."""
    donnees = {}
    for nom, valeur in conflit.context["caches"]:
        donnees.setdefault(nom, []).append(valeur)
    donnees |= {f"choix:{d.cle}": "mien" for d in conflit.context["divergences"]}
    donnees |= {f"choix:{cle}": valeur for cle, valeur in choix.items()}
    return client.post(adresse("fiche_section", fiche, code), {**donnees, "enregistrer": "oui"})


def test_deux_champs_de_la_meme_section_s_ajoutent(client, fiche, coordination):
    une, autre = lire(client, fiche, "sens"), lire(client, fiche, "sens")
    assert une(objectifs="Les objectifs de l’une").status_code == 302
    reponse = autre(description="La description de l’autre")
    assert reponse.status_code == 302
    fiche.refresh_from_db()
    assert (fiche.objectifs, fiche.description) == ("Les objectifs de l’une", "La description de l’autre")
    assert "avec ce que quelqu’un d’autre a écrit" in client.get(reponse.url).content.decode()
    assert (
        "objectifs" not in Evenement.objects.first().vers.lower()
    )  # le journal ne dit que ce qu'elle a changé


def test_deux_sections_ne_se_genent_pas(client, fiche, coordination):
    sens, identite = lire(client, fiche, "sens"), lire(client, fiche, "identite")
    assert sens(objectifs="Mille personnes").status_code == 302
    assert identite(titre="Le bus").status_code == 302
    fiche.refresh_from_db()
    assert (fiche.objectifs, fiche.titre, fiche.version) == ("Mille personnes", "Le bus", 3)


def test_le_meme_champ_se_choisit_et_rien_d_autre_ne_se_perd(client, fiche, coordination):
    une, autre = lire(client, fiche, "sens"), lire(client, fiche, "sens")
    une(objectifs="Les siens", contexte="Son contexte")
    conflit = autre(objectifs="Les miens", besoins="Mes besoins")
    assert conflit.status_code == 409
    page = conflit.content.decode()
    assert [d.cle for d in conflit.context["divergences"]] == ["objectifs"]
    for texte in ("Les siens", "Les miens", "Reprendre ma saisie", "Garder ce qui est enregistré"):
        assert texte in page
    fiche.refresh_from_db()
    assert (fiche.objectifs, fiche.besoins) == ("Les siens", "")
    assert choisir(client, fiche, "sens", conflit).status_code == 302
    fiche.refresh_from_db()
    assert (fiche.objectifs, fiche.contexte, fiche.besoins) == ("Les miens", "Son contexte", "Mes besoins")


def test_garder_ce_qui_est_enregistre_ne_perd_pas_le_reste_de_la_saisie(client, fiche, coordination):
    une, autre = lire(client, fiche, "sens"), lire(client, fiche, "sens")
    une(objectifs="Les siens")
    conflit = autre(objectifs="Les miens", besoins="Mes besoins")
    choisir(client, fiche, "sens", conflit, objectifs="leur")
    fiche.refresh_from_db()
    assert (fiche.objectifs, fiche.besoins) == ("Les siens", "Mes besoins")


def test_un_troisieme_qui_ecrit_pendant_le_choix_rend_le_choix(client, fiche, coordination):
    une, autre, tierce = (lire(client, fiche, "sens") for _ in range(3))
    une(objectifs="Un")
    conflit = autre(objectifs="Deux")
    conflit_de_la_tierce = tierce(objectifs="Trois")
    assert choisir(client, fiche, "sens", conflit_de_la_tierce).status_code == 302
    encore = choisir(client, fiche, "sens", conflit)
    assert encore.status_code == 409
    assert "Trois" in encore.content.decode()
    assert "Deux" in encore.content.decode()


def test_les_lignes_se_reunissent_une_a_une(client, fiche, coordination):
    recruter, acheter, ouvrir = (
        EtapeFicheFactory(fiche=fiche, libelle=n) for n in ("Recruter", "Acheter", "Ouvrir")
    )
    une, autre = lire(client, fiche, "temps"), lire(client, fiche, "temps")
    neuve = {"etapes-TOTAL_FORMS": "4", "etapes-3-libelle": "Évaluer"}
    assert une(**{"etapes-0-libelle": "Recruter deux", "etapes-2-DELETE": "on"}).status_code == 302
    assert autre(**{"etapes-1-libelle": "Acheter un bus", **neuve}).status_code == 302
    noms = list(fiche.etapes.order_by("pk").values_list("libelle", flat=True))
    assert noms == ["Recruter deux", "Acheter un bus", "Évaluer"]
    assert not fiche.etapes.filter(pk=ouvrir.pk).exists()
    assert {recruter.pk, acheter.pk} < set(fiche.etapes.values_list("pk", flat=True))


@pytest.mark.parametrize(("choix", "attendu"), [("mien", ["Ouvrir deux lieux"]), ("leur", [])])
def test_une_ligne_retiree_par_l_un_et_changee_par_l_autre_se_choisit(
    client, fiche, coordination, choix, attendu
):
    EtapeFicheFactory(fiche=fiche, libelle="Ouvrir")
    une, autre = lire(client, fiche, "temps"), lire(client, fiche, "temps")
    une(**{"etapes-0-DELETE": "on"})
    conflit = autre(**{"etapes-0-libelle": "Ouvrir deux lieux"})
    assert conflit.status_code == 409
    assert "Ligne supprimée" in conflit.content.decode()
    cle = conflit.context["divergences"][0].cle
    assert choisir(client, fiche, "temps", conflit, **{cle: choix}).status_code == 302
    assert list(fiche.etapes.values_list("libelle", flat=True)) == attendu


@pytest.mark.parametrize(("choix", "attendu"), [("mien", "La mienne"), ("leur", "La sienne")])
def test_la_meme_ligne_changee_par_les_deux_se_choisit(client, fiche, coordination, choix, attendu):
    EtapeFicheFactory(fiche=fiche, libelle="Ouvrir")
    une, autre = lire(client, fiche, "temps"), lire(client, fiche, "temps")
    une(**{"etapes-0-libelle": "La sienne"})
    conflit = autre(**{"etapes-0-libelle": "La mienne"})
    assert [d.enregistre for d in conflit.context["divergences"]] == ["La sienne"]
    choisir(client, fiche, "temps", conflit, **{conflit.context["divergences"][0].cle: choix})
    assert fiche.etapes.get().libelle == attendu


@pytest.mark.parametrize("lu", ["", "illisible", "[]", '{"objectifs": 3}'])
def test_sans_ce_qui_a_ete_lu_toute_difference_se_choisit(client, fiche, coordination, lu):
    """Une page ouverte avant une mise à jour du site, ou un envoi trafiqué : rien ne s'écrase en silence."""
    une, autre = lire(client, fiche, "sens"), lire(client, fiche, "sens")
    une(objectifs="Les siens")
    assert autre(description="La mienne", lu=lu).status_code == 409
    fiche.refresh_from_db()
    assert (fiche.objectifs, fiche.description) == ("Les siens", "Un bus, deux médiateurs.")


def automatique(client, fiche, code, donnees):
    return client.post(adresse("fiche_section", fiche, code), {**donnees, "auto": "oui"}, **JSON)


def test_l_enregistrement_automatique_rend_de_quoi_continuer(client, fiche, coordination):
    donnees = envoi(ouvrir_section(client, fiche, "temps"), **{"etapes-0-libelle": "Recruter"})
    recue = automatique(client, fiche, "temps", donnees).json()
    etape = fiche.etapes.get()
    fiche.refresh_from_db()
    assert (recue["etat"], recue["version"], recue["lignes"]) == (
        "enregistre",
        2,
        {"etapes": {"0": str(etape.pk)}},
    )
    assert fiche.version == 2
    suite = donnees | {
        "version": recue["version"], "jeton": recue["jeton"], "etapes-0-id": etape.pk,
        "etapes-INITIAL_FORMS": 1,
        "etapes-0-libelle": "Recruter deux médiateurs", "pilote": "hors de la section",
    }  # fmt: skip
    assert automatique(client, fiche, "temps", suite).status_code == 200
    assert fiche.etapes.get().libelle == "Recruter deux médiateurs"  # la ligne n'est pas doublée
    assert ":" in recue["heure"]
    assert "Temps et étapes" in recue["sommaire"]


def test_un_envoi_dont_la_reponse_s_est_perdue_ne_double_aucune_ligne(client, fiche, coordination):
    """Le réseau se coupe après l'écriture : la page renvoie le même envoi, et reçoit les clés des lignes."""
    donnees = envoi(ouvrir_section(client, fiche, "temps"), **{"etapes-0-libelle": "Recruter"})
    perdue = automatique(client, fiche, "temps", donnees).json()
    renvoyee = automatique(client, fiche, "temps", donnees).json()
    assert fiche.etapes.count() == 1
    for cle in ("etat", "version", "lignes", "lu"):
        assert renvoyee[cle] == perdue[cle]
    assert Evenement.objects.filter(action__startswith="modifier").count() == 1


def test_l_enregistrement_automatique_dit_les_fautes_pres_des_champs(client, fiche, coordination):
    faute = {"etapes-0-echeance": "2027-01-01", "debut": "2027-05-01", "fin": "2026-05-01"}
    donnees = envoi(ouvrir_section(client, fiche, "temps"), **faute)
    reponse = automatique(client, fiche, "temps", donnees)
    assert reponse.status_code == 422
    assert reponse.json()["erreurs"] == {
        "fin": ["La fin de l’action précède son début."], "etapes-0-libelle": ["Ce champ est obligatoire."],
    }  # fmt: skip
    assert not Evenement.objects.exists()


def test_l_enregistrement_automatique_dit_le_conflit_et_recoit_le_reste(client, fiche, coordination):
    une, autre = lire(client, fiche, "sens"), envoi(ouvrir_section(client, fiche, "sens"))
    une(objectifs="Les siens")
    sans_conflit = automatique(client, fiche, "sens", {**autre, "description": "La mienne"}).json()
    assert sans_conflit["recus"] == {"objectifs": {"objectifs": "Les siens"}}
    conflit = automatique(client, fiche, "sens", {**autre, "objectifs": "Les miens", "jeton": str(uuid4())})
    assert conflit.status_code == 409
    assert conflit.json() == {"etat": "conflit", "champs": ["Objectifs"]}


def test_une_fiche_refermee_entre_temps_se_dit(client, fiche, gens):
    client.force_login(gens["partenaire"])
    donnees = envoi(ouvrir_section(client, fiche, "sens"), besoins="Trop tard")
    type(fiche).objects.update(etat="proposee", proposee_le=fiche.cree_le)
    reponse = automatique(client, fiche, "sens", donnees)
    assert reponse.status_code == 422
    assert "demandez à la coordination" in reponse.json()["phrases"][0]


def test_le_bouton_mene_a_la_section_suivante_ou_a_la_fiche(client, fiche, coordination):
    donnees = envoi(ouvrir_section(client, fiche, "identite"))
    url = adresse("fiche_section", fiche, "identite")
    assert client.post(url, {**donnees, "suite": "oui"}).url == adresse("fiche_section", fiche, "sens")
    assert client.post(url, {**donnees, "jeton": str(uuid4())}).url == adresse("fiche", fiche)
    derniere = envoi(ouvrir_section(client, fiche, "moyens"), suite="oui")
    assert client.post(adresse("fiche_section", fiche, "moyens"), derniere).url == adresse("fiche", fiche)


def test_reprendre_une_saisie_gardee_la_remontre_sans_l_enregistrer(client, fiche, coordination):
    donnees = envoi(ouvrir_section(client, fiche, "sens"), besoins="Gardés sur l’appareil", reprendre="oui")
    reponse = client.post(adresse("fiche_section", fiche, "sens"), donnees)
    assert reponse.status_code == 200
    assert "Gardés sur l’appareil" in reponse.content.decode()
    assert "data-remontree" in reponse.content.decode()
    fiche.refresh_from_db()
    assert fiche.besoins == ""
    suite = envoi(reponse.context["formulaire"])
    assert suite["jeton"] != donnees["jeton"]
    assert client.post(adresse("fiche_section", fiche, "sens"), suite).status_code == 302
