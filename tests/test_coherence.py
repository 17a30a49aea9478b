"""Les limites et les goûts de la maison, éprouvés."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.urls import URLPattern, URLResolver, get_resolver

RACINE = Path(__file__).resolve().parent.parent
APPLICATIONS = ["gouvernance", "diagnostic", "ateliers", "feuille_de_route"]
GABARITS = RACINE / "templates"
SOMMAIRE = RACINE / "feuille_de_route" / "documents" / "contenu" / "sommaire.py"

# Les seules adresses qui répondent sans compte ; toute autre est protégée par LoginRequiredMiddleware.
PUBLIQUES = {
    "fiche_partagee",
    "fiche_partagee_commenter",
    "fiche_partagee_corriger",
    "fiche_partagee_echanges",
    "fiche_partagee_fermer",
    "fiche_partagee_joindre",
    "fiche_partagee_piece",
    "fiche_partagee_piece_retirer",
    "fiche_partagee_proposer",
    "fiche_partagee_remarque",
    "fiche_partagee_repondre",
    "fiche_partagee_section",
    "lien_code",
    "lien_de_fiche",
    "lien_renouveler",
    "accueil",
    "candidater",
    "candidature_recue",
    "code_saisir",
    "connexion",
    "invitation",
    "invitation_prouvee",
    "lien_demander",
    "lien_ouvrir",
    "proconnect",
    "proconnect_retour",
    "deconnexion",
    "galerie",
    "verifier",
}
HORS_MATRICE = ("admin:",)

# Un gabarit de plus de 120 lignes, une fonction de plus de 40 : deux pièces en une.
LIGNES_MODULE, LIGNES_ESSAI, LIGNES_FONCTION, LIGNES_GABARIT, LIGNES_REGLAGES = 400, 500, 40, 120, 250


def _modules() -> list[Path]:
    return [
        chemin
        for application in [*APPLICATIONS, "tests"]
        for chemin in sorted((RACINE / application).rglob("*.py"))
        if "migrations" not in chemin.parts
    ]


@cache
def _arbre(chemin: Path) -> ast.Module:
    return ast.parse(chemin.read_text(encoding="utf-8"))


def _nom(chemin: Path) -> str:
    return str(chemin.relative_to(RACINE))


def _lignes(chemin: Path) -> int:
    return len(chemin.read_text(encoding="utf-8").splitlines())


def _fonctions(chemin: Path) -> Iterator[ast.FunctionDef]:
    return (n for n in ast.walk(_arbre(chemin)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def test_aucun_module_ne_depasse_sa_limite():
    longs = {
        _nom(c): _lignes(c)
        for c in _modules()
        if _lignes(c) > (LIGNES_ESSAI if c.is_relative_to(RACINE / "tests") else LIGNES_MODULE)
    }
    assert longs == {}


def test_les_reglages_tiennent_en_un_fichier_court():
    assert _lignes(RACINE / "feuille_de_route" / "settings.py") <= LIGNES_REGLAGES


def test_aucune_fonction_ne_depasse_sa_limite():
    longues = {
        f"{_nom(c)}:{f.name}": f.end_lineno - f.lineno + 1
        for c in _modules()
        if not c.is_relative_to(RACINE / "tests")
        for f in _fonctions(c)
        if f.end_lineno - f.lineno + 1 > LIGNES_FONCTION
    }
    assert longues == {}


def test_aucun_import_dans_une_fonction():
    fautes = [
        f"{_nom(c)}:{noeud.lineno}"
        for c in _modules()
        for f in _fonctions(c)
        for noeud in ast.walk(f)
        if isinstance(noeud, ast.Import | ast.ImportFrom)
    ]
    assert fautes == []


def test_aucun_module_fourre_tout_ni_signal():
    assert [_nom(c) for c in _modules() if c.stem in {"utils", "helpers", "services_metier", "signals"}] == []
    fautes = [
        _nom(c)
        for c in _modules()
        if "django.db.models.signals" in c.read_text(encoding="utf-8") and c != Path(__file__)
    ]
    assert fautes == []


def test_aucun_gabarit_ne_depasse_sa_limite():
    assert {_nom(g): _lignes(g) for g in GABARITS.rglob("*.html") if _lignes(g) > LIGNES_GABARIT} == {}


# Gabarits que le système de design, Django ou crispy appellent par leur nom.
APPELES_AILLEURS = re.compile(r"^(dsfr/|admin/|[45]\d\d(_csrf)?\.html$)")


def test_aucun_gabarit_n_est_inutilise():
    sources = [c.read_text(encoding="utf-8") for c in _modules()]
    sources += [g.read_text(encoding="utf-8") for g in GABARITS.rglob("*.*")]
    texte = "\n".join(sources)
    # Les sections du document s'incluent par leur ancre (feuille_de_route/documents/contenu/sommaire.py).
    ancres = re.findall(r'^        \("([a-z]+)", "', SOMMAIRE.read_text(encoding="utf-8"), re.MULTILINE)
    texte += "".join(f'"pdf/_{ancre}.html"' for ancre in ancres)
    noms = [str(g.relative_to(GABARITS)) for g in GABARITS.rglob("*.html")]
    inutiles = [n for n in noms if not APPELES_AILLEURS.match(n) and f'"{n}"' not in texte]
    assert inutiles == []


def test_aucun_gabarit_n_ecrit_de_script_ni_de_style_en_ligne():
    interdits = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
    fautes = [
        f"{_nom(g)}: {trouve.group(0)}"
        for g in GABARITS.rglob("*.html")
        if not g.is_relative_to(GABARITS / "pdf")
        for trouve in interdits.finditer(g.read_text(encoding="utf-8"))
    ]
    assert fautes == []


def test_seule_une_balise_declare_du_html_sur():
    sur = re.compile(r"\|safe\b|mark_safe|autoescape off")
    fautes = [_nom(g) for g in GABARITS.rglob("*.html") if sur.search(g.read_text(encoding="utf-8"))]
    assert fautes == []


def _adresses(resolveur: URLResolver, espace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for motif in resolveur.url_patterns:
        if isinstance(motif, URLResolver):
            yield from _adresses(motif, f"{espace}{motif.namespace}:" if motif.namespace else espace)
        else:
            yield f"{espace}{motif.name}", motif


def _est_publique(vue) -> bool:
    return not getattr(vue, "login_required", True)


def test_chaque_adresse_est_declaree_protegee_ou_publique():
    adresses = [(n, m) for n, m in _adresses(get_resolver()) if not n.startswith(HORS_MATRICE)]
    sans_nom = [str(m.pattern) for n, m in adresses if n.endswith("None")]
    assert sans_nom == []
    assert {n for n, m in adresses if _est_publique(m.callback)} == PUBLIQUES


@pytest.mark.django_db
def test_une_adresse_protegee_renvoie_a_la_connexion(client):
    uuid = "00000000-0000-4000-8000-000000000000"
    valeurs = {"uuid": uuid, "int": 1, "slug": "x", "str": "x"}
    protegees = [
        m for n, m in _adresses(get_resolver()) if not n.startswith(HORS_MATRICE) and n not in PUBLIQUES
    ]
    assert protegees
    for motif in protegees:
        chemin = "/" + re.sub(
            r"<(?:(\w+):)?(\w+)>", lambda m: str(valeurs.get(m[1] or "str", uuid)), str(motif.pattern)
        )
        for reponse in (client.get(chemin), client.post(chemin)):
            assert reponse.status_code == 302, (chemin, reponse.status_code)
            assert reponse.url.startswith("/connexion"), chemin


def test_chaque_icone_employee_est_publiee():
    """Une classe d'icône sans masque s'affiche comme un carré plein."""
    feuille = (RACINE / "static" / "css" / "feuille.css").read_text(encoding="utf-8")
    employees = {
        icone
        for g in GABARITS.rglob("*.html")
        for icone in re.findall(r"fr-icon-[a-z0-9-]+", g.read_text(encoding="utf-8"))
    }
    assert {icone for icone in employees if f".{icone}::" not in feuille} == set()
    citees = re.findall(r"url\(\"\.\./(dsfr/dist/icons/[^\"]+)\"\)", feuille)
    assert citees
    assert [chemin for chemin in citees if finders.find(chemin) is None] == []


# Un guillemet seul à la ligne est laid : l'espace qui le tient est insécable, dans tout texte montré.
GUILLEMET_LIBRE = re.compile("«[ ]|[ ]»")


def _textes(chemin: Path) -> Iterator[tuple[int, str]]:
    """Les chaînes d'un module, docstrings exclues."""
    arbre = _arbre(chemin)
    dites = {id(n.value) for n in ast.walk(arbre) if isinstance(n, ast.Expr)}
    return (
        (n.lineno, n.value)
        for n in ast.walk(arbre)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in dites
    )


def test_les_guillemets_ont_des_espaces_insecables():
    fautes = [
        f"{_nom(c)}:{ligne}"
        for c in _modules()
        if not c.is_relative_to(RACINE / "tests")
        for ligne, texte in _textes(c)
        if GUILLEMET_LIBRE.search(texte)
    ]
    commentaire = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", re.DOTALL)
    fautes += [
        _nom(g)
        for g in GABARITS.rglob("*.*")
        if GUILLEMET_LIBRE.search(commentaire.sub("", g.read_text(encoding="utf-8")))
    ]
    assert fautes == []
