"""Le suivi dans un vrai navigateur : une partenaire fait le point au téléphone ; les pages tiennent."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from feuille_de_route import versions
from feuille_de_route.models import PointDeSuivi
from gouvernance.models import Etape, Role
from tests.feuille_de_route.fabriques import (
    EtapeFicheFactory,
    FicheFactory,
    FinancementFactory,
    PointDeSuiviFactory,
    ReleveFactory,
)
from tests.feuille_de_route.parcours_mur import mettre_a
from tests.gouvernance.fabriques import (
    DemarcheFactory,
    MandatFactory,
    SeanceFactory,
    StructureFactory,
    UtilisateurFactory,
)
from tests.navigateur.axe import violations

pytestmark = [pytest.mark.navigateur, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def demarche():
    """En œuvre, deux versions, une fiche suivie et une autre, un comité à venir."""
    demarche = DemarcheFactory(avec_cadre=True)
    aujourd_hui = timezone.localdate()
    fiche = FicheFactory(demarche=demarche, complete=True, retenue=True)
    FicheFactory(demarche=demarche, complete=True, retenue=True)
    mettre_a(demarche, Etape.MISE_EN_OEUVRE)
    FinancementFactory(fiche=fiche)
    versions.figer(demarche, par=None)
    EtapeFicheFactory(fiche=fiche, echeance=aujourd_hui - timedelta(days=9))
    indicateur = fiche.indicateurs.get()
    for rang in (200, 90):
        ReleveFactory(indicateur=indicateur, le=aujourd_hui - timedelta(days=rang), valeur=300 - rang)
    PointDeSuiviFactory(
        fiche=fiche, le=aujourd_hui, meteo="pluie", freins="Pas de local.", a_decider="Louer une salle ?"
    )
    type(fiche).objects.filter(pk=fiche.pk).update(
        etat_realisation="en_cours", meteo="pluie", freins="Pas de local.", suivie_le=timezone.now()
    )
    SeanceFactory(instance=demarche.instances.get(), debut=timezone.now() + timedelta(days=5))
    return demarche


def test_les_pages_du_suivi_tiennent_et_se_lisent(ouvrir_session, demarche):
    onglet = ouvrir_session(MandatFactory(demarche=demarche).utilisateur)
    fiche, seance = demarche.fiches.first(), demarche.instances.get().seances.get()
    d = demarche.uuid
    pages = [
        *(reverse(nom, args=[d]) for nom in ("suivi", "suivi_rapide", "bilans", "versions")),
        *(reverse(nom, args=[d, fiche.uuid]) for nom in ("fiche_suivi", "fiche_point", "fiche_releve")),
        reverse("version_comparer", args=[d, 2]), reverse("revue", args=[d, seance.uuid]),
    ]  # fmt: skip
    fautes = []
    for chemin in pages:
        assert onglet.goto(chemin).status == 200
        for largeur in (1280, 320):
            onglet.set_viewport_size({"width": largeur, "height": 900})
            depasse = onglet.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            fautes += [f"{chemin} déborde de {depasse} px à {largeur}"] if depasse > 0 else []
        fautes += [f"{chemin} : {faute}" for faute in violations(onglet)]
    assert fautes == []


def test_une_partenaire_fait_le_point_au_telephone_et_au_clavier(ouvrir_session, demarche):
    fiche = demarche.fiches.first()
    compte = UtilisateurFactory(structure=StructureFactory())
    MandatFactory(demarche=demarche, utilisateur=compte, role=Role.PARTENAIRE)
    type(fiche).objects.filter(pk=fiche.pk).update(structure_porteuse=compte.structure)
    onglet = ouvrir_session(compte, largeur=360)
    onglet.goto(reverse("suivi", args=[demarche.uuid]))
    onglet.get_by_role("link", name=f"Faire le point : {fiche}").press("Enter")
    onglet.get_by_label("État de réalisation").select_option("realisee")
    onglet.get_by_label("Météo").select_option("orage")
    onglet.get_by_label("Freins rencontrés").fill("")
    onglet.get_by_label("Ce qui a avancé").fill("Inauguré mardi.")
    onglet.get_by_role("button", name="Enregistrer le point").press("Enter")
    onglet.get_by_text("Quand la météo est mauvaise, dites ce qui freine.").first.wait_for()
    assert onglet.get_by_label("Ce qui a avancé").input_value() == "Inauguré mardi."
    onglet.get_by_label("Météo").select_option("beau")
    onglet.get_by_role("button", name="Enregistrer le point").press("Enter")
    onglet.get_by_text("Inauguré mardi.").wait_for()
    assert PointDeSuivi.objects.filter(fiche=fiche, etat="realisee", cree_par=compte).count() == 1
