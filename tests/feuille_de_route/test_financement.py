"""L'argent tombe juste : sommes au centime, et la phrase dit toujours le solde."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feuille_de_route.financement import Compte, additionner, compte, comptes, montant
from feuille_de_route.models import EtatFinancement, FicheAction, Financement, LigneBudget
from feuille_de_route.redaction.completude import VIDE, completude, contenus, obligatoires
from tests.feuille_de_route.fabriques import FicheFactory, IndicateurFactory

EUROS = st.decimals(min_value=0, max_value=Decimal("9999999.99"), places=2)
LIGNES = st.lists(st.tuples(EUROS, st.none() | EUROS), max_size=6)
PARTS = st.lists(
    st.tuples(
        st.none() | EUROS,
        EUROS,
        st.sampled_from(EtatFinancement),
        st.sampled_from(["region", "valorisation"]),
    ),
    max_size=6,
)
NOMBRES = st.integers(0, 3)
COMPTES = st.builds(
    Compte, EUROS, EUROS, EUROS, st.integers(1, 9), EUROS, EUROS, EUROS, NOMBRES, inconnus=NOMBRES
)


def lire(texte: str) -> Decimal:
    """Relit un montant écrit à la française."""
    return Decimal(texte.removesuffix("\u00a0€").replace("\u202f", "").replace(",", "."))


@given(EUROS)
def test_un_montant_ecrit_se_relit_au_centime(valeur):
    assert lire(montant(valeur)) == valeur
    assert "." not in montant(valeur)


@pytest.mark.parametrize(
    ("valeur", "texte"),
    [
        ("12000", "12\u202f000\u00a0€"),
        ("1234.5", "1\u202f234,50\u00a0€"),
        ("0", "0\u00a0€"),
        ("0.05", "0,05\u00a0€"),
    ],
)
def test_un_montant_se_lit_comme_on_l_ecrit_en_france(valeur, texte):
    assert montant(Decimal(valeur)) == texte


@given(COMPTES)
def test_la_phrase_dit_le_solde_et_son_sens(le_compte):
    solde = le_compte.budget - le_compte.acquis - le_compte.espere
    sur = not le_compte.inconnus
    phrase = le_compte.phrase.split(",\u0020")[0] if "," in le_compte.phrase else le_compte.phrase
    if solde > 0:
        assert phrase == f"il manque {'' if sur else 'au plus '}{montant(solde)}"
        assert le_compte.sens == "manque"
    elif solde < 0:
        assert (
            phrase
            == f"les financements dépassent le budget {'de' if sur else 'd’au moins'} {montant(-solde)}"
        )
        assert le_compte.sens == "depasse"
    else:
        assert (phrase, le_compte.sens) == ("le plan est équilibré", "equilibre")
    assert ("chiffré" in le_compte.phrase) == (not sur)


@given(st.lists(COMPTES, max_size=8))
def test_la_somme_des_comptes_est_le_compte_des_sommes(liste):
    total = additionner(liste)
    assert total.solde == sum((c.solde for c in liste), Decimal(0))
    assert total.finance == sum((c.finance for c in liste), Decimal(0))
    assert additionner([*liste[:3], additionner(liste[3:])]) == total


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fiches=st.lists(st.tuples(LIGNES, PARTS), min_size=1, max_size=3))
def test_le_compte_d_une_fiche_et_celui_de_la_base_s_accordent(demarche, fiches):
    FicheAction.objects.filter(demarche=demarche).delete()
    attendus = {}
    for lignes, parts in fiches:
        fiche = FicheFactory(demarche=demarche)
        LigneBudget.objects.bulk_create(
            LigneBudget(fiche=fiche, annee=2026, nature="rh", montant=valeur, realise=realise)
            for valeur, realise in lignes
        )
        Financement.objects.bulk_create(_part(fiche, *part) for part in parts)
        attendus[fiche.pk] = _attendu(lignes, parts)
    lus = comptes(FicheAction.objects.filter(demarche=demarche))
    for fiche in FicheAction.objects.filter(demarche=demarche):
        assert compte(fiche) == attendus[fiche.pk]
        assert lus.get(fiche.pk, Compte()) == attendus[fiche.pk]
    assert additionner(list(lus.values())) == additionner(list(attendus.values()))


def _part(fiche, demande, obtenu, etat, type_):
    return Financement(fiche=fiche, financeur="X", type=type_, demande=demande, obtenu=obtenu, etat=etat)


def _attendu(lignes, parts):
    """Le même compte, écrit autrement : ligne à ligne."""
    attendu = Compte(
        budget=sum((prevu for prevu, _ in lignes), Decimal(0)),
        lignes=len(lignes),
        realise=sum((r for _, r in lignes if r is not None), Decimal(0)),
        realises=len([r for _, r in lignes if r is not None]),
    )
    for demande, obtenu, etat, type_ in parts:
        ajout = Compte(refuse=demande or Decimal(0))
        if etat != EtatFinancement.REFUSE:
            acquis = etat == EtatFinancement.ACQUIS
            somme = obtenu if acquis else demande or Decimal(0)
            ajout = Compte(
                acquis=somme if acquis else Decimal(0),
                espere=Decimal(0) if acquis else somme,
                valorise=somme if type_ == "valorisation" else Decimal(0),
                inconnus=int(not acquis and demande is None),
            )
        attendu = additionner([attendu, ajout])
    return attendu


def test_un_montant_inconnu_n_est_pas_zero_et_se_dit(fiche):
    Financement.objects.create(fiche=fiche, financeur="Région", type="region", demande=4_000)
    Financement.objects.create(fiche=fiche, financeur="Fondation", type="prive", demande=None)
    assert compte(fiche).phrase == "il manque au plus 6\u202f000\u00a0€, un financement n’étant pas chiffré"
    assert compte(fiche).phrase_courte == "il manque au plus 6\u202f000\u00a0€"
    Financement.objects.create(fiche=fiche, financeur="État", type="etat", demande=6_000)
    assert compte(fiche).phrase_courte == "équilibré, à confirmer"


def test_une_valorisation_compte_et_se_dit_a_part(fiche):
    Financement.objects.create(fiche=fiche, financeur="Bénévoles", type="valorisation", demande=1_500)
    Financement.objects.create(fiche=fiche, financeur="État", type="etat", obtenu=8_500, etat="acquis")
    lu = compte(fiche)
    assert (lu.sens, lu.valorise, lu.en_argent) == ("equilibre", Decimal(1500), Decimal(8500))


def test_un_financement_refuse_ne_compte_plus(fiche):
    Financement.objects.create(fiche=fiche, financeur="X", type="etat", demande=10_000, etat="refuse")
    assert compte(fiche).phrase == "il manque 10\u202f000\u00a0€"


def test_une_action_gratuite_est_chiffree_et_une_vide_ne_l_est_pas(demarche):
    gratuite, vide = FicheFactory(demarche=demarche), FicheFactory(demarche=demarche)
    LigneBudget.objects.create(fiche=gratuite, annee=2026, nature="rh", montant=0)
    assert (compte(gratuite).phrase_courte, compte(gratuite).sens) == ("équilibré", "equilibre")
    assert (compte(vide).phrase_courte, compte(vide).sens) == ("non chiffré", "inconnu")


def test_la_completude_groupee_est_celle_de_chaque_fiche(demarche, fiche):
    vide, presque = FicheFactory(demarche=demarche), FicheFactory(demarche=demarche, complete=True, pilote="")
    FicheAction.objects.filter(pk=presque.pk).update(pilote=" ")
    IndicateurFactory(fiche=vide)
    Financement.objects.create(fiche=fiche, financeur="X", type="etat", demande=10_001)
    groupe = contenus(FicheAction.objects.all())
    lues = {
        f.pk: (completude(f, groupe.get(f.pk, VIDE)), obligatoires(f, groupe.get(f.pk, VIDE)))
        for f in FicheAction.objects.all()
    }
    seules = {f.pk: (completude(f), obligatoires(f)) for f in FicheAction.objects.all()}
    assert lues == seules
    assert lues[vide.pk][0] == 11
    assert lues[presque.pk] == (89, ["Nommer le pilote."])
    assert lues[fiche.pk][1] == [
        "Corriger le plan de financement : les financements dépassent le budget de 1\u00a0€."
    ]
