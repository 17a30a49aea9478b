"""Chaque contrainte de nos tables refuse, sous son nom ; et par un écran, elle devient une phrase."""

import uuid

import pytest
from django.db import IntegrityError, connection, models, transaction
from django.test import override_settings
from django.utils import timezone

from ateliers.models import Contribution
from diagnostic.models import Constat, Regard
from feuille_de_route.models import Axe, FicheAction, LienDeFiche, Papier
from gouvernance.models import Etape, Membre
from tests.feuille_de_route.fabriques import BesoinFactory
from tests.feuille_de_route.fabriques_partenaires import LienDeFicheFactory
from tests.feuille_de_route.saisies import envoi
from tests.gouvernance.fabriques import PerimetreFactory, SiegeFactory
from tests.robustesse.scene import adresse, mettre_a, modeles, scene

CONTRAINTES = {c.name: (modele, c) for modele in modeles() for c in modele._meta.constraints}
MAINTENANT = timezone.now()

LIEN = {"lien": LienDeFiche.objects.values("pk")[:1]}
# Ce qui viole chaque règle : des valeurs posées sans passer par le modèle.
INTERDITS = {
    "avis_motive": {"sens": "defavorable", "texte": ""},
    "lien_de_fiche_ouvert": {"ecrit_le": MAINTENANT},
    "remarque_ecrite": {"texte": ""},
    "demande_acceptee_chiffree": {"accorde": 1},
    "demande_decidee_datee": {"decidee_le": MAINTENANT},
    "demande_deposee_datee": {"deposee_le": None},
    "demande_motivee": {"motif": ""},
    "demande_positive": {"montant_etp": -1},
    "demande_sous_le_budget": {"budget": 1},
    "enveloppe_annee": {"annee": 1800},
    "enveloppe_dates_ordonnees": {"ouverte_le": "2027-01-01", "close_le": "2026-01-01"},
    "financement_annee": {"annee": 1800},
    "plafond_positif": {"montant": -1},
    "axe_fne_connu": {"axe_fne": 9},
    "axe_public_nomme": {"genre": "public", "public": ""},
    "axe_parent_autre": {"parent": models.F("pk")},
    "commentaire_ecrit": {"texte": ""},
    "commentaire_un_auteur": lambda lieu: LIEN | {"cree_par": lieu.gens["elu"]},
    "piece_de_fiche_un_auteur": lambda lieu: LIEN | {"cree_par": lieu.gens["elu"]},
    "commentaire_resolu_date": {"resolu_le": MAINTENANT, "resolu_par": None},
    "chantier_conclu_date": {"conclu_le": MAINTENANT},
    "contribution_convertie_une_fois": lambda lieu: {
        "enjeu": lieu.retenu, "chantier": lieu.demarche.chantiers.first()
    },
    "courriel_envoye_date": {"etat": "envoye", "envoye_le": None},
    "decision_cible_entiere": {"cible_type": "fiche", "cible": None},
    "decision_reserves_dites": {"reserves": "Sans dire lesquelles."},
    "demarche_abandon_motive": {"abandonnee_le": MAINTENANT},
    "demarche_dates_ordonnees": {"debut": "2027-01-01", "fin": "2026-01-01"},
    "demarche_signee_datee": {"etape": "signee", "soumise_le": MAINTENANT, "validee_le": MAINTENANT},
    "demarche_soumise_datee": {"soumise_le": MAINTENANT},
    "demarche_transmise_datee": {"etape": "transmise", "soumise_le": MAINTENANT, "validee_le": MAINTENANT},
    "demarche_validee_datee": {"validee_le": MAINTENANT},
    "echeance_type_date_ou_jours": {"date": "2026-01-01", "jours": 3},
    "document_fige_sauf_projet": {"nature": "projet"},
    "document_pret_a_un_fichier": {"empreinte": ""},
    "enjeu_ecarte_motive": {"etat": "ecarte", "motif": "", "rang": None},
    "fiche_dates_ordonnees": {"debut": "2027-01-01", "fin": "2026-01-01"},
    "fiche_ecartee_motivee": {"etat": "ecartee", "motif": "", "proposee_le": None},
    "fiche_priorite_connue": {"priorite": 99},
    "fiche_proposee_datee": {"etat": "proposee", "proposee_le": None},
    "fiche_realisation_connue": {"etat_realisation": "ailleurs", "suivie_le": MAINTENANT},
    "fiche_suivie_datee": {"etat_realisation": "en_cours", "suivie_le": None},
    "point_de_suivi_freins_dits": {"meteo": "pluie", "freins": ""},
    "fiche_retenue_datee": {"etat": "retenue", "retenue_le": None},
    "financement_acquis_chiffre": {"etat": "acquis", "obtenu": None},
    "financement_positif": {"demande": -1},
    "invitation_acceptee_ou_annulee": lambda lieu: {
        "acceptee_le": MAINTENANT, "annulee_le": MAINTENANT, "utilisateur": lieu.gens["elu"]
    },
    "invitation_acceptee_par_un_compte": {"acceptee_le": MAINTENANT},
    "instance_existante_nommee": {"type": "existante", "instance_hote": ""},
    "instance_moteur_d_un_epci": {"type": "groupe_moteur", "epci": None},
    "jalon_valide_par_decision": {"etat": "valide"},
    "ligne_budget_annee": {"annee": 1800},
    "ligne_budget_positive": {"montant": -1},
    "elu_sensibilite_bornee": {"sensibilite": 4},
    "membre_confirme_date": {"confirme_le": None},
    "membre_refus_motive": {"statut": "refuse", "confirme_le": None},
    "rencontre_tenue_datee": {"tenue_le": MAINTENANT},
    "piece_contenu_ou_coffre": {"contenu": "texte", "empreinte": "0" * 64},
    "point_cible_entiere": {"cible_type": "", "cible": uuid.uuid4()},
    "papier_de_seance": {"seance": None},
    "papier_pret_a_un_fichier": {"empreinte": ""},
    "presence_pouvoir_a_un_autre": {"etat": "represente", "pouvoir_a": models.F("siege")},
    "presence_pouvoir_nomme": {"etat": "represente"},
    "regard_accord_borne": {"accord": 3},
    "seance_close_datee": {"close_le": MAINTENANT},
    "seance_ouverte_datee": {"ouverte_le": None},
    "signature_apposee_datee": {"apposee_le": MAINTENANT},
    "signature_consentie_datee": {"consentie_le": MAINTENANT},
    "signature_refusee_motivee": {"refusee_le": MAINTENANT},
    "transmission_accusee_referencee": {"accusee_le": MAINTENANT},
    "transmission_envoyee_datee": {"envoyee_le": None},
    "vote_points_positifs": {"points": -1},
}  # fmt: skip
# Des unicités dont une ligne simplement doublée violerait d'abord une autre.
DOUBLES = {
    "lien_de_fiche_unique": lambda lieu: LienDeFicheFactory(
        fiche=lieu.demarche.fiches.get(uuid=lieu.ids["fiche_uuid"]), email=LienDeFiche.objects.get().email
    ),
    "besoin_rang_unique": lambda lieu: BesoinFactory(
        demarche=lieu.demarche, code="appui_juridique", rang=lieu.demarche.besoins.get().rang
    ),
    "jalon_ordre_unique": lambda lieu: lieu.demarche.jalons.filter(ordre=2).update(ordre=1),
    "membre_statut_connu": lambda _: Membre.objects.update(statut="ailleurs", confirme_le=None),
    "papier_format_connu": lambda _: Papier.objects.update(format="exe"),
    "perimetre_sans_recouvrement": lambda lieu: PerimetreFactory(
        epci=lieu.perimetre.epci, demarche__gouvernance=lieu.perimetre.demarche.gouvernance
    ),
    "signature_unique": lambda lieu: lieu.document.signatures.filter(ordre=2).update(
        signataire=lieu.document.signatures.get(ordre=1).signataire
    ),
}
# Deux règles disent la même chose : la première des deux parle.
AUSSI = {
    "transmission_etat_connu": "transmission_envoyee_datee",
    "vote_points_positifs": "diagnostic_vote_points_check",
}
IMMUABLES = {"version_numero_unique", "version_empreinte_hexa"}  # l'insertion est essayée dans test_versions


