"""Une démarche menée de rien au jalon du cadrage validé, par trois personnes et au clavier seul : la
coordination, un élu et un partenaire, chacun devant son navigateur.
"""

import re

import pytest
from django.core import mail

from gouvernance import courriels
from gouvernance.acteurs import colleges
from gouvernance.conduite import calendriers
from gouvernance.models import CodeJalon, College, Courriel, EtatCourriel
from tests.gouvernance.fabriques import (
    DemarcheFactory,
    EpciFactory,
    MandatFactory,
    PerimetreFactory,
    StructureFactory,
    UtilisateurFactory,
)
from tests.gouvernance.situations import situation
from tests.navigateur.clavier import Clavier

pytestmark = [pytest.mark.navigateur, pytest.mark.lent, pytest.mark.django_db(transaction=True)]

NOM = "Feuille de route numérique de la Dordogne"
PHRASE = "une phrase de passe"
ELU, PARTENAIRE = "elu@essais.example", "partenaire@essais.example"
PREFECTURE, EPCI, ASSOCIATION = "Préfecture de la Dordogne", "CC du Périgord", "Emmaüs Connect Dordogne"
COPIL = "Comité de pilotage (COPIL)"
CAHIER = {
    "Contexte": "Un département rural où l’on vit loin des guichets.",
    "Objectifs": "Que chacun trouve de l’aide à moins de vingt minutes de chez lui.",
    "Méthode": "Un diagnostic partagé, deux ateliers, cinq validations.",
}


@pytest.fixture
def departement(settings, live_server):
    """Rien encore pour le département : une préfecture connue, dont un compte coordonne un groupe d'EPCI."""
    settings.ADRESSE_PUBLIQUE = live_server.url
    colleges.charger_defauts()
    calendriers.charger_defauts()
    prefecture = StructureFactory(nom=PREFECTURE, college=College.objects.get(code="etat"))
    compte = UtilisateurFactory(
        email="coordination@essais.example", prenom="Chargée", nom="de mission", structure=prefecture
    )
    compte.set_password(PHRASE)
    compte.save()
    epci = EpciFactory(nom="CC du Val")
    voisine = DemarcheFactory(nom="Feuille de route du Val", groupement=True)
    PerimetreFactory(demarche=voisine, epci=epci, departement=voisine.gouvernance.departement)
    MandatFactory(utilisateur=compte, demarche=voisine)


@pytest.fixture
def poste(ouvrir_session):
    """`poste(qui)` : une personne devant son clavier, dans un navigateur à elle."""
    return lambda qui: Clavier(ouvrir_session(), qui)


def test_trois_personnes_valident_le_cadrage_au_clavier(departement, poste):
    coordination, elu, partenaire = poste("coordination"), poste("élu"), poste("partenaire")
    _se_connecter(coordination)
    _ouvrir_la_demarche(coordination)
    _reunir_les_membres(coordination)
    _constituer_le_copil(coordination)
    _fixer_les_jalons(coordination)
    _ecrire_le_cahier(coordination)
    _inviter(coordination)
    _accepter(elu, ELU, "Élu", "du Périgord")
    _accepter(partenaire, PARTENAIRE, "Animatrice", "du réseau")
    _adherer(partenaire, ASSOCIATION)
    _adherer(coordination, PREFECTURE)
    _convoquer(coordination)
    _tenir_la_seance(coordination)
    _lire_la_decision(elu)
    _voir_la_suite(coordination)
    assert [faute for personne in (coordination, elu, partenaire) for faute in personne.fautes] == []


def _se_connecter(p: Clavier) -> None:
    p.aller("/")
    p.atteindre("link", "Contenu")
    p.touche("Enter")  # le lien d'évitement mène au contenu, pas au menu
    assert p.onglet.evaluate("document.activeElement.closest('main') !== null")
    p.suivre("Se connecter")
    p.saisir("Adresse électronique", "coordination@essais.example")
    p.saisir("Mot de passe", "ce n’est pas le bon")
    p.presser("Se connecter")
    p.lit("Il y a une erreur", "L’adresse électronique ou le mot de passe ne correspond pas.")
    assert p.onglet.evaluate("document.activeElement.matches('[data-resume-erreurs]')")
    p.saisir("Mot de passe", PHRASE)
    p.presser("Se connecter")


