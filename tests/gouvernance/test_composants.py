"""Composants, formulaires, filtres et pages d'erreur. Aucun essai d'ici n'a besoin de la base."""

import re
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import dsfr
import pytest
from crispy_forms.utils import render_crispy_form
from django import forms
from django.conf import settings
from django.contrib.messages import SUCCESS
from django.contrib.messages.storage.base import Message
from django.contrib.staticfiles import finders
from django.template import engines
from django.template.loader import render_to_string
from django.urls import reverse

from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr, differences
from gouvernance.socle.statiques import StatiquesUtiles, citations
from gouvernance.socle.tri import cle_francaise

FINE, INSECABLE = "\u202f", "\u00a0"
INLINE = re.compile(
    r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:|hx-on|hx-vals=.js:", re.I
)
GABARITS = Path(settings.BASE_DIR) / "templates"


class Fiche(AvecJeton, AvecVersion, FormulaireDsfr):
    intitule = forms.CharField(label="Intitulé", help_text="Un verbe.")
    montant = forms.DecimalField(label="Montant", max_digits=12, decimal_places=2)
    echeance = forms.DateField(label="Échéance")
    nature = forms.ChoiceField(label="Nature", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)


def saisie(**valeurs):
    base = {"intitule": "Former", "montant": "1", "echeance": "2026-03-01", "nature": "a"}
    return {**base, "jeton": str(uuid.uuid4()), "version": "3", **valeurs}


def rendre(source, **contexte):
    return engines["django"].from_string(source).render(contexte)


@pytest.fixture
def galerie(client):
    return client.get(reverse("galerie"))


def test_la_galerie_est_publique_et_ne_contient_rien_que_la_csp_refuserait(galerie):
    page = galerie.content.decode()
    assert galerie.status_code == 200
    assert INLINE.findall(page) == []
    assert "unsafe" not in galerie.headers["Content-Security-Policy"]


def test_la_galerie_n_a_ni_identifiant_double_ni_reference_perdue(galerie):
    page = galerie.content.decode()
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    cites = re.findall(r'\s(?:for|aria-controls|aria-labelledby)="([^"]+)"', page)
    assert {cible for groupe in cites for cible in groupe.split()} <= set(ids)


def test_la_galerie_montre_chaque_composant():
    galerie = (GABARITS / "composants/galerie.html").read_text(encoding="utf-8")
    balises = Path(settings.BASE_DIR, "gouvernance/templatetags")
    sources = galerie + "".join(fichier.read_text(encoding="utf-8") for fichier in balises.glob("*.py"))
    for gabarit in (GABARITS / "composants").glob("*.html"):
        sources += gabarit.read_text(encoding="utf-8")
    sources += (GABARITS / "base.html").read_text(encoding="utf-8")
    oublies = [
        g.name for g in (GABARITS / "composants").glob("*.html") if f"composants/{g.name}" not in sources
    ]
    assert [nom for nom in oublies if nom != "galerie.html"] == []


def test_notre_jeu_crispy_ne_masque_aucun_gabarit_de_django_dsfr():
    notres = {f.relative_to(GABARITS).as_posix() for f in (GABARITS / "dsfr").rglob("*.html")}
    siens = Path(dsfr.__file__).parent / "templates"
    assert notres
    assert notres & {f.relative_to(siens).as_posix() for f in siens.rglob("*.html")} == set()


@pytest.mark.parametrize(
    "tape", ["12000,50", "12 000,50", f"12{FINE}000,50{INSECABLE}€", "12000.5", "12 000,50 "]
)
def test_un_montant_se_tape_a_la_francaise(tape):
    formulaire = Fiche(saisie(montant=tape))
    assert formulaire.is_valid(), formulaire.errors
    assert formulaire.cleaned_data["montant"] == Decimal("12000.50")
    assert f'value="12{INSECABLE}000,' in str(formulaire["montant"])


@pytest.mark.parametrize(
    ("champ", "tape"), [("montant", "12 00O,5"), ("echeance", "30/02/2026"), ("montant", "NaN")]
)
def test_ce_qui_a_ete_tape_reste_a_l_ecran_malgre_l_erreur(champ, tape):
    formulaire = Fiche(saisie(**{champ: tape}))
    html = render_crispy_form(formulaire)
    assert champ in formulaire.errors
    assert f'value="{tape}"' in html
    assert 'value="Former"' in html
    assert f'value="{formulaire.data["jeton"]}"' in html


def test_une_date_part_au_format_du_selecteur():
    html = str(Fiche(initial={"echeance": date(2026, 3, 1)})["echeance"])
    assert 'type="date"' in html
    assert 'value="2026-03-01"' in html


def test_le_resume_des_erreurs_mene_a_chaque_champ():
    formulaire = Fiche(saisie(intitule="", nature=""))
    html = render_crispy_form(formulaire)
    assert "Il y a 2 erreurs" in html
    ids = set(re.findall(r'\sid="([^"]+)"', html))
    liens = re.findall(r'href="#([^"]+)"', html)
    assert len(liens) == 2
    assert set(liens) <= ids


def test_l_aide_et_l_erreur_sont_toutes_deux_annoncees():
    html = render_crispy_form(Fiche(saisie(intitule="")))
    decrit = re.search(r'<input[^>]*name="intitule"[^>]*aria-describedby="([^"]+)"', html).group(1).split()
    assert decrit == ["id_intitule_helptext", "id_intitule-desc-error"]
    assert set(decrit) <= set(re.findall(r'\sid="([^"]+)"', html))