@pytest.fixture(scope="module")
def lieu(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("coffre")):
            lieu = scene("24")
        lieu.perimetre = PerimetreFactory()
        yield lieu
        transaction.set_rollback(True)


def enumeration(contrainte):
    """Le champ d'une contrainte « valeur parmi », sinon None."""
    feuilles = getattr(getattr(contrainte, "condition", None), "children", [])
    seule = feuilles[0] if len(feuilles) == 1 and isinstance(feuilles[0], tuple) else ("", "")
    champ, _, operateur = seule[0].partition("__")
    return champ if operateur == "in" and isinstance(contrainte, models.CheckConstraint) else None


def a_dire() -> list[str]:
    return sorted(
        nom for nom, (_, c) in CONTRAINTES.items()
        if isinstance(c, models.CheckConstraint) and not enumeration(c) and nom not in IMMUABLES
    )  # fmt: skip


def test_chaque_regle_de_la_base_a_son_essai():
    assert sorted(INTERDITS) == a_dire()


def violer(nom: str, lieu) -> None:
    if nom in DOUBLES:
        DOUBLES[nom](lieu)
        return
    modele, contrainte = CONTRAINTES[nom]
    lignes = modele.objects.filter(pk=modele.objects.filter(_concernees(nom, contrainte)).order_by("pk")[:1])
    assert lignes.exists(), f"la scène n’a pas de quoi essayer {nom}"
    if isinstance(contrainte, models.UniqueConstraint):
        doubler(lignes.get())
        return
    valeurs = INTERDITS.get(nom) or {enumeration(contrainte): "ailleurs"}
    lignes.update(**(valeurs(lieu) if callable(valeurs) else valeurs))