def _ouvrir_la_demarche(p: Clavier) -> None:
    p.suivre("Ouvrir une démarche")
    p.saisir("Nom", NOM)
    p.dater("Début", "2026-12-12", "12122026")
    p.presser("Ouvrir la démarche")
    p.lit("La démarche est ouverte.", "Écrire les objectifs dans le cahier des charges.")
    p.suivre("Gouvernance")
    p.suivre("Modifier la gouvernance")
    p.saisir("Sous-préfet référent", "Le sous-préfet de Sarlat")
    p.saisir("Note de contexte", "Deux réunions préparatoires ont eu lieu.")
    p.presser("Enregistrer")
    p.lit("Le sous-préfet de Sarlat", "Deux réunions préparatoires ont eu lieu.")


def _reunir_les_membres(p: Clavier) -> None:
    p.suivre("Ajouter un membre")
    p.choisir("Structure déjà connue", PREFECTURE)
    p.cocher("Co-porteur de la démarche")
    p.presser("Ajouter et continuer")
    for nom, college in ((EPCI, "EPCI"), (ASSOCIATION, "Associations et économie sociale et solidaire")):
        p.saisir("Nom de la nouvelle structure", nom)
        p.choisir("Collège", college)
        p.presser("Ajouter et continuer")
    p.suivre("Revenir sans enregistrer")
    for nom in (PREFECTURE, EPCI, ASSOCIATION):
        p.presser(f"Confirmer : {nom}")
    p.lit("3 membres confirmés")


def _constituer_le_copil(p: Clavier) -> None:
    p.suivre("Vue d’ensemble")
    p.suivre("Ajouter une personne")
    for prenom, nom, structure, qualite, adresse in (
        ("Élu", "du Périgord", EPCI, "Élu", ELU),
        ("Animatrice", "du réseau", ASSOCIATION, "Acteur de terrain", PARTENAIRE),
    ):
        p.choisir("Structure", structure)
        p.saisir("Prénom", prenom)
        p.saisir("Nom", nom)
        p.choisir("Qualité", qualite)
        p.saisir("Adresse électronique", adresse)
        p.presser("Ajouter et continuer")
    p.suivre("Gouvernance")
    p.suivre("Créer une instance")
    p.choisir("Type", COPIL)
    p.saisir("Mandat", "Il valide chaque jalon.")
    p.presser("Créer l’instance")
    p.lit("Ajoutez maintenant ses sièges")  # sa page s'ouvre
    p.suivre("Composer à partir d’un modèle")
    p.decocher(f"Ajouter : {ASSOCIATION}")  # une personne connue l'y représentera
    p.presser("Ajouter les lignes cochées")
    p.suivre("Ajouter des sièges")
    p.cocher(f"Siège : {EPCI}, Élu du Périgord")
    p.cocher(f"Siège : {ASSOCIATION}, Animatrice du réseau")
    p.presser("Ajouter les sièges cochés")
    p.lit("Composition (13 sièges)", "Co-présidée par Préfecture de la Dordogne et Conseil départemental")


def _fixer_les_jalons(p: Clavier) -> None:
    p.suivre("Calendrier et jalons")
    p.presser("12 mois")
    p.lit("Le calendrier « 12 mois » est posé")
    for libelle in CodeJalon.labels:
        p.choisir(f"Qui valide « {libelle} »", COPIL)
    p.presser("Enregistrer le calendrier")


def _ecrire_le_cahier(p: Clavier) -> None:
    p.suivre("Cahier des charges")
    p.suivre("Écrire le cahier des charges")
    for section, texte in CAHIER.items():
        p.saisir(section, texte)
    p.presser("Enregistrer")
    p.lit(*CAHIER.values())


def _inviter(p: Clavier) -> None:
    p.suivre("Gouvernance")
    p.suivre("Inviter quelqu’un")
    p.presser("Envoyer l’invitation")  # trop vite : l'adresse manque, le résumé le dit et y mène
    p.suivre_l_erreur("Adresse électronique")
    for adresse, role, structure in (
        (ELU, "Élu, membre du COPIL", EPCI),
        (PARTENAIRE, "Partenaire", ASSOCIATION),
    ):
        p.saisir("Adresse électronique", adresse)
        p.choisir("Rôle", role)
        p.choisir("Structure", structure)
        p.presser("Envoyer l’invitation")
        p.lit("L’invitation est envoyée.", adresse)


