"""Chaque adresse × chaque rôle × GET et POST × la sienne, celle d'une autre, ou un mélange des deux."""

from http.cookies import SimpleCookie

import pytest
from django.db import transaction

from feuille_de_route.axes import strategie
from gouvernance.models import Etape, Mandat, Role
from tests.feuille_de_route.releves import contenu as lu_en_entier
from tests.robustesse.matrice import ACTES, COMPTES, FORMULAIRES, PAGES, REDIRIGE, ROLES, attendus
from tests.robustesse.scene import CANARI, NIL, adresse, adresses, mettre_a, un_point
from tests.robustesse.test_refus import ANGLAIS

DES_DEMARCHES = sorted(PAGES | set(ACTES) | set(FORMULAIRES) - {"demarche_ouvrir"})
FICHIERS = {
    "document_pdf", "fiche_piece_lire", "plan_fiches_xlsx", "piece_lire", "plan_financement_xlsx",
    "seance_ics", "version_json",
}  # fmt: skip
ETAPES = {"session_voter": Etape.ENJEUX}  # ailleurs, voter est refusé à tous


@pytest.fixture
def visite(db, client, lieux, settings):
    """`visite(role, methode, adresse, donnees)` : la réponse, ce qu'elle a écrit aussitôt défait."""
    a, _ = lieux
    client.raise_request_exception, settings.MEDIA_ROOT = False, a.coffre
    temoins = {}

    def visiter(role, methode, chemin, donnees=None):
        if role not in temoins:
            client.cookies = SimpleCookie()
            if role != "anonyme":
                client.force_login(a.gens[role])
            temoins[role] = client.cookies.output(header="", sep=";")
        client.cookies = SimpleCookie(temoins[role])
        with transaction.atomic():
            reponse = getattr(client, methode)(chemin, donnees or {})
            transaction.set_rollback(True)
        return reponse

    return visiter


def texte(reponse) -> str:
    """Ce que dit la réponse, un classeur décompressé compris."""
    return lu_en_entier(reponse)


def exiger_francais(reponse, quoi):
    """Une page qui dit quelque chose la dit en français, et n'apporte rien de l'autre département."""
    contenu = texte(reponse)
    assert CANARI.lower() not in contenu.lower(), quoi
    if reponse.status_code == 302 or not reponse["Content-Type"].startswith("text/html"):
        return
    assert '<html lang="fr"' in contenu, quoi
    assert "<h1" in contenu, quoi
    assert not ANGLAIS.search(contenu), (quoi, ANGLAIS.search(contenu))


def donnees_de(nom: str, lieu) -> dict:
    """Ce qu'un bouton envoie avec lui."""
    return {
        "mandat_retirer": lambda: {
            "mandat": Mandat.objects.get(demarche=lieu.demarche, role=Role.LECTURE).pk
        },
        "point_agir": lambda: {"point": un_point(lieu)},
        "calendrier_appliquer": lambda: {"calendrier": "6-mois"},
        "axes_ordonner": lambda: _axes_renverses(lieu),
    }.get(nom, dict)()


def _axes_renverses(lieu) -> dict:
    axes = list(lieu.demarche.axes.all())
    vu = strategie.empreinte_de_l_ordre(axes)
    return {"vu": vu, "axes": [str(a.uuid) for a in reversed(axes) if a.parent_id is None]}


def test_chaque_adresse_est_dans_la_matrice():
    declarees = [PAGES, set(ACTES), set(FORMULAIRES), COMPTES, REDIRIGE]
    assert set(adresses()) == set().union(*declarees)
    assert sum(map(len, declarees)) == len(set().union(*declarees))


@pytest.mark.parametrize("role", ROLES)
def test_dans_sa_demarche_chacun_fait_ce_que_dit_la_matrice(role, lieux, visite):
    a, _ = lieux
    ecarts = {}
    for nom in DES_DEMARCHES:
        mettre_a(a.demarche, ETAPES.get(nom, Etape.PLAN_ACTIONS))
        chemin = adresse(nom, a.ids)
        if role == "partenaire" and nom in {"contribution_retirer", "regard_retirer"}:
            continue  # ce qu'on a donné soi-même : voir les essais de ces écrans
        lus = visite(role, "get", chemin), visite(role, "post", chemin, donnees_de(nom, a))
        for reponse in lus:
            if role in Role.values:
                exiger_francais(reponse, (nom, role))
        if (statuts := tuple(r.status_code for r in lus)) != attendus(nom, role):
            ecarts[nom] = (statuts, attendus(nom, role))
    assert ecarts == {}


@pytest.mark.parametrize("role", [*Role.values, "etranger"])
def test_la_demarche_d_un_autre_departement_n_existe_pas(role, lieux, visite):
    _, b = lieux
    for nom in DES_DEMARCHES:
        for methode in ("get", "post"):
            reponse = visite(role, methode, adresse(nom, b.ids))
            assert reponse.status_code in {404, 405}, (nom, methode)
            exiger_francais(reponse, (nom, role))


def test_qui_n_est_pas_connecte_va_se_connecter(lieux, visite):
    for nom in [*DES_DEMARCHES, "demarche_ouvrir", "mot_de_passe"]:
        for methode in ("get", "post"):
            reponse = visite("anonyme", methode, adresse(nom, lieux[0].ids))
            assert reponse.status_code == 302, nom
            assert reponse.url.startswith("/connexion/?next=/"), nom