def _concernees(nom, contrainte):
    """Les lignes sur lesquelles la règle porte."""
    if nom.startswith("document_"):
        return models.Q(nature="a_signer")
    if nom.startswith("seance_"):
        return models.Q(etat="ouverte")
    unique = isinstance(contrainte, models.UniqueConstraint) and nom != "transmission_unique"
    return (contrainte.condition if unique else None) or models.Q()


def doubler(objet) -> None:
    """La même ligne une seconde fois, ses identifiants propres mis à part."""
    for champ in objet._meta.concrete_fields:
        if champ.unique and not champ.primary_key:
            libre = uuid.uuid4() if isinstance(champ, models.UUIDField) else _autre(champ, objet)
            setattr(objet, champ.attname, libre)
    objet.pk, objet._state.adding = None, True
    objet.save(force_insert=True)


def _autre(champ, objet):
    valeur = getattr(objet, champ.attname)
    if champ.name == "email":
        return valeur.upper()
    return f"{valeur}-bis" if isinstance(valeur, str) else valeur


@pytest.mark.parametrize("nom", sorted(set(CONTRAINTES) - IMMUABLES))
def test_la_base_refuse(nom, lieu, db):
    if nom == "transmission_unique":  # la scène n'a qu'un envoi revenu : on en met un en file
        envoi_revenu = lieu.demarche.transmissions.get()
        type(envoi_revenu).objects.update(etat="en_file", envoyee_le=None)
    with connection.cursor() as curseur:
        curseur.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError) as refus, transaction.atomic():
        violer(nom, lieu)
    assert refus.value.__cause__.diag.constraint_name in {nom, AUSSI.get(nom)}


def _compte(lieu, client):
    client.force_login(lieu.gens["coordination"])
    return lieu.gens["coordination"]


