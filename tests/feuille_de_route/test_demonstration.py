"""La démonstration se joue par les règles, se reprend où on l'a coupée, et ne se rejoue pas."""

import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.utils import timezone

from ateliers.models import EtatChantier
from diagnostic import references
from diagnostic.models import EtatEnjeu
from feuille_de_route import parcours
from feuille_de_route.axes.fil_d_or import de_l_export, orphelins
from feuille_de_route.axes.lecture_du_fil import lire_avec_les_seances
from feuille_de_route.demonstration import comptes, textes, travailleur
from feuille_de_route.demonstration.calendrier import Calendrier
from feuille_de_route.demonstration.jeu import DemonstrationImpossible
from feuille_de_route.demonstration.pieces import jouer
from feuille_de_route.documents import production
from feuille_de_route.documents.verification import verifier
from feuille_de_route.financement import compte
from feuille_de_route.mise_en_oeuvre import bilans, revues
from feuille_de_route.models import (
    Commentaire,
    Document,
    EtatFiche,
    EtatSignature,
    Financement,
    LienDeFiche,
    NatureDocument,
    OrigineFiche,
    Releve,
    Remarque,
    Transmission,
)
from feuille_de_route.redaction.completude import a_remplir
from feuille_de_route.transmission import envoi
from gouvernance.acteurs import colleges
from gouvernance.geographie import territoires
from gouvernance.models import (
    Demarche,
    Etape,
    EtatSeance,
    Evenement,
    Seance,
    Structure,
    Utilisateur,
)
from gouvernance.socle import coffre
from tests.documents.fabriques import page

pytestmark = [pytest.mark.django_db, pytest.mark.lent]


class Coupure(Exception):
    """On tire la prise."""


def travailler(demarche) -> None:
    """Le travailleur Celery, dans le même processus."""
    for modele, agir in ((Document, production.produire), (Transmission, envoi.envoyer)):
        for pk in list(modele.objects.a_faire().filter(demarche=demarche).values_list("pk", flat=True)):
            agir(pk)


def travailler_puis_couper(demarche) -> None:
    """Le travail est fait, mais qui l'attendait n'est plus là."""
    travailler(demarche)
    raise Coupure


def jouer_par_bribes(tenus: int) -> int:
    """Joue jusqu’au bout, coupée tous les `tenus` pas et à chaque attente ; rend le nombre de coupures."""
    coupures = 0
    while True:
        dits = []

        def dire(phrase, dits=dits):
            dits.append(phrase)
            if len([d for d in dits if "déjà jouée" not in d]) > tenus:
                raise Coupure

        try:
            jouer(dire, avancer=travailler_puis_couper)
        except Coupure:
            coupures += 1
        else:
            return coupures


@pytest.fixture
def reference(settings, monkeypatch):
    """Territoires, collèges et thématiques ; les messages au travailleur ne partent pas."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    monkeypatch.setattr(travailleur.app, "send_task", lambda *args, **kwargs: None)
    territoires.charger()
    colleges.charger_defauts()
    references.charger()


@pytest.fixture
def document_court(monkeypatch):
    """Un PDF d'une page, avec ses emplacements de signature : sa mise en page ne compte pas ici."""
    champs = [*(f"Signature{ordre}" for ordre in range(1, 5)), "Sceau"]

    def html(document):
        return page(*champs if document.nature == NatureDocument.A_SIGNER else ())

    monkeypatch.setattr(production, "html_du_document", html)


def lignes() -> dict[str, int]:
    return {m._meta.label: m.objects.count() for m in apps.get_models() if m._meta.app_label in NOS_APPS}


NOS_APPS = {"gouvernance", "diagnostic", "ateliers", "feuille_de_route"}


def test_coupee_a_tout_moment_elle_va_au_bout_et_ne_se_rejoue_pas(reference):
    assert jouer_par_bribes(tenus=4) > 20
    demarche = Demarche.objects.get(nom__startswith="Dordogne")
    _verifier_la_dordogne(demarche)
    _verifier_la_methode(demarche)
    _verifier_les_fiches(demarche)
    _verifier_le_fil_d_or(demarche)
    _verifier_le_plan_d_actions(demarche)
    _verifier_le_journal(demarche)
    _verifier_le_pdf(demarche)
    _verifier_les_autres(demarche)
    _verifier_que_rien_ne_se_rejoue()


