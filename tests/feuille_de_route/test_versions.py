"""La version figée ne bouge plus, et la moindre retouche se voit."""

import random

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from feuille_de_route.models import Empreinte, VersionFigee
from feuille_de_route.versions import figer, ruptures, sceller
from gouvernance.models import Evenement
from gouvernance.socle import coffre
from tests.feuille_de_route.scenes import coordination_de, demarche_soumise

pytestmark = pytest.mark.django_db
TABLE = "feuille_de_route_versionfigee"


@pytest.fixture
def chaine():
    """Deux démarches, trois versions chacune, de contenus différents."""
    demarches = [demarche_soumise(), demarche_soumise(gouvernance__departement__code="33")]
    for tour in range(3):
        for demarche in demarches:
            demarche.nom = f"Feuille de route, édition {tour}"
            demarche.save()
            figer(demarche, par=None)
    return demarches


def sql(requete, *valeurs):
    with connection.cursor() as curseur:
        curseur.execute(requete, valeurs)


def falsifier(requete, *valeurs, tables=(TABLE,)):
    """Ce que ferait qui tient la base : ôter la garde, écrire, la remettre."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    for table in tables:
        sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    sql(requete, *valeurs)
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    for table in tables:
        sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.mark.parametrize("table", [TABLE, "feuille_de_route_empreinte"])
def test_la_garde_est_un_declencheur_de_la_base(table):
    with connection.cursor() as curseur:
        curseur.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass", [table])
        assert f"{table}_immuable" in {nom for (nom,) in curseur.fetchall()}


@pytest.mark.parametrize(
    "requete",
    ["UPDATE {} SET canonique = '{{}}'", "UPDATE {} SET numero = numero", "DELETE FROM {}"],
)
def test_la_base_refuse_de_toucher_une_version(chaine, requete):
    with pytest.raises(IntegrityError, match=f"{TABLE} est immuable"), transaction.atomic():
        sql(requete.format(TABLE))
    assert VersionFigee.objects.count() == 6


def test_la_base_refuse_de_toucher_au_registre(chaine):
    document = chaine[0].documents.create(nature="soumis", version_figee=chaine[0].versions.first())
    Empreinte.objects.create(empreinte="0" * 64, document=document)
    for requete in (
        "UPDATE feuille_de_route_empreinte SET scelle = true",
        "DELETE FROM feuille_de_route_empreinte",
    ):
        with pytest.raises(IntegrityError, match="empreinte est immuable"), transaction.atomic():
            sql(requete)


def test_la_chaine_tient_et_se_raccorde(chaine):
    assert ruptures() == []
    for demarche in chaine:
        versions = list(demarche.versions.order_by("numero"))
        assert [v.numero for v in versions] == [1, 2, 3]
        assert [v.precedente for v in versions] == ["", versions[0].empreinte, versions[1].empreinte]
        assert len({v.scelle for v in versions}) == 3
        assert all(v.empreinte == coffre.empreinte_de(v.canonique.encode()) for v in versions)
    call_command("verifier_scelles")


def test_refiger_le_meme_contenu_donne_la_meme_empreinte_et_un_autre_maillon(chaine):
    derniere = chaine[0].versions.last()
    suivante = figer(chaine[0], par=None)
    assert suivante.empreinte == derniere.empreinte
    assert suivante.scelle != derniere.scelle
    assert ruptures() == []


def test_la_version_telechargee_est_l_exact_contenu_fige(chaine, client):
    client.force_login(coordination_de(chaine[0]))
    reponse = client.get(reverse("version_json", args=[chaine[0].uuid, 2]))
    assert coffre.empreinte_de(reponse.content) == chaine[0].versions.get(numero=2).empreinte
    assert client.get(reverse("version_json", args=[chaine[0].uuid, 9])).status_code == 404
    assert client.get(reverse("version_json", args=[chaine[1].uuid, 2])).status_code == 404


def retouches(hasard, version):
    """Une retouche au hasard d'une version : requête et valeurs."""
    rang = hasard.randrange(len(version.canonique))
    autre = "x" if version.canonique[rang] != "x" else "y"
    contenu = version.canonique[:rang] + autre + version.canonique[rang + 1 :]
    faux = f"{hasard.getrandbits(256):064x}"
    return hasard.choice([
        ("canonique = %s", contenu),
        ("canonique = %s, empreinte = encode(sha256(convert_to(%s, 'UTF8')), 'hex')", contenu, contenu),
        ("empreinte = %s", faux),
        ("precedente = %s", faux),
        ("scelle = %s", faux),
        ("figee_le = figee_le + interval '1 microsecond' * %s", hasard.randrange(1, 10**9)),
        ("numero = numero + %s", hasard.randrange(10, 100)),
    ])  # fmt: skip


