"""Le COG se charge d'un bloc, deux fois sans rien changer, et dit ce qu'une nouvelle année change."""

import gzip
import threading
import time
from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from gouvernance.acteurs import colleges
from gouvernance.geographie import territoires
from gouvernance.geographie.cog import CogRefuse
from gouvernance.models import College, Commune, Departement, Epci, Region

ANCIEN = {
    "regions": "code,nom\n75,Région Sud-Ouest\n",
    "departements": "code,nom,region,population,nb_communes\n24,Dordogne,75,1000,4\n87,Haute-Vienne,75,,1\n",
    "epci": "siren,nom,type,departement_principal,departements,nb_communes,population_municipale\n"
    "200000001,CC du Nord,CC,24,24|87,2,600\n"
    "200000002,CC du Sud,CC,24,24,1,300\n"
    "200000003,CC de l’Est,CC,24,24,1,100\n",
    "communes": "code_insee,nom,departement,epci_siren,population,codes_postaux\n"
    "24001,Amont,24,200000001,500,24100\n"
    "24002,Aval,24,200000002,300,24200|24210\n"
    "24003,L'Est,24,200000003,100,24300\n"
    "24004,Isolée,24,,,\n"
    '87001,"Bois, Lès",87,200000001,100,87100\n',
}
NOUVEAU = {
    "regions": ANCIEN["regions"],
    "departements": "code,nom,region,population,nb_communes\n24,Dordogne,75,1010,4\n87,Haute-Vienne,75,,1\n",
    "epci": "siren,nom,type,departement_principal,departements,nb_communes,population_municipale\n"
    "200000001,CC du Grand Nord,CC,24,24|87,2,600\n"
    "200000002,CC du Sud,CC,24,24,2,400\n"
    "200000004,CA Neuve,CA,24,24,1,10\n",
    "communes": "code_insee,nom,departement,epci_siren,population,codes_postaux\n"
    "24001,Amont,24,200000001,500,24100\n"
    "24002,Aval,24,200000002,300,24200|24210\n"
    "24003,L'Est-en-Périgord,24,200000002,100,24300\n"
    "24005,Née,24,200000004,10,24400\n"
    '87001,"Bois, Lès",87,200000001,100,87100\n',
}


@pytest.fixture
def ecrire(tmp_path):
    """Écrit un dossier de COG et rend son chemin."""

    def ecrire(contenus: dict[str, str | bytes | None]):
        for nom, contenu in contenus.items():
            chemin = tmp_path / f"{nom}.csv"
            if contenu is None:
                chemin.unlink(missing_ok=True)
            else:
                chemin.write_bytes(contenu if isinstance(contenu, bytes) else contenu.encode())
        return tmp_path

    return ecrire


def test_toute_la_france_se_charge_et_la_seconde_fois_n_ecrit_rien(db):
    debut = time.perf_counter()
    premier = territoires.charger()
    duree = time.perf_counter() - debut

    attendus = {"regions": 26, "departements": 109, "epci": 1255, "communes": 34969}
    assert premier.ecrites == premier.lues == attendus
    modeles = (Region, Departement, Epci, Commune)
    assert [modele.objects.count() for modele in modeles] == list(attendus.values())
    assert duree < 10  # moins d'une seconde sur une machine calme ; la mesure fine est au banc

    second = territoires.charger()
    assert second.ecrites == dict.fromkeys(attendus, 0)
    assert second.changements == []


def test_les_donnees_reelles_gardent_leurs_trous_et_leurs_frontieres(db):
    territoires.charger()
    assert Commune.objects.filter(epci=None).count() == 98
    assert Epci.objects.filter(departements__len__gt=1).count() == 89
    assert Commune.objects.get(code="98901").population is None  # inconnue, pas zéro
    paris = Commune.objects.select_related("departement__region", "epci").get(code="75056")
    assert (paris.departement.code, paris.departement.region.nom) == ("75", "Île-de-France")
    assert "75116" in paris.codes_postaux
    assert paris.epci.nom == "Métropole du Grand Paris"
    assert (
        Departement.objects.get(code="24").communes.count() == Departement.objects.get(code="24").nb_communes
    )