def _verifier_la_dordogne(demarche):
    assert demarche.etape == Etape.MISE_EN_OEUVRE
    fige = json.loads(demarche.versions.get().canonique)
    colleges_presents = {s["college"]["code"] for s in fige["structures"]}
    assert (len(fige["membres"]), len(colleges_presents) >= 8) == (12, True)
    instances = {i.type: i for i in demarche.instances.all()}
    assert set(instances) == {"copil", "cotech", "partenarial"}
    assert instances["copil"].sieges.filter(president=True).count() == 2
    tenues = Seance.objects.filter(instance__demarche=demarche)
    assert (tenues.count(), {s.etat for s in tenues}) == (6, {EtatSeance.CLOSE})
    comptees = (demarche.constats, demarche.enjeux, demarche.axes.filter(parent=None), demarche.fiches)
    assert [c.count() for c in comptees] == [12, 5, 4, 14]
    assert (demarche.ateliers.count(), demarche.signataires.count()) == (2, 4)
    etats = Counter(c.etat for c in demarche.chantiers.all())
    assert etats == {EtatChantier.CONCLUANT: 1, EtatChantier.EN_INVESTIGATION: 1}
    assert demarche.fiches.filter(chantier__etat=EtatChantier.CONCLUANT).exists()
    assert not Structure.objects.exclude(siret=None).exists()


def _verifier_la_methode(demarche):
    for enjeu in demarche.enjeux.all():
        assert (enjeu.etat, enjeu.question[-1], enjeu.rang is not None) == (EtatEnjeu.RETENU, "?", True)
        assert enjeu.constats.count() >= 2
        assert len(set(enjeu.constats.values_list("thematique", flat=True))) >= 2, enjeu
    assert demarche.sessions.get().votes.values("structure").distinct().count() == 5
    premier, second = demarche.ateliers.order_by("date")
    assert 50 <= (second.date - premier.date).days <= 75
    for atelier in (premier, second):
        convertie = atelier.contributions.exclude(enjeu=None, chantier=None)
        assert (atelier.sous_groupes.count() >= 3, convertie.count()) == (True, 1)
    publiees = demarche.constats.filter(mesures__serie__demonstration=False).distinct().count()
    inventees = demarche.constats.filter(mesures__serie__demonstration=True).distinct().count()
    assert (publiees, inventees) == (6, 6)
    for serie in {m.serie for c in demarche.constats.all() for m in c.mesures.all() if m.serie.demonstration}:
        assert "démonstration" in serie.source.lower()


def _verifier_les_fiches(demarche):
    soldes = Counter()
    for fiche in demarche.fiches.all():
        assert (fiche.etat, a_remplir(fiche)) == (EtatFiche.RETENUE, [])
        assert fiche.etapes.count() >= 2, fiche
        assert fiche.indicateurs.count() >= 2, fiche
        assert fiche.partenariats.count() >= 2, fiche
        assert fiche.financements.exclude(etat="refuse").count() >= 2, fiche
        assert fiche.lignes_budget.values("annee").distinct().count() >= 2, fiche
        soldes[compte(fiche).phrase] += 1
    assert soldes == {"le plan est équilibré": 13, "il manque 12\u202f000\u00a0€": 1}
    assert set(demarche.fiches.values_list("nature", flat=True)) == {"existante", "renforcee", "nouvelle"}
    du_partenaire = demarche.fiches.filter(cree_par__email="partenaire@demo.example")
    assert du_partenaire.count() == 3
    propose = Evenement.objects.filter(
        demarche=demarche, action="proposer", par__email="partenaire@demo.example"
    )
    assert {e.objet_id for e in propose} == {str(f.pk) for f in du_partenaire}
    assert [m for m in parcours.PASSAGES["soumettre"].conditions(demarche) if m.bloquant] == []


def _verifier_le_fil_d_or(demarche):
    """Complet d'un bout à l'autre, dans la version figée et sur le site, chaque maillon avec sa séance."""
    fige = de_l_export(json.loads(demarche.versions.get().canonique))
    fiches = list(demarche.fiches.select_related("decision__seance__instance").order_by("numero"))
    for fil in (fige, lire_avec_les_seances(demarche, fiches)):
        assert (orphelins(fil), len(fil.constats), len(fil.fiches)) == ([], 12, 14)
        tous = [*fil.constats, *fil.enjeux, *fil.axes, *fil.fiches]
        assert [m for m in tous if fil.validation(m) is None] == []