# (contrainte, étape, adresse, ce que l'on change dans un envoi par ailleurs juste)
PAR_ECRAN = [
    ("demarche_dates_ordonnees", Etape.CADRAGE, "demarche_modifier",
     {"debut": "2027-01-01", "fin": "2026-01-01"}),
    ("regard_accord_borne", Etape.DIAGNOSTIC, "regard_ajouter",
     {"accord": "3", "posture": "elu", "auteur": "Maire", "texte": "Vu."}),
    ("constat_tendance_connue", Etape.DIAGNOSTIC, "constat_modifier", {"tendance": "ailleurs"}),
    ("vote_points_positifs", Etape.ENJEUX, "session_voter", "-1"),
    ("axe_fne_connu", Etape.STRATEGIE, "axe_modifier", {"axe_fne": "9"}),
    ("axe_parent_autre", Etape.STRATEGIE, "axe_modifier", lambda lieu: {"parent": _axe(lieu).pk}),
    ("instance_frequence_connue", Etape.CADRAGE, "instance_modifier", {"frequence": "jamais"}),
    ("instance_existante_nommee", Etape.CADRAGE, "instance_ajouter", {"type": "existante"}),
    ("instance_moteur_d_un_epci", Etape.CADRAGE, "instance_ajouter", {"type": "groupe_moteur"}),
    ("siege_unique", Etape.CADRAGE, "siege_modifier", lambda lieu: {
        "structure": lieu.autre.pk, "personne": ""}),
    ("signataire_ordre_unique", Etape.PLAN_ACTIONS, "signataire_modifier", {"ordre": "2"}),
    ("besoin_unique", Etape.PLAN_ACTIONS, "besoin_ajouter", {"code": "animer_la_gouvernance"}),
    ("sous_groupe_unique", Etape.PLAN_ACTIONS, "sous_groupe_ajouter", lambda lieu: {
        "nom": Contribution.objects.get(uuid=lieu.ids["contribution"]).sous_groupe.nom}),
    ("session_ouverte_unique", Etape.ENJEUX, "session_ouvrir", {"points": "10"}),
    ("mandat_unique", Etape.CADRAGE, "mandat_ajouter", lambda lieu: {
        "email": lieu.gens["elu"].email, "role": "elu"}),
    ("membre_unique", Etape.CADRAGE, "membre_ajouter", lambda lieu: {"structure": lieu.autre.pk}),
    ("decision_reserves_dites", Etape.CADRAGE, "decision_consigner", {
        "nature": "validation_reserves", "objet": "Réserves", "reserves": ""}),
    ("decision_reserves_dites", Etape.CADRAGE, "decision_consigner", {
        "nature": "orientation", "objet": "Réserves", "reserves": "De trop."}),
    ("demarche_departementale_unique", Etape.CADRAGE, "demarche_ouvrir", {
        "nom": "Une autre", "perimetre": "departemental"}),
]  # fmt: skip
PAR_SECTION = [
    ("fiche_dates_ordonnees", "temps", {"debut": "2027-01-01", "fin": "2026-01-01"}),
    ("fiche_nature_connue", "identite", {"nature": "ailleurs"}),
    ("fiche_priorite_connue", "identite", {"priorite": "99"}),
    ("ligne_budget_positive", "moyens", {"lignes_budget-0-montant": "-1"}),
    ("ligne_budget_annee", "moyens", {"lignes_budget-0-annee": "1800"}),
    ("financement_positif", "moyens", {"financements-0-demande": "-1"}),
    ("financement_acquis_chiffre", "moyens", {"financements-0-etat": "acquis", "financements-0-obtenu": ""}),
    ("partenariat_unique", "acteurs", lambda lieu: {
        "partenariats-1-structure": lieu.autre.pk, "partenariats-1-apport": "Encore"}),
]  # fmt: skip


def _axe(lieu) -> Axe:
    return Axe.objects.get(uuid=lieu.ids["axe_uuid"])


def _envoyer(client, chemin, changement, lieu):
    formulaire = client.get(chemin).context["formulaire"]
    if changement == "-1":
        changement = dict.fromkeys(formulaire.fields, "-1")
    changement = changement(lieu) if callable(changement) else changement
    return client.post(chemin, envoi(formulaire, **changement))


@pytest.mark.parametrize("cas", PAR_ECRAN, ids=range(len(PAR_ECRAN)))
def test_par_un_ecran_la_contrainte_est_une_phrase(cas, lieu, client, db, caplog):
    nom, etape, ecran, changement = cas
    assert nom in CONTRAINTES
    _compte(lieu, client)
    mettre_a(lieu.demarche, etape)
    siege = SiegeFactory(instance=lieu.demarche.instances.get()) if ecran == "siege_modifier" else None
    ou = {"siege": siege.uuid} if siege else {}
    avant = list(CONTRAINTES[nom][0].objects.order_by("pk").values())
    reponse = _envoyer(client, adresse(ecran, lieu.ids, **ou), changement, lieu)
    assert reponse.status_code == 422, reponse.status_code
    assert any(reponse.context["formulaire"].errors.values())
    assert "La base a refusé" not in caplog.text  # la règle a parlé avant elle
    assert list(CONTRAINTES[nom][0].objects.order_by("pk").values()) == avant


@pytest.mark.parametrize("cas", PAR_SECTION, ids=[c[0] for c in PAR_SECTION])
def test_par_une_section_de_fiche_la_contrainte_est_une_phrase(cas, lieu, client, db, caplog):
    nom, code, changement = cas
    assert nom in CONTRAINTES
    _compte(lieu, client)
    mettre_a(lieu.demarche, Etape.PLAN_ACTIONS)
    reponse = _envoyer(client, adresse("fiche_section", lieu.ids, code=code), changement, lieu)
    assert reponse.status_code == 422
    assert "La base a refusé" not in caplog.text


def test_la_scene_couvre_les_objets_imbriques(lieu, db):
    """Un garde-fou de la scène elle-même : ce que ces essais croient y trouver y est."""
    assert FicheAction.objects.filter(demarche=lieu.demarche).count() == 2
    assert Regard.objects.filter(constat__demarche=lieu.demarche).exists()
    assert Constat.objects.filter(demarche=lieu.demarche).count() == 2
