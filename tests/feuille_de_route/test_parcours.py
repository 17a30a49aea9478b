"""La table du parcours : chaque passage, à chaque étape, par chaque rôle ; chaque condition, une à une."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from diagnostic.models import Constat, Enjeu, SessionPriorisation
from feuille_de_route import parcours
from feuille_de_route.models import Axe, Document, FicheAction, Indicateur, Papier, Signataire, VersionFigee
from feuille_de_route.parcours import ABANDON_POSSIBLE, PASSAGES, REVISION_POSSIBLE
from gouvernance.models import (
    CahierDesCharges,
    CodeJalon,
    Courriel,
    Demarche,
    DemarcheEpci,
    Etape,
    EtatJalon,
    Evenement,
    Jalon,
    Role,
    Seance,
)
from gouvernance.permissions import DROITS
from gouvernance.reunions import convocations
from tests.diagnostic.fabriques import EnjeuFactory
from tests.feuille_de_route.fabriques import AxeFactory, FicheFactory, FinancementFactory
from tests.feuille_de_route.parcours_mur import demarche_mure, mettre_a
from tests.gouvernance.fabriques import (
    PerimetreFactory,
    PersonneFactory,
    PointFactory,
    SeanceFactory,
    SiegeFactory,
)

QUI = [*(role.value for role in Role), "administration", "dehors"]


@pytest.fixture
def demarche(db):
    return demarche_mure()


@contextmanager
def essai_sans_trace():
    """Ce qui s'écrit ici est défait : une version figée ne s'efface pas autrement."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def franchir(client, demarche, nom, **options):
    return client.post(reverse("demarche_franchir", args=[demarche.uuid, nom]), **options)


def etape_de(demarche):
    return Demarche.objects.values_list("etape", flat=True).get(pk=demarche.pk)


@pytest.mark.parametrize("etape", Etape)
@pytest.mark.parametrize("nom", PASSAGES)
def test_un_passage_ne_part_que_de_son_etape_et_par_le_bon_role(client, demarche, gens, nom, etape):
    passage = PASSAGES[nom]
    mettre_a(demarche, etape)
    for qui in QUI:
        client.force_login(gens[qui])
        a_le_role = qui in DROITS[passage.droit].roles
        with essai_sans_trace():
            statut = franchir(client, demarche, nom).status_code
            assert statut == (404 if qui == "dehors" else 302 if a_le_role else 403), qui
            passe = a_le_role and etape == passage.depuis
            assert etape_de(demarche) == (passage.vers if passe else etape), qui
            assert (
                Evenement.objects.filter(action=passage.libelle.lower(), objet_type="demarche").count()
                == passe
            ), qui


def test_chaque_etape_a_au_plus_un_passage_et_le_fil_se_suit():
    departs = [p.depuis for p in PASSAGES.values()]
    assert len(departs) == len(set(departs))
    assert all(p.vers.rang == p.depuis.rang + 1 for p in PASSAGES.values())


def test_un_passage_inconnu_ou_en_lecture(client, demarche, coordination):
    assert franchir(client, demarche, "sauter").status_code == 404
    assert client.get(reverse("demarche_franchir", args=[demarche.uuid, "soumettre"])).status_code == 405


def _jalon(code, **champs):
    return lambda d: Jalon.objects.filter(demarche=d, code=code).update(**champs)


def _vider_jalon(code):
    return _jalon(code, etat=EtatJalon.EN_COURS, decision=None)


