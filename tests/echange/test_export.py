"""Ce qui sort : un nombre fixe de requêtes, rien de privé, rien de non retenu dans ce qui se publie."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from feuille_de_route.echange.canonique import canonique
from feuille_de_route.echange.exporter import exporter
from feuille_de_route.echange.importer import importer
from feuille_de_route.models import (
    Commentaire,
    FicheAction,
    LienDeFiche,
    PartageDeFiche,
    PieceDeFiche,
    PointDeSuivi,
    Releve,
    Remarque,
)
from gouvernance.models import Gouvernance, Membre, Personne, Structure
from tests.diagnostic.fabriques import ConstatFactory, MesureFactory, RegardFactory
from tests.feuille_de_route.fabriques import (
    EtapeFicheFactory,
    FicheFactory,
    FinancementFactory,
    PartenariatFactory,
)
from tests.gouvernance.fabriques import (
    DecisionFactory,
    MembreFactory,
    PersonneFactory,
    SeanceFactory,
    SiegeFactory,
    StructureFactory,
    UtilisateurFactory,
)


def requetes(demarche) -> int:
    with CaptureQueriesContext(
        connection,
    ) as compte:
        exporter(demarche)
    return len(compte)


def test_le_nombre_de_requetes_ne_depend_pas_de_la_taille(referentiels, exemple):
    demarche = importer(exemple)
    avant = requetes(demarche)
    for _ in range(12):
        fiche = FicheFactory(
            demarche=demarche, complete=True, elu_referent=PersonneFactory(gouvernance=demarche.gouvernance)
        )
        for fabrique in (PartenariatFactory, EtapeFicheFactory, FinancementFactory):
            fabrique(fiche=fiche)
        RegardFactory(constat=ConstatFactory(demarche=demarche, mesures=[MesureFactory()]))
        instance = SiegeFactory(
            instance__demarche=demarche, personne=PersonneFactory(gouvernance=demarche.gouvernance)
        ).instance
        DecisionFactory(seance=SeanceFactory(instance=instance, ouverte=True))
        MembreFactory(gouvernance=demarche.gouvernance)
    assert requetes(demarche) == avant
    assert avant <= 50


def test_ce_qui_se_publie_n_a_ni_brouillon_ni_candidat(referentiels, exemple):
    demarche = importer(exemple)
    porteuse = StructureFactory(nom="CANARI porteuse")
    brouillon = FicheFactory(demarche=demarche, titre="CANARI", structure_porteuse=porteuse)
    FicheFactory(demarche=demarche, ecartee=True, contexte="CANARI")
    MembreFactory(gouvernance=demarche.gouvernance, candidat=True, structure__nom="CANARI candidate")
    assert "CANARI" in canonique(exporter(demarche))
    publie = exporter(demarche, seulement_retenues=True)
    assert "CANARI" not in canonique(publie)
    assert [f["titre"] for f in publie["fiches"]] == ["Des permanences les jours de marché"]
    FicheAction.objects.filter(pk=brouillon.pk).update(etat="retenue", retenue_le=demarche.cree_le)
    assert "CANARI porteuse" in canonique(exporter(demarche, seulement_retenues=True))


def test_ce_que_l_on_signe_n_a_ni_suivi_ni_demande_en_brouillon(referentiels, exemple):
    """Une version figée dit à quoi l'on s'engage : ce qui arrive ensuite ne la change pas."""
    demarche = importer(exemple)
    fige = exporter(demarche, seulement_retenues=True)
    (fiche,) = fige["fiches"]
    assert "suivi" not in fiche
    assert not any("releves" in indicateur for indicateur in fiche["indicateurs"])
    assert not any("realise" in ligne for ligne in fiche["budget"])
    assert not any("faite_le" in etape for etape in fiche["etapes"])
    assert [avis["sens"] for avis in fiche["avis"]] == ["reserves", "favorable"]
    assert [demande["etat"] for demande in fige["demandes_subvention"]] == ["acceptee"]
    PointDeSuivi.objects.update(fait="Autre chose")
    Releve.objects.update(valeur=7)
    assert exporter(demarche, seulement_retenues=True) == fige


def test_ce_qui_se_dit_autour_d_une_fiche_ne_sort_jamais(referentiels, exemple):
    fiche = importer(exemple).fiches.get(numero=1)
    auteur = UtilisateurFactory(email="canari@essais.example")
    Commentaire.objects.create(fiche=fiche, texte="CANARI", cree_par=auteur)
    Remarque.objects.create(fiche=fiche, champ="objectifs", texte="CANARI")
    PieceDeFiche.objects.create(
        fiche=fiche, nom="CANARI.pdf", type_mime="application/pdf", taille=1, empreinte="a" * 64
    )
    LienDeFiche.objects.create(
        fiche=fiche, structure=fiche.structure_porteuse, email="canari@essais.example", nom="CANARI",
        envoye_le=timezone.now(), expire_le=timezone.now(), empreinte="b" * 64,
    )  # fmt: skip
    assert "canari" not in canonique(exporter(fiche.demarche)).casefold()


def test_d_une_autre_demarche_on_ne_cite_pas_un_brouillon(referentiels, exemple):
    demarche = importer(exemple)
    ailleurs = FicheFactory(titre="CANARI", demarche__gouvernance__departement__code="38")
    PartageDeFiche.objects.create(fiche=ailleurs, demarche=demarche, mot="La même action")
    FicheAction.objects.filter(demarche=demarche, numero=1).update(reprise_de=ailleurs)
    fige = exporter(demarche, seulement_retenues=True)
    assert "CANARI" not in canonique(fige)
    FicheAction.objects.filter(pk=ailleurs.pk).update(etat="retenue", retenue_le=demarche.cree_le)
    fige = exporter(demarche, seulement_retenues=True)
    assert fige["fiches_partagees"][0]["titre"] == "CANARI"
    assert fige["fiches"][0]["reprise_de"] == {"ref": None, "uuid": str(ailleurs.uuid), "libelle": "CANARI"}


def test_rien_de_prive_ne_sort(referentiels, exemple):
    demarche = importer(exemple)
    Gouvernance.objects.update(note_privee="CANARI")
    Personne.objects.update(email="canari@essais.example")
    assert "canari" not in canonique(exporter(demarche)).casefold()


def test_une_structure_connue_est_reprise_et_ce_qui_differe_est_dit(referentiels, exemple):
    caf = MembreFactory(structure__nom="CAF de la Dordogne", structure__sigle="Caf24").structure
    par_siret = MembreFactory(structure__nom="Le Département", structure__siret="22240001900014").structure
    demarche = importer(exemple)
    noms = ["CAF de la Dordogne", "Conseil départemental de la Dordogne"]
    assert Structure.objects.get(nom__in=noms) == caf
    assert demarche.porteur == par_siret
    assert Membre.objects.filter(structure=caf).count() == 1
    dits = " ".join(demarche.avertissements)
    assert "autre sigle (« Caf24 »)" in dits
    assert "autre collège" in dits