def test_un_nouveau_cog_dit_ce_qui_change(db, ecrire):
    territoires.charger(ecrire(ANCIEN))
    bilan = territoires.charger(ecrire(NOUVEAU), le=date(2027, 1, 1))

    assert {c.phrase for c in bilan.changements} == {
        "EPCI renommé : CC du Nord devient CC du Grand Nord (200000001)",
        "EPCI fusionné : CC de l’Est (200000003) dans « CC du Sud »",
        "EPCI créé : CA Neuve (200000004)",
        "Commune renommée : L'Est devient L'Est-en-Périgord (24003)",
        "Commune déplacée : L'Est-en-Périgord (24003), de « CC de l’Est » à « CC du Sud »",
        "Commune retirée : Isolée (24004)",
        "Commune créée : Née (24005)",
    }
    assert bilan.ecrites == {"regions": 0, "departements": 1, "epci": 4, "communes": 3}
    assert Departement.objects.get(code="24").population == 1010
    assert Epci.objects.get(siren="200000003").retire_le == date(2027, 1, 1)
    assert set(Epci.objects.actuels().values_list("siren", flat=True)) == {
        "200000001",
        "200000002",
        "200000004",
    }
    assert not Commune.objects.actuels().filter(code="24004").exists()

    assert sum(territoires.charger(ecrire(NOUVEAU), le=date(2028, 1, 1)).ecrites.values()) == 0
    assert Epci.objects.get(siren="200000003").retire_le == date(2027, 1, 1)  # le retrait garde sa date


def test_un_territoire_qui_revient_n_est_plus_retire(db, ecrire):
    for contenus in (ANCIEN, NOUVEAU):
        territoires.charger(ecrire(contenus))
    bilan = territoires.charger(ecrire(ANCIEN))
    phrases = {c.phrase for c in bilan.changements}
    assert {"EPCI rétabli : CC de l’Est (200000003)", "Commune rétablie : Isolée (24004)"} <= phrases
    assert Commune.objects.get(code="24004").retire_le is None


def test_un_epci_dissous_dit_ou_vont_ses_communes(db, ecrire):
    territoires.charger(ecrire(ANCIEN))
    epci = ANCIEN["epci"].replace("200000001,CC du Nord,CC,24,24|87,2,600\n", "")
    communes = ANCIEN["communes"].replace("24001,Amont,24,200000001", "24001,Amont,24,200000002")
    dissous = {
        "epci": epci.replace("CC,24,24,1,300", "CC,24,24,2,300"),
        "communes": communes.replace("87,200000001", "87,"),
    }
    bilan = territoires.charger(ecrire(ANCIEN | dissous))
    assert "EPCI retiré : CC du Nord (200000001), ses communes passent à « CC du Sud », « hors EPCI »" in {
        c.phrase for c in bilan.changements
    }


ENTETE_COMMUNES = "code_insee,nom,departement,epci_siren,population,codes_postaux\n"
REFUS = {
    "fichier absent": ({"epci": None}, "epci.csv : ce fichier manque"),
    "colonne absente": (
        {"regions": "code;nom\n75;X\n"},
        "regions.csv, ligne 1 : colonnes manquantes : code, nom",
    ),
    "aucune ligne": ({"communes": ENTETE_COMMUNES}, "communes.csv : aucune ligne."),
    "fichier vide": ({"communes": ""}, "communes.csv, ligne 1 : colonnes manquantes"),
    "ligne trop courte": (
        {"departements": ANCIEN["departements"] + "99,Nulle part\n"},
        "departements.csv, ligne 4 : 2 valeurs pour 5 colonnes.",
    ),
    "code mal formé": (
        {"communes": ANCIEN["communes"].replace("24003", "2400X")},
        "communes.csv, ligne 4 : code_insee vaut « 2400X »",
    ),
    "population en lettres": (
        {"departements": ANCIEN["departements"].replace("1000", "mille")},
        "departements.csv, ligne 2 : population vaut « mille » : attendu un nombre entier ou rien.",
    ),
    "chiffres d’un autre alphabet": (
        {"departements": ANCIEN["departements"].replace("1000", "١٠")},
        "departements.csv, ligne 2 : population vaut",
    ),
    "nom vide": ({"regions": "code,nom\n75,\n"}, "regions.csv, ligne 2 : nom vaut «  »"),
    "caractère nul": ({"regions": "code,nom\n75,Sud\0Ouest\n"}, "regions.csv, ligne 2 : nom vaut"),
    "renvoi inconnu": (
        {"communes": ANCIEN["communes"].replace("24,200000003", "24,299999999")},
        "communes.csv, ligne 4 : epci_siren vaut « 299999999 » : introuvable dans epci.csv.",
    ),
    "département d’EPCI inconnu": (
        {"epci": ANCIEN["epci"].replace("24|87", "24|88")},
        "epci.csv, ligne 2 : departements vaut « 24|88 » : introuvable dans departements.csv.",
    ),
    "doublon": (
        {"regions": "code,nom\n75,A\n75,B\n"},
        "regions.csv, ligne 3 : code « 75 » figure déjà ligne 2.",
    ),
    "communes tronquées": (
        {"communes": ANCIEN["communes"].split("24004")[0]},
        "departements.csv, ligne 2 : nb_communes vaut 4, mais 3 communes",
    ),
    "guillemet ouvert": (
        {"communes": ANCIEN["communes"].replace("Aval", '"Aval')},
        "communes.csv, ligne 3 : un guillemet est mal placé",
    ),
    "pas de l’UTF-8": (
        {"regions": "code,nom\n75,Région\n".encode("latin-1")},
        "regions.csv, ligne 2 : ce texte n’est pas de l’UTF-8.",
    ),
}