def test_toute_retouche_au_hasard_se_voit(chaine):
    hasard = random.Random(20260301)  # noqa: S311
    versions = list(VersionFigee.objects.order_by("pk"))
    for _ in range(120):
        version = hasard.choice(versions)
        colonnes, *valeurs = retouches(hasard, version)
        with transaction.atomic():
            falsifier(f"UPDATE {TABLE} SET {colonnes} WHERE id = %s", *valeurs, version.pk)  # noqa: S608
            fautes = ruptures()
            assert any(version.demarche.nom in faute for faute in fautes), (colonnes, fautes)
            transaction.set_rollback(True)
    assert ruptures() == []


def test_la_chaine_recalculee_de_bout_en_bout_est_trahie_par_le_journal(chaine):
    precedente = None
    for version in chaine[0].versions.order_by("numero"):
        version.canonique = version.canonique.replace("édition", "EDITION")
        version.empreinte = coffre.empreinte_de(version.canonique.encode())
        version.precedente = precedente.empreinte if precedente else ""
        version.scelle = sceller(precedente.scelle if precedente else "", version)
        falsifier(
            f"UPDATE {TABLE} SET canonique = %s, empreinte = %s, precedente = %s, scelle = %s WHERE id = %s",  # noqa: S608
            version.canonique, version.empreinte, version.precedente, version.scelle, version.pk,
        )  # fmt: skip
        precedente = version
    fautes = ruptures(chaine[0])
    assert len(fautes) == 3
    assert all("le journal a notée" in faute for faute in fautes)
    assert ruptures(chaine[1]) == []


def test_une_version_otee_ou_glissee_se_voit(chaine):
    derniere = chaine[0].versions.last()
    with transaction.atomic():
        falsifier(f"DELETE FROM {TABLE} WHERE id = %s", derniere.pk)  # noqa: S608
        assert ruptures() == [f"« {derniere} » : le journal l’a vue figer, elle n’existe plus."]
        transaction.set_rollback(True)
    premiere = chaine[0].versions.first()
    with transaction.atomic():
        falsifier(f"DELETE FROM {TABLE} WHERE id = %s", premiere.pk)  # noqa: S608
        assert "la version 1 manque" in ruptures()[0]
        transaction.set_rollback(True)
    with transaction.atomic():
        glissee = VersionFigee(demarche=chaine[0], numero=4, canonique="{}", figee_le=derniere.figee_le)
        glissee.empreinte, glissee.precedente = coffre.empreinte_de(b"{}"), derniere.empreinte
        glissee.scelle = sceller(derniere.scelle, glissee)
        glissee.save()
        assert ruptures() == [f"Version n° {glissee.pk} en base : le journal ne l’a jamais vue figer."]
        transaction.set_rollback(True)


def test_la_commande_nomme_le_maillon_rompu_et_sort_en_erreur(chaine):
    falsifier(f"UPDATE {TABLE} SET canonique = '{{}}' WHERE numero = 2 AND demarche_id = %s", chaine[1].pk)  # noqa: S608
    with pytest.raises(CommandError, match="version 2 » : le contenu ne correspond plus à son empreinte"):
        call_command("verifier_scelles")


def test_figer_s_ecrit_au_journal(chaine):
    figees = Evenement.objects.filter(action="figer la version", demarche=chaine[0]).order_by("pk")
    assert [e.vers for e in figees] == [v.empreinte for v in chaine[0].versions.order_by("numero")]