def test_un_champ_facultatif_le_dit_en_francais():
    class Libre(FormulaireDsfr):
        note = forms.CharField(label="Note", required=False)

    assert f"Note{INSECABLE}(facultatif)" in render_crispy_form(Libre())


def test_chaque_formulaire_porte_un_jeton_different_et_la_version_lue():
    assert Fiche()["jeton"].value() != Fiche()["jeton"].value()
    formulaire = Fiche(saisie())
    assert formulaire.is_valid()
    assert formulaire.version_lue == 3


def test_les_differences_disent_les_deux_textes():
    formulaire = Fiche(saisie(intitule="Former"))
    formulaire.is_valid()
    objet = type("Objet", (), {**formulaire.cleaned_data, "intitule": "Équiper"})
    assert differences(formulaire, objet) == [("Intitulé", "Former", "Équiper")]


@pytest.mark.parametrize(
    ("source", "valeur", "attendu"),
    [
        ("{{ v|euros }}", Decimal("1234.5"), f"1{FINE}234,50{INSECABLE}€"),
        ("{{ v|euros }}", Decimal("1234.00"), f"1{FINE}234{INSECABLE}€"),
        ("{{ v|euros }}", None, ""),
        ("{{ v|nombre }}", Decimal("1000.250"), f"1{FINE}000,25"),
        ("{{ v|pourcent }}", Decimal("12.5"), f"12,5{INSECABLE}%"),
        ("{{ v|pourcent:0 }}", 62.5, f"63{INSECABLE}%"),
        ("{{ v|date_longue }}", date(2026, 3, 1), "1er mars 2026"),
        ("{{ v|date_longue }}", date(2026, 3, 21), "21 mars 2026"),
        ("{{ v|date_longue }}", datetime(2026, 3, 1, 23, 30, tzinfo=UTC), "2 mars 2026"),
    ],
)
def test_les_filtres_ecrivent_le_francais(source, valeur, attendu):
    assert rendre(source, v=valeur) == attendu


def test_ecully_vient_entre_dunkerque_et_evreux():
    noms = ["Évreux", "Œuilly", "L’Haÿ", "Dunkerque", "Zuydcoote", "Écully", "Ecuelles", "Odos"]
    attendu = ["Dunkerque", "Ecuelles", "Écully", "Évreux", "L’Haÿ", "Odos", "Œuilly", "Zuydcoote"]
    assert sorted(noms, key=cle_francaise) == attendu


def test_un_message_ne_prend_pas_le_titre_de_la_page():
    """« Moyens et financements : C’est enregistré », quand c'est la section d'avant qui l'est."""
    message = Message(SUCCESS, "C’est enregistré.")
    page = rendre('{% include "composants/messages.html" %}', messages=[message], titre="Moyens")
    assert "C’est enregistré." in page
    assert "Moyens" not in page


def test_un_bouton_refuse_dit_pourquoi_et_n_envoie_rien():
    html = render_to_string(
        "composants/bouton_action.html",
        {"url": "/x", "libelle": "Signer", "motif_refus": "ce n’est pas votre tour."},
    )
    assert 'type="submit"' not in html
    assert "Ce bouton est inactif&nbsp;: ce n’est pas votre tour." in html


def test_une_valeur_absente_d_un_graphique_n_est_pas_un_zero():
    html = rendre('{% barres lignes "Titre" %}', lignes=[("Fibre", None, "%"), ("Lieux", 0, "%")])
    assert html.count("non disponible") == 2  # le dessin et le tableau
    assert html.count('class="graphique__barre"') == 1


def test_les_textes_des_gens_sont_echappes_dans_les_composants():
    mal = "<script>alert(1)</script>"
    html = rendre(
        '{% badge_etat e e %}{% frise_jalons j e %}{% barres b e %}{% fil_ariane e "/" e %}',
        e=mal, j=[(mal, None, mal)], b=[(mal, 1, mal)],
    )  # fmt: skip
    assert "<script>" not in html


@pytest.mark.parametrize("gabarit", ["400", "403", "403_csrf", "404", "409", "500"])
def test_les_pages_d_erreur_se_rendent_sans_requete_ni_base(gabarit):
    html = render_to_string(f"{gabarit}.html")
    assert "<h1>" in html
    assert gabarit[:3] in html
    assert INLINE.findall(html) == []


def test_une_adresse_inconnue_donne_une_page_404_en_francais(client):
    page = client.get("/galerie/inconnue/")
    assert page.status_code == 404
    assert "Page introuvable" in page.content.decode()


def test_seuls_les_fichiers_utiles_du_dsfr_sont_montres():
    chercheur = StatiquesUtiles()
    publies = {chemin for chemin, _ in chercheur.list([])}
    dsfr_publies = {chemin for chemin in publies if chemin.startswith("dsfr/")}
    assert {"dsfr/dist/dsfr.main.min.css", "dsfr/dist/dsfr.module.min.js"} <= dsfr_publies
    assert any(chemin.startswith("admin/") for chemin in publies)
    assert len(dsfr_publies) < 200
    assert not chercheur.find("dsfr/dist/dsfr.nomodule.min.js")


def test_tout_ce_que_citent_nos_pages_et_nos_feuilles_existe(galerie):
    page = galerie.content.decode()
    for chemin in re.findall(r'(?:src|href)="/static/([^"]+)"', page):
        assert finders.find(chemin), chemin
    for feuille in Path(settings.BASE_DIR, "static").rglob("*.css"):
        nom = feuille.relative_to(settings.BASE_DIR / "static").as_posix()
        for chemin in citations(nom, feuille.read_text(encoding="utf-8")):
            assert finders.find(chemin), chemin