def _verifier_le_plan_d_actions(demarche):
    """Chaque pièce du plan d'actions se voit : lien, remarques, avis, commentaires, argent, suivi."""
    fige = json.loads(demarche.versions.get().canonique)
    for fiche in fige["fiches"]:
        remplis = ("origine", "besoins", "premiere_annee", "competences", "copilotes", "instance_suivi")
        assert [cle for cle in remplis if not fiche[cle]] == [], fiche["titre"]
        assert len(fiche["avis"]) == 1
    demandes = [(d["etat"], d["accorde"]) for d in fige["demandes_subvention"]]
    assert demandes == [("acceptee", "15000.00"), ("acceptee", "30000.00")]
    assert [e["plafond"] for e in fige["enveloppes"]] == ["45500.00"]
    datees = Financement.objects.filter(fiche__demarche=demarche).exclude(annee=None)
    assert datees.values("annee").distinct().count() == 3
    lien = LienDeFiche.objects.get(fiche__demarche=demarche)
    assert (lien.ecrit_le is not None, lien.fiche.etat) == (True, EtatFiche.RETENUE)
    remarques = Remarque.objects.filter(fiche__demarche=demarche)
    assert (remarques.count(), remarques.filter(levee_le=None).count()) == (2, 0)
    assert Commentaire.objects.filter(fiche__demarche=demarche, resolu_le__isnull=False).exists()
    suivies = demarche.fiches.exclude(etat_realisation="")
    assert {f.meteo for f in suivies} >= {"beau", "nuageux", "pluie"}
    releves = Releve.objects.filter(indicateur__fiche__demarche=demarche)
    assert releves.values("indicateur").annotate(n=Count("pk")).filter(n__gte=2).count() >= 4
    _verifier_le_comite_de_suivi(demarche)


def _verifier_le_comite_de_suivi(demarche):
    """Après la signature, un COPIL s'est tenu sur la revue : elle a de quoi dire, il en a décidé."""
    seance = Seance.objects.filter(instance__demarche=demarche).latest("debut")
    assert seance.debut.date() >= demarche.signee_le.date()
    dit = revues.contenu(seance)
    assert (len(dit["bouge"]), len(dit["releves"]) >= 5) == (8, True)
    proposes = {propose["cle"] for propose in revues.proposables(dit)}
    assert proposes == revues.deja_inscrites(seance)
    decidees = set(seance.decisions.exclude(cible=None).values_list("cible", flat=True))
    assert {str(cle) for cle in decidees} == {demande["cle"] for demande in dit["a_decider"]}
    assert bilans.contenu(demarche, timezone.localdate().year)["decisions"]


def _verifier_le_journal(demarche):
    """Chaque changement d'étape est au journal, par la bonne personne."""
    etapes = Evenement.objects.filter(demarche=demarche, objet_type="demarche").order_by("pk")
    histoire = [(e.action, e.par and e.par.email.split("@")[0]) for e in etapes]
    attendue = [
        ("ouvrir la démarche", "anct"), ("ouvrir le diagnostic", "departement"),
        ("ouvrir les enjeux", "departement"), ("ouvrir la stratégie", "departement"),
        ("ouvrir le plan d’actions", "departement"), ("soumettre la feuille de route", "departement"),
        ("valider", "prefecture"), ("ouvrir la signature", "prefecture"), ("sceller", None),
        ("transmettre", "prefecture"),
        ("accuser réception", "anct"),
    ]  # fmt: skip
    assert [h for h in histoire if h in attendue] == attendue
    crees = set(Evenement.objects.filter(demarche=demarche).values_list("objet_type", "objet_id"))
    contenu = (demarche.constats, demarche.enjeux, demarche.ateliers, demarche.chantiers, demarche.axes,
               demarche.fiches, demarche.signataires, demarche.instances, demarche.documents)  # fmt: skip
    for objets in contenu:
        assert {(o._meta.model_name, str(o.pk)) for o in objets.all()} <= crees, objets.model
    signeurs = Evenement.objects.filter(demarche=demarche, action="signer").order_by("pk")
    assert [e.par.email.split("@")[0] for e in signeurs] == ["prefete", "elu", "caf", "maires"]


def _verifier_le_pdf(demarche):
    document = demarche.documents.get(nature="a_signer")
    assert {s.etat for s in document.signatures.all()} == {EtatSignature.APPOSEE}
    assert document.pages > 20
    assert verifier(coffre.lire(document.empreinte)).complet
    transmission = demarche.transmissions.get()
    assert (transmission.etat, transmission.reference_accuse != "") == ("accusee", True)


