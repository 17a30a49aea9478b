"""Dupliquer une fiche, reprendre celle de l'an passé, d'une autre démarche ou d'un autre territoire."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from feuille_de_route.echelles import reprises
from feuille_de_route.echelles.reprises import Reprise
from feuille_de_route.models import EtatFiche, FicheAction, OrigineFiche, Releve
from gouvernance.models import Demarche, Etape, Evenement, Role
from tests.diagnostic.fabriques import EnjeuFactory
from tests.feuille_de_route.fabriques import (
    AxeFactory,
    EtapeFicheFactory,
    FicheFactory,
    FinancementFactory,
    PartenariatFactory,
)
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory
from tests.robustesse.scene import mettre_a


@pytest.fixture
def source(fiche):
    """La fiche de l'année passée, avec tout ce qui peut se reprendre, et ce qui ne le doit pas."""
    FicheAction.objects.filter(pk=fiche.pk).update(
        publics=["seniors"], services=["acces"], besoins="Se déplacer moins.", fin=date(2027, 8, 31),
        etat=EtatFiche.RETENUE, retenue_le=timezone.now(), etat_realisation="en_cours",
        suivie_le=timezone.now(), meteo="beau",
    )  # fmt: skip
    fiche.enjeux.add(EnjeuFactory(demarche=fiche.demarche))
    PartenariatFactory(fiche=fiche)
    EtapeFicheFactory(fiche=fiche, echeance=date(2028, 2, 29), faite_le=date(2028, 2, 1))
    indicateur = fiche.indicateurs.get()
    Releve.objects.create(indicateur=indicateur, le=date(2026, 12, 1), valeur=120)
    Releve.objects.create(indicateur=indicateur, le=date(2027, 6, 1), valeur=310)
    FinancementFactory(
        fiche=fiche, financeur="CAF", etat="acquis", demande=None, obtenu=Decimal("4000.10"), annee=2026
    )
    FinancementFactory(fiche=fiche, financeur="Région", etat="refuse", demande=900)
    fiche.lignes_budget.update(realise=Decimal("9000.00"))
    fiche.refresh_from_db()
    return fiche


def reprendre(source, gens, qui="coordination", **options):
    options = {"vers": source.demarche, "annees": 1, **options}
    return reprises.reprendre(Reprise(source, **options), par=gens[qui])


def test_l_annee_suivante_garde_le_propos_et_recommence_le_reste(source, gens):
    neuve = reprendre(source, gens)
    neuve = FicheAction.objects.get(pk=neuve.pk)
    assert (neuve.etat, neuve.origine, neuve.reprise_de) == (
        EtatFiche.BROUILLON,
        OrigineFiche.REPRISE,
        source,
    )
    assert neuve.numero == source.numero + 1
    for champ in (*reprises.TEXTES, *reprises.GENS, *reprises.DEMARCHE, "titre"):
        assert getattr(neuve, champ) == getattr(source, champ), champ
    assert (neuve.debut, neuve.fin) == (date(2027, 9, 1), date(2028, 8, 31))
    assert list(neuve.enjeux.all()) == list(source.enjeux.all())
    assert neuve.partenariats.get().structure == source.partenariats.get().structure
    assert (neuve.etat_realisation, neuve.meteo, neuve.suivie_le, neuve.retenue_le) == ("", "", None, None)


def test_l_annee_suivante_recompte_etapes_indicateurs_et_argent(source, gens):
    neuve = reprendre(source, gens)
    etape, indicateur, ligne = neuve.etapes.get(), neuve.indicateurs.get(), neuve.lignes_budget.get()
    assert (etape.echeance, etape.faite_le) == (date(2029, 2, 28), None)
    assert (indicateur.reference, indicateur.cible) == (310, 400), "on part du dernier relevé"
    assert not indicateur.releves.exists()
    assert (ligne.annee, ligne.montant, ligne.realise) == (2027, 10000, None)
    part = neuve.financements.get()  # le refus n'est pas repris
    assert (part.financeur, part.etat, part.obtenu) == ("CAF", "envisage", None)
    assert (part.demande, part.annee) == (Decimal("4000.10"), 2027)
    assert source.etapes.get().faite_le, "la source n'a pas bougé"
    assert source.indicateurs.get().releves.count() == 2
    assert source.financements.count() == 2


def test_sans_releve_l_annee_suivante_part_de_la_cible_et_la_variante_du_meme_point(source, gens):
    Releve.objects.all().delete()
    assert reprendre(source, gens).indicateurs.get().reference == 400
    assert reprendre(source, gens, annees=0).indicateurs.get().reference == 0


def test_une_variante_garde_les_dates_et_prend_le_titre_donne(source, gens):
    neuve = reprendre(source, gens, annees=0, titre="  Le même bus, en montagne  ")
    assert neuve.titre == "Le même bus, en montagne"
    assert (neuve.debut, neuve.lignes_budget.get().annee) == (source.debut, 2026)


def test_une_partenaire_reprend_pour_sa_structure(source, gens):
    neuve = reprendre(source, gens, "tierce")
    assert neuve.structure_porteuse == gens["tierce"].structure


@pytest.mark.parametrize("qui", ["elu", "cotech", "lecture", "administration", "dehors"])
def test_qui_ne_cree_pas_de_fiche_n_en_reprend_pas(source, gens, qui):
    avant = FicheAction.objects.count()
    with pytest.raises(PermissionDenied):
        reprendre(source, gens, qui)
    assert FicheAction.objects.count() == avant