@pytest.mark.parametrize("role", ["coordination", "des deux"])
def test_un_identifiant_d_ailleurs_ne_se_lit_pas_d_ici(role, lieux, visite):
    """Chaque identifiant imbriqué, un à un, vient de B : l'un d'eux suffit à faire un 404."""
    a, b = lieux
    imbriques = [(n, c) for n in DES_DEMARCHES for c in adresses()[n] if c != "uuid" and c in a.ids]
    assert len(imbriques) > 50
    for nom, cle in imbriques:
        if cle in {"ordre", "numero", "signee"}:
            continue  # un rang, pas un identifiant ; une fiche signée se lit de partout
        for ailleurs in (b.ids[cle], NIL):
            for methode in ("get", "post"):
                reponse = visite(role, methode, adresse(nom, a.ids, **{cle: ailleurs}))
                permis = {404, 405} if nom in ACTES or nom in PAGES else {404}
                assert reponse.status_code in permis, (nom, cle, methode, reponse.status_code)
                assert methode == "get" or reponse.status_code == 404 or nom in PAGES, (nom, cle)
                exiger_francais(reponse, (nom, cle))


@pytest.mark.parametrize(("cle", "parametre"), [("point", "point"), ("decision", "remplace")])
def test_un_objet_nomme_en_parametre_est_cherche_dans_la_seance(cle, parametre, lieux, visite):
    a, b = lieux
    chemin = adresse("decision_consigner", a.ids)
    assert visite("coordination", "get", chemin, {parametre: a.ids[cle]}).status_code == 200
    reponse = visite("coordination", "get", chemin, {parametre: b.ids[cle]})
    assert reponse.status_code == 404
    exiger_francais(reponse, cle)


@pytest.mark.parametrize("nom", ["mandat_retirer", "point_agir"])
@pytest.mark.parametrize(
    "cle", ["", "0", "-1", "²", "9" * 18, "9" * 30, "9" * 5000, "a\x00b", "1;--", "d’ailleurs"]
)
def test_une_ligne_designee_par_le_corps_est_cherchee_dans_la_demarche(nom, cle, lieux, visite):
    a, b = lieux
    champ, ailleurs = donnees_de(nom, b).popitem()
    reponse = visite(
        "coordination", "post", adresse(nom, a.ids), {champ: ailleurs if "ailleurs" in cle else cle}
    )
    assert reponse.status_code == 404
    exiger_francais(reponse, nom)


MOTS_INCONNUS = {
    "passage": "sauter", "acte": "detruire", "code": "inconnu", "statut": "roi", "action": "voler",
    "vers": "ailleurs", "sens": "travers", "numero": 2**40, "ordre": 2**40,
    "nature": "poeme", "format": "exe",
}  # fmt: skip


def test_un_mot_inconnu_dans_l_adresse_est_une_page_introuvable(lieux, visite):
    a, _ = lieux
    essayes = 0
    for nom in DES_DEMARCHES:
        for cle in set(adresses()[nom]) & MOTS_INCONNUS.keys():
            methode = "post" if nom in ACTES else "get"
            reponse = visite("superutilisateur", methode, adresse(nom, a.ids, **{cle: MOTS_INCONNUS[cle]}))
            assert reponse.status_code == 404, (nom, cle)
            exiger_francais(reponse, nom)
            essayes += 1
    assert essayes > 15


RECHERCHES = [
    "a\x00b",
    "%",
    "\ud7ff",
    "x" * 50_000,
    "9" * 5000,
    "-1",
    CANARI,
    "<script>alert(1)</script>",
    "' OR 1=1",
]


@pytest.mark.parametrize("valeur", RECHERCHES, ids=range(len(RECHERCHES)))
def test_les_mots_de_recherche_ne_cassent_rien_et_ne_trouvent_rien_d_ailleurs(valeur, lieux, visite):
    a, _ = lieux
    parametres = dict.fromkeys(
        ("q", "qui", "page", "etat", "nature", "axe", "porteur", "parent", "sous_groupe", "vu", "jalon",
         "public", "service", "departement", "vue"),
        valeur,
    )  # fmt: skip
    for nom in ("accueil", "journal", "plan", "plan_financement", "seances", "axe_ajouter", "bibliotheque",
                "fil_d_or", "contribution_ajouter", "seance_planifier", "document_etat"):  # fmt: skip
        chemin = adresse(nom, a.ids)
        reponse = visite("coordination", "get", chemin, parametres)
        assert reponse.status_code == 200, nom
        lu = texte(reponse)
        assert "<script>alert" not in lu
        lu = lu.replace(f"« {CANARI} »", "")
        assert f"{CANARI} " not in lu, nom  # la recherche elle-même se remontre, pas ce qu'elle trouverait
    reponse = visite("coordination", "get", adresse("demarche_ouvrir", {}), {"departement": valeur})
    assert reponse.status_code in {200, 403}


def test_les_fichiers_d_une_demarche_ne_portent_rien_d_une_autre(lieux, visite):
    a, b = lieux
    for nom in FICHIERS:
        assert CANARI not in texte(visite("coordination", "get", adresse(nom, a.ids)))
    for nom in ("plan_fiches_xlsx", "plan_financement_xlsx"):
        assert CANARI in texte(visite("superutilisateur", "get", adresse(nom, b.ids)))
    dit = texte(visite("superutilisateur", "get", adresse("version_json", b.ids)))
    assert dit.count(CANARI) > 50  # le canari chante bien quand on a le droit de l'entendre