# passage → (ce que l'on retire, la phrase que l'on doit lire)
CONDITIONS = [
    ("ouvrir_diagnostic", lambda d: CahierDesCharges.objects.update(objectifs=" "), "Écrire les objectifs"),
    ("ouvrir_diagnostic", _jalon("enjeux", echeance=None), "Fixer l’échéance"),
    ("ouvrir_diagnostic", _jalon("enjeux", instance=None), "Désigner l’instance"),
    ("ouvrir_diagnostic", _vider_jalon(CodeJalon.CADRAGE), "Faire valider le jalon « Cahier des charges »"),
    ("ouvrir_enjeux", lambda d: [c.mesures.clear() for c in Constat.objects.all()], "chiffrée et sourcée"),
    ("ouvrir_enjeux", _vider_jalon(CodeJalon.DIAGNOSTIC), "Faire valider le jalon « Diagnostic »"),
    ("ouvrir_strategie", lambda d: Enjeu.objects.update(question="Le bus"), "Formuler en question"),
    ("ouvrir_strategie", lambda d: Constat.objects.last().enjeux.clear(), "à au moins deux constats"),
    ("ouvrir_strategie", lambda d: Enjeu.objects.update(etat="propose"), "Retenir au moins un enjeu"),
    ("ouvrir_strategie", lambda d: SessionPriorisation.objects.update(close_le=None), "Classer les enjeux"),
    ("ouvrir_strategie", _vider_jalon(CodeJalon.ENJEUX), "Faire valider le jalon « Enjeux »"),
    ("ouvrir_plan", lambda d: Axe.objects.update(intitule="Médiation"), "verbe à l’infinitif"),
    ("ouvrir_plan", lambda d: Axe.objects.get().enjeux.clear(), "à un enjeu"),
    ("ouvrir_plan", _vider_jalon(CodeJalon.STRATEGIE), "Faire valider le jalon « Stratégie »"),
    ("soumettre", lambda d: AxeFactory(demarche=d), "Retenir au moins une fiche"),
    ("soumettre", lambda d: FicheFactory(demarche=d, proposee=True), "elle est encore proposée"),
    ("soumettre", lambda d: FicheAction.objects.update(pilote=""), "Nommer le pilote"),
    ("soumettre", lambda d: Indicateur.objects.all().delete(), "au moins un indicateur"),
    ("soumettre", lambda d: FinancementFactory(fiche=d.fiches.get()), "dépassent le budget de 5\u202f000"),
    ("soumettre", lambda d: Signataire.objects.all().delete(), "Désigner au moins un signataire"),
    ("ouvrir_signature", lambda d: Signataire.objects.update(qualite=""), "Donner la qualité"),
    ("ouvrir_signature", lambda d: Signataire.objects.update(engagement=" "), "Écrire l’engagement"),
    ("ouvrir_signature", lambda d: Signataire.objects.update(utilisateur=None), "Aucun compte ne signera"),
    ("clore", lambda d: Papier.objects.all().delete(), "Préparer le bilan de"),
]  # fmt: skip


@pytest.mark.parametrize(("nom", "retirer", "phrase"), CONDITIONS)
def test_une_condition_bloque_et_se_dit_sur_la_page_et_dans_le_refus(
    client, demarche, coordination, nom, retirer, phrase
):
    mettre_a(demarche, PASSAGES[nom].depuis)
    retirer(demarche)
    figees = VersionFigee.objects.count()
    page = client.get(reverse("demarche", args=[demarche.uuid]))
    assert any(phrase in texte for texte, _ in page.context["bloquants"]), page.context["bloquants"]
    assert all(url.startswith(f"/demarches/{demarche.uuid}/") for _, url in page.context["bloquants"])
    assert "bloque le passage" in page.content.decode()
    refus = franchir(client, demarche, nom, follow=True)
    assert phrase in refus.content.decode()
    assert etape_de(demarche) == PASSAGES[nom].depuis
    assert VersionFigee.objects.count() == figees


AVERTISSEMENTS = [
    ("ouvrir_strategie", lambda d: Constat.objects.update(thematique=None), "ne croise qu’une thématique"),
    ("ouvrir_plan", lambda d: EnjeuFactory(demarche=d, retenu=True), "Aucun axe ne répond"),
    ("soumettre", lambda d: d.fiches.get().financements.all().delete(), "il manque 10\u202f000\u00a0€"),
    ("soumettre", lambda d: FicheAction.objects.update(nature="existante"), "l’existant ne suffit pas"),
]  # fmt: skip


@pytest.mark.parametrize(("nom", "changer", "phrase"), AVERTISSEMENTS)
def test_un_avertissement_se_dit_sans_bloquer(client, demarche, coordination, nom, changer, phrase):
    mettre_a(demarche, PASSAGES[nom].depuis)
    changer(demarche)
    page = client.get(reverse("demarche", args=[demarche.uuid]))
    assert any(phrase in texte for texte, _ in page.context["avertissements"])
    franchir(client, demarche, nom)
    assert etape_de(demarche) == PASSAGES[nom].vers


def test_soumettre_fige_une_version_et_met_un_document_en_file(client, demarche, coordination):
    mettre_a(demarche, Etape.PLAN_ACTIONS)
    for _ in range(2):  # un double clic ne soumet qu'une fois
        franchir(client, demarche, "soumettre")
    version = VersionFigee.objects.get()
    assert (version.numero, version.figee_par) == (1, coordination)
    assert Document.objects.get().version_figee == version
    demarche.refresh_from_db()
    assert demarche.soumise_le is not None
    assert Evenement.objects.filter(action="soumettre la feuille de route").count() == 1