def _accepter(p: Clavier, adresse: str, prenom: str, nom: str) -> None:
    """Ouvre le lien du courriel qui est vraiment parti."""
    lettre = _courrier("invitation", adresse)
    p.aller(re.search(r"https?://\S+/invitation/\S+", lettre.body).group())
    p.lit("Chargée de mission vous invite", NOM)
    p.saisir("Prénom", prenom)
    p.saisir("Nom", nom)
    p.saisir("Mot de passe", PHRASE)
    p.saisir("Le même mot de passe", PHRASE)
    p.presser("Accepter et ouvrir mon compte")
    p.lit("C’est fait : vous avez le rôle")


def _adherer(p: Clavier, structure: str) -> None:
    p.suivre("Accueil")
    p.suivre("Lire le cahier des charges et y adhérer au nom de votre structure.")
    p.presser("Adhérer au nom de ma structure")
    p.lit(f"« {structure} » adhère au cahier des charges.")


def _convoquer(p: Clavier) -> None:
    p.suivre("Séances et décisions")
    p.suivre("Planifier une séance")
    p.choisir("Jalon à faire valider", "Cahier des charges")
    p.choisir("Instance", COPIL)
    p.dater("Date et heure", "2027-01-01T10:10", "01012027", "1010A")
    p.saisir("Lieu", "Préfecture, salle Claude-Érignac")
    p.presser("Planifier la séance")
    p.presser("Convoquer")
    p.lit("La séance est convoquée : 2 courriels en partance.")
    for adresse in (ELU, PARTENAIRE):
        nom, agenda, genre = _courrier("convocation", adresse).attachments[0]
        assert nom == "seance.ics"
        assert genre.startswith("text/calendar")
        assert "DTSTART;TZID=Europe/Paris:20270101T101000" in agenda


def _tenir_la_seance(p: Clavier) -> None:
    p.presser("Ouvrir la séance")
    p.presser("Oui, l’ouvrir aujourd’hui")
    for siege in (PREFECTURE, f"{EPCI} – Élu du Périgord", f"{ASSOCIATION} – Animatrice du réseau"):
        p.opter(siege, "Présent")
    p.presser("Noter les présences")
    p.lit("3 sièges présents ou représentés")
    p.suivre("Décider du point 1")
    p.opter("Nature", "Validation")
    p.presser("Consigner la décision")
    p.lit("La décision est consignée.")
    p.presser("Clore la séance")
    p.lit("Close")


def _lire_la_decision(p: Clavier) -> None:
    p.suivre("Séances et décisions")
    p.suivre(COPIL)
    p.lit("-COPIL-01-D1", "Validation du jalon « Cahier des charges »")


def _voir_la_suite(p: Clavier) -> None:
    p.suivre("Où en est-on ?")
    p.lit("Le jalon « Cahier des charges » est validé", "-COPIL-01-D1", "Prochain jalon : Diagnostic")
    p.suivre("Calendrier et jalons")
    p.lit("Validé")
    p.suivre("Où en est-on ?")
    p.presser("Ouvrir le diagnostic")
    p.lit("Étape 2 sur 12")


def _courrier(genre: str, adresse: str):
    """Le travailleur passe : le courriel en file part, et arrive."""
    lettre = Courriel.objects.get(genre=genre, destinataire=adresse, etat=EtatCourriel.EN_FILE)
    assert courriels.envoyer(lettre.pk)
    return next(m for m in reversed(mail.outbox) if m.to == [adresse] and m.subject == lettre.sujet)


def test_en_etroit_le_menu_et_les_parties_s_ouvrent_au_clavier(ouvrir_session):
    lieu = situation()
    p = Clavier(ouvrir_session(lieu.gens["elu"], largeur=360), "élu, en étroit")
    p.aller(f"/demarches/{lieu.uuid}/")
    p.atteindre("link", "Menu")
    p.touche("Enter")  # le menu est replié : le lien d'évitement mène à son bouton
    p.atteindre("button", "Menu")
    p.touche("Enter")
    p.atteindre("button", "Fermer")
    p.atteindre("link", "Vérifier un PDF")
    p.touche("Escape")
    p.onglet.wait_for_function("document.activeElement.id === 'bouton-menu'")
    p.deplier("Menu de la démarche")
    p.suivre("Séances et décisions")
    p.lit("Séances et décisions")
    assert p.fautes == []