def _verifier_les_autres(departementale):
    locale = Demarche.objects.get(nom__startswith="Périgord noir")
    assert (locale.etape, locale.parente, locale.epcis.count()) == (Etape.PLAN_ACTIONS, departementale, 3)
    assert set(locale.fiches.values_list("etat", flat=True)) == set(EtatFiche.values)
    a_venir = Seance.objects.get(instance__demarche=locale, etat=EtatSeance.CONVOQUEE)
    assert a_venir.debut > a_venir.cree_le
    assert locale.points_de_blocage.filter(leve_le=None).count() >= 2
    assert {m.bloquant for m in parcours.manques(locale)} == {True, False}
    assert locale.fiches_partagees.count() == 2
    assert locale.demandes_subvention.get().etat == "brouillon"
    reprise = locale.fiches.get(origine=OrigineFiche.REPRISE)
    assert reprise.reprise_de.demarche == departementale
    assert locale.axes.exclude(axe_departemental=None).count() == 2
    correze = Demarche.objects.get(nom__startswith="Corrèze")
    assert correze.etape == Etape.CADRAGE
    assert [m.utilisateur.email for m in correze.mandats.all()] == ["anct@demo.example"]


def _verifier_que_rien_ne_se_rejoue():
    uniques = Evenement.objects.filter(
        action__in=["soumettre la feuille de route", "transmettre", "ouvrir la démarche", "signer"]
    )
    assert set(Counter(uniques.values_list("action", "objet")).values()) == {1}
    Demarche.objects.get(nom__startswith="Périgord noir").fiches.get(etat=EtatFiche.PROPOSEE).delete()
    avant, dits = lignes(), []
    pdf = jouer(dits.append, avancer=travailler)
    assert lignes() == avant
    assert [d for d in dits if "déjà jouée" not in d] == []
    assert verifier(pdf.read_bytes()).complet


def test_chaque_contretemps_se_dit_et_la_commande_reprend(reference, document_court, monkeypatch, capsys):
    dits = []
    assert jouer(dits.append, avancer=travailler, patienter=False) is None
    assert any("En file" in d and "Relancez" in d for d in dits)
    assert Demarche.objects.get(nom__startswith="Dordogne").etape == Etape.SOUMISE
    with pytest.raises(DemonstrationImpossible, match="travailleur Celery tourne-t-il"):
        jouer(dits.append, avancer=lambda _: None, delai=0)
    _echouer(monkeypatch)
    assert jouer(dits.append, avancer=travailler).name == "feuille-de-route-dordogne.pdf"
    call_command("jouer_demo")
    trouve = re.search(r"(/\S[^\n]*?\.pdf)\b", capsys.readouterr().out)
    assert Path(trouve.group(1)).read_bytes().startswith(b"%PDF-")


def _echouer(monkeypatch):
    """Le document échoue pour de bon ; le lancement suivant doit le reprendre."""

    def casser(_):
        raise RuntimeError("disque plein")

    def travailler_mal(demarche):
        Document.objects.a_faire().update(essais=7)
        travailler(demarche)

    with monkeypatch.context() as casse:
        casse.setattr(production, "html_du_document", casser)
        with pytest.raises(DemonstrationImpossible, match="a échoué"):
            jouer(lambda _: None, avancer=travailler_mal)


def test_rien_ne_se_joue_en_production(settings, reference):
    settings.EN_PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        call_command("jouer_demo")
    with pytest.raises(DemonstrationImpossible, match="production"):
        comptes.creer()
    assert not Utilisateur.objects.exists()


def test_sans_territoires_la_commande_dit_quoi_faire():
    with pytest.raises(CommandError, match="charger_territoires"):
        call_command("jouer_demo")


def test_la_typographie_est_francaise():
    assert textes.typographier("l'État : « oui » ? 12 000 €") == (
        "l’État\u00a0: «\u00a0oui\u00a0»\u202f? 12\u202f000\u00a0€"
    )


def test_on_ne_se_reunit_ni_en_aout_ni_le_dimanche():
    calendrier = Calendrier(date(2026, 1, 5))
    jours = [calendrier.jour(n) for n in range(400)]
    assert not [j for j in jours if j.month == 8 or j.weekday() > 4]
    assert jours == sorted(jours)
