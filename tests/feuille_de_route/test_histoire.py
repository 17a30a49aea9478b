"""L'histoire d'une fiche : les saisies d'un moment ensemble, comparées mot à mot, lisibles sans couleur."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from hypothesis import given, settings
from hypothesis import strategies as st

from feuille_de_route.models import EtatFiche, FicheAction
from feuille_de_route.redaction import histoire
from feuille_de_route.redaction.histoire import Trace, fondre, regrouper
from gouvernance.models import Evenement
from gouvernance.socle.comparaison import comparer, resserrer
from tests.feuille_de_route.conftest import compte
from tests.feuille_de_route.fabriques import FicheFactory
from tests.feuille_de_route.saisies import adresse, ecrire_section

DEBUT = timezone.now()


def trace(pk, minutes, par=1, action="modifier : Temps", *, auteur="", saisie=True):
    return Trace(pk, DEBUT + timedelta(minutes=minutes), par, auteur, action, saisie)


@pytest.mark.parametrize(
    ("traces", "attendus"),
    [
        ([trace(1, 0), trace(2, 4), trace(3, 9)], [[1, 2, 3]]),
        ([trace(1, 0), trace(2, 8), trace(3, 12)], [[3], [1, 2]]),  # dix minutes depuis le premier
        ([trace(1, 0), trace(2, 1, par=2), trace(3, 2)], [[3], [2], [1]]),  # une autre main entre deux
        ([trace(1, 0), trace(2, 1, action="modifier : Acteurs")], [[2], [1]]),
        ([trace(1, 0, None, auteur="A"), trace(2, 1, None, auteur="B")], [[2], [1]]),
        ([trace(1, 0, saisie=False), trace(2, 1, saisie=False)], [[2], [1]]),
        ([], []),
    ],
)
def test_les_saisies_d_un_meme_moment_se_lisent_ensemble(traces, attendus):
    assert regrouper(traces) == attendus


@pytest.mark.parametrize(
    ("details", "attendus"),
    [
        ([("T", "a", "b"), ("T", "b", "c")], [("T", "a", "c")]),
        ([("T", "–", "a"), ("T", "a", "–"), ("T", "–", "b")], [("T", "–", "b")]),
        ([("T", "a", "b"), ("T", "b", "a")], []),
        ([("Étapes, ligne ajoutée", "–", "x"), ("Étapes, ligne ajoutée", "–", "y")],
         [("Étapes, ligne ajoutée", "–", "x"), ("Étapes, ligne ajoutée", "–", "y")]),
        ([("T", "a", "b"), ("O", "1", "2"), ("T", "b", "c")], [("T", "a", "c"), ("O", "1", "2")]),
    ],
)  # fmt: skip
def test_les_etats_successifs_d_un_champ_se_fondent(details, attendus):
    assert fondre(details) == attendus


TEXTES = [
    ("", "Un bus"), ("Un bus", ""), ("Un bus rouge", "Un bus bleu et rouge"), ("a b a b a", "b a b"),
    ("Mot à mot, ligne\npar ligne", "Mot à mot,\nligne par ligne !"), ("x " * 5000, "y " * 5000 + "x " * 10),
]  # fmt: skip


@pytest.mark.parametrize(("avant", "apres"), TEXTES, ids=range(len(TEXTES)))
def test_la_comparaison_redonne_les_deux_textes(avant, apres):
    morceaux = comparer(avant, apres)
    assert "".join(m.texte for m in morceaux if m.genre != "ajout") == avant
    assert "".join(m.texte for m in morceaux if m.genre != "retrait") == apres


def test_une_retouche_dans_un_long_texte_ne_montre_que_son_voisinage():
    mots = [f"mot{i}" for i in range(4000)]
    autres = [*mots[:2000], "CHANGE", *mots[2001:]]
    morceaux = resserrer(comparer(" ".join(mots), " ".join(autres)))
    assert [m.genre for m in morceaux] == ["coupe", "garde", "retrait", "ajout", "garde", "coupe"]
    assert [len(m.texte.split()) for m in morceaux] == [0, 11, 1, 1, 12, 0]


@given(
    st.lists(st.sampled_from(["a", "b", "c.", *(f"mot{i}" for i in range(300))]), max_size=500),
    st.lists(st.integers(0, 500), max_size=30),
)
@settings(max_examples=60, deadline=None)
def test_un_long_texte_retouche_partout_redonne_les_deux(mots, retouches):
    autres = [mot for rang, mot in enumerate(mots) if rang not in retouches] + ["fin"] * (len(retouches) % 3)
    morceaux = comparer(" ".join(mots), "\n".join(autres))
    assert "".join(m.texte for m in morceaux if m.genre != "ajout") == " ".join(mots)
    assert "".join(m.texte for m in morceaux if m.genre != "retrait") == "\n".join(autres)


def test_un_long_texte_retouche_en_cent_endroits_montre_ces_cent_la():
    mots = [f"mot{i % 1500}" for i in range(3000)]
    autres = [f"neuf{i}" if i % 30 == 0 else mot for i, mot in enumerate(mots)]
    autres[1400:1400] = [f"ajout{i}" for i in range(50)]
    morceaux = comparer(" ".join(mots[:1500]), " ".join(autres[:1550]))
    retires = [m.texte for m in morceaux if m.genre == "retrait"]
    assert retires == [mots[i] for i in range(0, 1500, 30)]


def test_la_ponctuation_voisine_n_entraine_pas_le_mot():
    morceaux = comparer("Au chef-lieu. Deux fois", "Au chef-lieu. Un élu vient. Trois fois")
    assert [tuple(m) for m in morceaux] == [
        ("garde", "Au chef-lieu. "),
        ("retrait", "Deux"),
        ("ajout", "Un élu vient. Trois"),
        ("garde", " fois"),
    ]  # fmt: skip


def test_resserrer_garde_tout_changement_et_les_textes_courts():
    morceaux = comparer("Le bus passe le lundi", "Le car passe le mardi")
    assert resserrer(morceaux) == morceaux


@pytest.fixture
def page(client, fiche):
    def lire(**parametres):
        return unescape(client.get(adresse("fiche_histoire", fiche), parametres).content.decode())

    return lire


def test_la_page_compare_mot_a_mot_et_se_lit_sans_couleur(client, fiche, gens, page):
    client.force_login(gens["partenaire"])
    ecrire_section(client, fiche, "sens", objectifs="Aider 900 personnes par an.")
    dit = page()
    assert re.search(r"<del[^>]*><span class=\"fr-sr-only\">\[retiré.{0,9}: </span>400", dit)
    assert re.search(r"<ins[^>]*><span class=\"fr-sr-only\">\[ajouté.{0,9}: </span>900", dit)
    assert "Objectifs" in dit
    lu = " ".join(strip_tags(dit).split())
    assert "Aider [retiré : 400][ajouté : 900] personnes par an." in lu


def test_dix_saisies_font_un_moment_qui_va_du_premier_au_dernier_texte(client, fiche, gens, page):
    client.force_login(gens["partenaire"])
    for rang in range(4):
        ecrire_section(client, fiche, "sens", description=f"Un bus, {rang} médiateurs.")
    dit = page()
    assert "4 enregistrements" in dit
    lu = " ".join(strip_tags(dit).split())
    assert "[retiré : deux][ajouté : 3]" in lu
    assert "1 médiateurs" not in lu


def test_l_auteur_sans_compte_est_nomme(client, fiche, gens, page):
    Evenement.consigner_saisie(
        fiche, "modifier : Acteurs", par=None, details=[["Pilote", "–", "Le CCAS"]], auteur="Jo Le Gall, CCAS"
    )
    client.force_login(gens["partenaire"])
    dit = page()
    assert "Jo Le Gall, CCAS" in dit
    assert "sans compte" in dit
    journal = reverse("journal", args=[fiche.demarche.uuid])
    assert "Jo Le Gall, CCAS" in client.get(journal, {"qui": "le gall"}).content.decode()


def test_les_lignes_d_avant_et_les_changements_d_etat_se_lisent_aussi(client, fiche, gens, page):
    avant, apres = "Pilote : Anne\nFin : –", "Pilote : <b>Paul</b>\nFin : 01/02/2027"
    Evenement.consigner(fiche, "modifier : Moyens", par=gens["elu"], de=avant, vers=apres)
    Evenement.consigner(fiche, "proposer", par=None, de="Brouillon", vers="Proposée")
    client.force_login(gens["coordination"])
    brut = client.get(adresse("fiche_histoire", fiche)).content.decode()
    assert "<b>Paul" not in brut
    assert "&lt;b&gt;Paul&lt;/b&gt;" in brut
    assert "la plateforme" in brut
    assert brut.index("Proposer") < brut.index("Modifier : Moyens")
    lu = " ".join(strip_tags(brut).replace("&nbsp;", " ").split())
    assert "Pilote : [retiré : Anne]" in lu
    assert "<dt>Avant</dt><dd>Brouillon</dd>" in brut
    assert "<dt>Après</dt><dd>Proposée</dd>" in brut


def test_ce_qui_revient_au_point_de_depart_se_dit(client, fiche, gens, page):
    client.force_login(gens["coordination"])
    for titre in ("Autre titre", fiche.titre):
        ecrire_section(client, fiche, "identite", titre=titre)
    assert "Le texte est revenu à ce qu’il était." in page()


def test_l_histoire_suit_la_visibilite_de_la_fiche(client, fiche, gens):
    client.force_login(gens["elu"])
    assert client.get(adresse("fiche_histoire", fiche)).status_code == 404
    FicheAction.objects.filter(pk=fiche.pk).update(etat=EtatFiche.PROPOSEE, proposee_le=timezone.now())
    assert client.get(adresse("fiche_histoire", fiche)).status_code == 200


def test_l_histoire_d_une_fiche_n_est_pas_celle_d_une_autre(client, fiche, gens, page):
    Evenement.consigner(FicheFactory(demarche=fiche.demarche), "créer", par=None, vers="Voisine")
    client.force_login(gens["coordination"])
    assert "Voisine" not in page()
    assert "Rien au journal" in page()


def peupler(fiche, nombre):
    for rang in range(nombre):
        Evenement.consigner_saisie(
            fiche, f"modifier : {rang}", par=compte(), details=[["Description", "x" * 50, f"y{rang} " * 20]]
        )


def test_les_moments_se_lisent_page_par_page_a_cout_constant(client, fiche, gens, page, compter_requetes):
    client.force_login(gens["coordination"])
    peupler(fiche, 3)
    avant = compter_requetes(adresse("fiche_histoire", fiche))
    peupler(fiche, 2 * histoire.PAR_PAGE)
    assert compter_requetes(adresse("fiche_histoire", fiche)) == avant <= 10
    assert page().count("histoire__moment") == histoire.PAR_PAGE
    assert page(page=3).count("histoire__moment") == 3
    assert page(page="n’importe").count("histoire__moment") == histoire.PAR_PAGE


def test_l_histoire_a_son_index(fiche):
    """Sans lui, lire une fiche parcourt tout le journal de la démarche."""
    with connection.cursor() as curseur:
        curseur.execute("SET LOCAL enable_seqscan = off")
        curseur.execute(
            "EXPLAIN SELECT id FROM gouvernance_evenement WHERE objet_type = 'ficheaction' AND objet_id = '1'"
        )
        assert "evenement_objet" in str(curseur.fetchall())