@pytest.mark.parametrize(("abime", "phrase"), REFUS.values(), ids=REFUS)
def test_un_cog_abime_est_refuse_en_entier(db, ecrire, abime, phrase):
    with pytest.raises(CommandError) as refus:
        call_command("charger_territoires", dossier=ecrire(ANCIEN | abime))
    assert phrase in str(refus.value)
    assert "rien n’a été écrit" in str(refus.value)
    assert not any(modele.objects.exists() for modele in (Region, Departement, Epci, Commune, College))


def test_toutes_les_erreurs_sont_dites_a_la_fois(ecrire):
    dossier = ecrire(
        ANCIEN | {"regions": "code,nom\nX,Sud\n75,\n", "epci": ANCIEN["epci"].replace("CC,", "cc,")}
    )
    with pytest.raises(CogRefuse) as refus:
        territoires.charger(dossier)
    assert [(e.fichier, e.ligne) for e in refus.value.erreurs] == [
        ("epci.csv", 2), ("epci.csv", 3), ("epci.csv", 4), ("regions.csv", 2), ("regions.csv", 3),
    ]  # fmt: skip


def test_un_dossier_inconnu_et_une_archive_abimee_sont_refuses(ecrire):
    dossier = ecrire(ANCIEN | {"communes": None})
    with pytest.raises(CogRefuse, match="ce dossier n’existe pas"):
        territoires.charger(dossier / "absent")
    (dossier / "communes.csv.gz").write_bytes(gzip.compress(ANCIEN["communes"].encode())[:-12])
    with pytest.raises(CogRefuse, match=r"communes\.csv\.gz : ce fichier ne se lit pas"):
        territoires.charger(dossier)


def test_la_commande_raconte_et_resume(db, ecrire, capsys):
    def dire(contenus, **options):
        call_command("charger_territoires", dossier=ecrire(contenus), **options)
        return capsys.readouterr().out

    premiere = dire(ANCIEN)
    assert "Communes : 5 lues, 5 écrites" in premiere
    assert "Collèges par défaut : 12 ajoutés" in premiere
    assert "créée" not in premiere  # la première fois, tout est neuf : rien à raconter
    assert "Rien n’a changé." in dire(ANCIEN)
    assert "Commune créée : Née (24005)" in dire(NOUVEAU)


def test_la_commande_compte_ce_qui_est_trop_long_a_dire(db, ecrire, capsys):
    call_command("charger_territoires", dossier=ecrire(ANCIEN))
    nees = "".join(f"25{numero:03},Née {numero},24,,,\n" for numero in range(30))
    suite = {
        "departements": ANCIEN["departements"].replace("1000,4", "1000,34"),
        "communes": ANCIEN["communes"] + nees,
    }
    call_command("charger_territoires", dossier=ecrire(ANCIEN | suite))
    sortie = capsys.readouterr().out
    assert "30 créées (--verbosity 2 pour les voir)" in sortie
    assert "Née 7" not in sortie


@pytest.mark.django_db(transaction=True)
def test_deux_chargements_a_la_fois_se_suivent(ecrire):
    dossier, bilans = ecrire(ANCIEN), []
    depart = threading.Barrier(2)

    def charger():
        try:
            depart.wait()
            bilans.append(territoires.charger(dossier))
        finally:
            connection.close()

    fils = [threading.Thread(target=charger) for _ in range(2)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join(timeout=30)
    assert sorted((sum(b.ecrites.values()), len(b.changements)) for b in bilans) == [(0, 0), (11, 0)]


def test_les_colleges_par_defaut_se_completent_sans_ecraser(db):
    assert colleges.charger_defauts() == 12
    assert colleges.charger_defauts() == 0
    assert College.objects.first().libelle == "État"
    College.objects.filter(code="habitants").update(minimum=4)
    College.objects.filter(code="handicap").delete()
    assert colleges.charger_defauts() == 1
    assert College.objects.get(code="habitants").minimum == 4