def motiver(client, demarche, acte, motif="Le territoire a changé.", code=""):
    nom, arguments = ("demarche_rouvrir", [code]) if code else ("demarche_acte", [acte])
    return client.post(reverse(nom, args=[demarche.uuid, *arguments]), {"motif": motif})


ACTES = {
    "abandonner": (set(ABANDON_POSSIBLE), lambda etape: Etape.ABANDONNEE),
    "reviser": (set(REVISION_POSSIBLE), lambda etape: Etape.PLAN_ACTIONS),
}


@pytest.mark.parametrize("etape", Etape)
@pytest.mark.parametrize("acte", ACTES)
def test_abandonner_et_reviser_selon_l_etape_et_le_role(client, demarche, gens, acte, etape):
    possibles, arrivee = ACTES[acte]
    mettre_a(demarche, etape)
    for qui in QUI:
        client.force_login(gens[qui])
        a_le_role = qui in DROITS["conduire"].roles
        with essai_sans_trace():
            statut = motiver(client, demarche, acte).status_code
            passe = a_le_role and etape in possibles
            attendu = 404 if qui == "dehors" else 403 if not a_le_role else 302 if passe else 422
            assert statut == attendu, qui
            assert etape_de(demarche) == (arrivee(etape) if passe else etape), qui


@pytest.mark.parametrize("acte", ACTES)
def test_un_acte_sans_motif_est_refuse(client, demarche, coordination, acte):
    mettre_a(demarche, Etape.SIGNEE if acte == "reviser" else Etape.ENJEUX)
    assert motiver(client, demarche, acte, motif="  ").status_code == 422
    assert etape_de(demarche) in {Etape.SIGNEE, Etape.ENJEUX}
    assert client.get(reverse("demarche_acte", args=[demarche.uuid, acte])).status_code == 200
    assert client.get(reverse("demarche_acte", args=[demarche.uuid, "detruire"])).status_code == 404


@pytest.mark.parametrize("code", [*CodeJalon, "inconnu"])
@pytest.mark.parametrize("etape", [Etape.PLAN_ACTIONS, Etape.SOUMISE])
def test_rouvrir_un_jalon_invalide_les_suivants(client, demarche, coordination, code, etape):
    mettre_a(demarche, etape)
    statut = motiver(client, demarche, "rouvrir", code=code).status_code
    if code == "inconnu":
        assert statut == 404
    elif code not in parcours.RETOUR or etape == Etape.SOUMISE:
        assert statut == 422
        assert etape_de(demarche) == etape
    else:
        assert etape_de(demarche) == parcours.RETOUR[code]
        codes = CodeJalon.values
        acquis = set(demarche.jalons.filter(etat=EtatJalon.VALIDE).values_list("code", flat=True))
        assert acquis == set(codes[: codes.index(code)])
        assert Evenement.objects.filter(action="rouvrir").get().vers == "Le territoire a changé."


def test_abandonner_annule_les_seances_a_venir_et_previent(client, demarche, coordination):
    elue = PersonneFactory(gouvernance=demarche.gouvernance, email="elue@essais.example", elu=True)
    siege = SiegeFactory(instance__demarche=demarche, structure=elue.structure, personne=elue)
    a_venir = SeanceFactory(instance=siege.instance, debut=timezone.now() + timedelta(days=20))
    tenue = SeanceFactory(instance=siege.instance, close=True)
    PointFactory(seance=a_venir)
    convocations.convoquer(a_venir.pk, par=coordination)
    motiver(client, demarche, "abandonner")
    etats = {seance.pk: seance.etat for seance in Seance.objects.all()}
    assert (etats[a_venir.pk], etats[tenue.pk]) == ("annulee", "close")
    genres = Courriel.objects.filter(destinataire=elue.email).values_list("genre", flat=True)
    assert len(genres) == 2


def test_abandonner_libere_le_perimetre(client, demarche, coordination):
    PerimetreFactory(demarche=demarche)
    motiver(client, demarche, "abandonner")
    assert not DemarcheEpci.objects.get().actif
    page = client.get(reverse("demarche", args=[demarche.uuid])).content.decode()
    assert "Le territoire a changé." in page
    assert "La démarche est abandonnée." in page