def test_un_brouillon_que_l_on_ne_voit_pas_ne_se_reprend_pas(fiche, gens):
    with pytest.raises(PermissionDenied, match="lire la fiche"):
        reprendre(fiche, gens, "tierce")


def test_apres_la_soumission_on_ne_reprend_plus_dans_cette_demarche(source, gens):
    mettre_a(source.demarche, Etape.SOUMISE)
    with pytest.raises(ValidationError, match=r"en est à «\\xa0Soumise\\xa0»"):
        reprendre(source, gens)


@pytest.fixture
def voisine(source, gens):
    """Une démarche d'EPCI de la même gouvernance, coordonnée par la même personne."""
    demarche = DemarcheFactory(
        gouvernance=source.demarche.gouvernance, perimetre="groupement", etape=Etape.PLAN_ACTIONS
    )
    MandatFactory(demarche=demarche, utilisateur=gens["coordination"])
    return demarche


def test_dans_une_autre_demarche_l_axe_suit_le_fil_entre_les_echelles(source, gens, voisine):
    axe = AxeFactory(demarche=voisine, axe_departemental=source.axe)
    neuve = reprendre(source, gens, vers=voisine, annees=0)
    assert (neuve.demarche, neuve.axe, neuve.numero) == (voisine, axe, 1)
    assert (neuve.chantier, neuve.instance_suivi) == (None, None)
    assert not neuve.enjeux.exists(), "les enjeux sont ceux de l'autre démarche"
    assert neuve.structure_porteuse == source.structure_porteuse
    retour = reprendre(neuve, gens, vers=source.demarche, annees=0)
    assert retour.axe == source.axe


def test_d_une_echelle_a_l_autre_le_journal_ne_livre_pas_le_titre_du_brouillon(source, gens, voisine):
    neuve = reprendre(source, gens, vers=voisine, titre="Secret de fabrication")
    ici = Evenement.objects.get(demarche=source.demarche, action="reprendre dans une autre fiche")
    assert (ici.objet_id, ici.par) == (str(source.pk), gens["coordination"])
    assert voisine.nom in ici.vers
    assert "Secret" not in ici.vers
    labas = Evenement.objects.get(demarche=voisine, action="reprendre d’une autre fiche")
    assert (labas.objet_id, labas.vers) == (str(neuve.pk), "Secret de fabrication")


def test_au_journal_des_deux_fiches(source, gens):
    neuve = reprendre(source, gens)
    dit = Evenement.objects.get(action="reprendre dans une autre fiche").vers
    assert (
        dit == f"Fiche n° {neuve.numero}"
    )  # le titre d'un brouillon n'est pas à tous ceux qui lisent la source
    assert Evenement.objects.get(action="reprendre d’une autre fiche").de == str(source)


@pytest.fixture
def signee(source):
    mettre_a(source.demarche, Etape.SIGNEE)
    Demarche.objects.filter(pk=source.demarche_id).update(signee_le=timezone.now())
    source.demarche.refresh_from_db()
    return source


@pytest.fixture
def ailleurs(db):
    demarche = DemarcheFactory(gouvernance__departement__code="40", etape=Etape.PLAN_ACTIONS)
    return demarche, MandatFactory(demarche=demarche, role=Role.COORDINATION).utilisateur


def test_de_la_bibliotheque_on_prend_le_propos_sans_les_gens_ni_les_chiffres(signee, ailleurs):
    vers, coordinatrice = ailleurs
    demande = Reprise(signee, vers, origine=OrigineFiche.BIBLIOTHEQUE, citee="Dordogne (24), 2026, fiche 1")
    neuve = FicheAction.objects.get(pk=reprises.reprendre(demande, par=coordinatrice).pk)
    assert (neuve.source, neuve.reprise_de) == ("Dordogne (24), 2026, fiche 1", signee)
    assert neuve.objectifs == signee.objectifs
    assert (neuve.structure_porteuse, neuve.pilote, neuve.elu_referent, neuve.axe) == (None, "", None, None)
    assert (neuve.debut, neuve.etapes.get().echeance) == (None, None)
    assert not neuve.partenariats.exists()
    assert not neuve.financements.exists()
    assert neuve.lignes_budget.get().montant == 10000
    indicateur = neuve.indicateurs.get()
    assert (indicateur.libelle, indicateur.reference, indicateur.cible) == (
        "Personnes accompagnées",
        None,
        None,
    )
    labas = Evenement.objects.get(demarche=signee.demarche, action="reprendre dans une autre fiche")
    assert (labas.par, coordinatrice.nom in labas.vers) == (None, False)


def test_une_fiche_d_ailleurs_ne_se_prend_que_signee_et_par_la_bibliotheque(source, ailleurs):
    vers, coordinatrice = ailleurs
    with pytest.raises(ValidationError, match="bibliothèque"):
        reprises.reprendre(Reprise(source, vers), par=coordinatrice)
    with pytest.raises(ValidationError, match="signée"):
        reprises.reprendre(Reprise(source, vers, origine=OrigineFiche.BIBLIOTHEQUE), par=coordinatrice)
    assert not vers.fiches.exists()


def test_une_fiche_ecartee_d_une_feuille_signee_n_est_pas_a_la_bibliotheque(signee, ailleurs):
    vers, coordinatrice = ailleurs
    ecartee = FicheFactory(demarche=signee.demarche, ecartee=True)
    with pytest.raises(ValidationError, match="signée"):
        reprises.reprendre(Reprise(ecartee, vers, origine=OrigineFiche.BIBLIOTHEQUE), par=coordinatrice)
