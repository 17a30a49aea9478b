"""Hors de sa fenêtre d'étapes, chaque acte est refusé avec sa phrase, et rien n'est écrit."""

import re
from html import unescape

import pytest
from django.db import transaction
from django.utils.html import strip_tags

from gouvernance.models import Etape, Evenement
from gouvernance.permissions import ADMINISTRATION
from tests.robustesse.matrice import ACTES, FORMULAIRES, SANS_ETAPE, TOUS_LES_DROITS
from tests.robustesse.scene import adresse, compter, mettre_a, tout
from tests.robustesse.test_adresses import donnees_de
from tests.robustesse.test_formulaires import COMPLEMENTS, ETAPES, complet, ouvrir, preparer, signer_la_fiche

SUITE = [etape for etape in Etape if etape != Etape.ABANDONNEE]
GARDES = {nom: droit for nom, droit in (ACTES | FORMULAIRES).items() if droit not in SANS_ETAPE}
# Ce que la règle dit, quand ce n'est pas la phrase du droit de l'adresse.
PHRASES = {
    "adhesion_consigner": "On ne peut plus adhérer au cahier des charges",
    "contribution_retirer": "contribuer à un atelier",
    "fiche_agir": "modifier les fiches actions",
    "fiche_piece_joindre": "modifier les fiches actions",
    "fiche_piece_retirer": "modifier les fiches actions",
    "fiche_remarque": "modifier les fiches actions",
    "fiche_renvoyer": "modifier les fiches actions",
    "fiche_section": "modifier les fiches actions",
    "regard_retirer": "donner son regard",
    "signataire_modifier": "On ne peut plus désigner les signataires",
    "signer": "Le tour de signature n’est pas ouvert.",
    "signature_refuser": "Le tour de signature n’est pas ouvert.",
    "transmission_demander": "il n’y a rien à transmettre",
}
SANS_ABANDON = {"signer", "signature_refuser"}  # leur phrase est la même à toute autre étape


def hors_fenetre(nom_du_droit: str) -> list[Etape]:
    """L'étape juste avant, celle juste après, et l'abandon."""
    droit = TOUS_LES_DROITS[nom_du_droit]
    avant = [e for e in SUITE if e.rang < droit.depuis.rang][-1:]
    apres = [e for e in SUITE if e.rang > droit.jusqu_a.rang][:1]
    return [*avant, *apres, Etape.ABANDONNEE]


def envoi_de(nom, lieu, client) -> tuple[str, dict]:
    """L'adresse et une saisie que l'étape permise accepterait."""
    if nom in ACTES:
        mettre_a(lieu.demarche, Etape.PLAN_ACTIONS)
        client.force_login(lieu.gens["coordination"])
        if ACTES[nom] == "suivre_fiches":
            signer_la_fiche(lieu)
        return adresse(nom, lieu.ids), donnees_de(nom, lieu)
    chemin = preparer(nom, lieu, client)
    return chemin, complet(ouvrir(client, chemin), lieu) | COMPLEMENTS.get(nom, lambda _: {})(lieu)


MESSAGES = re.compile(
    r'<(\w+)[^>]*class="[^"]*(?:fr-alert|fr-error-text|fr-message--error)[^"]*".*?</\1>', re.S
)


def dit(client, reponse) -> str:
    """Ce que la page reproche, ou celle où l'on est renvoyé avec le refus."""
    if reponse.status_code == 302:
        reponse = client.get(reponse.url, follow=True)
    page = reponse.content.decode()
    reproches = page if reponse.status_code == 403 else " ".join(m.group() for m in MESSAGES.finditer(page))
    return " ".join(unescape(strip_tags(reproches)).split())


def phrase_attendue(nom: str, etape: Etape) -> str:
    """Écrite ici, et non demandée à la règle que l'on éprouve."""
    droit = TOUS_LES_DROITS[GARDES[nom]]
    if etape == Etape.ABANDONNEE and nom not in SANS_ABANDON:
        return "La démarche est abandonnée : elle ne se modifie plus."
    tard = etape.rang > droit.jusqu_a.rang
    return PHRASES.get(nom) or f"{'On ne peut plus' if tard else 'On pourra'} {droit.libelle}"


@pytest.mark.parametrize("nom", sorted(GARDES))
def test_hors_de_sa_fenetre_un_acte_est_refuse_avec_sa_phrase(nom, lieu, client, db):
    ecarts = {}
    for etape in hors_fenetre(GARDES[nom]):
        with transaction.atomic():
            chemin, donnees = envoi_de(nom, lieu, client)
            mettre_a(lieu.demarche, etape)
            avant = tout()
            reponse = client.post(chemin, donnees)
            phrase = phrase_attendue(nom, etape)
            if tout() != avant:
                ecarts[etape.value] = "a écrit"
            elif reponse.status_code not in {302, 403, 422}:
                ecarts[etape.value] = reponse.status_code
            elif phrase not in (texte := dit(client, reponse)):
                ecarts[etape.value] = texte
            transaction.set_rollback(True)
    assert ecarts == {}


def test_la_fenetre_de_chaque_droit_est_essayee():
    assert len(GARDES) > 90
    assert {ADMINISTRATION} < {role for droit in GARDES.values() for role in TOUS_LES_DROITS[droit].roles}
    assert sum(len(hors_fenetre(droit)) for droit in GARDES.values()) > 130


# Ce que la scène refuse, ou qui n’y change rien : rien ne s’écrit ; l’essai de leur écran fait le reste.
SANS_EFFET = {
    "adherer", "adhesions_relancer", "axe_deplacer", "axe_supprimer", "besoin_agir", "constat_supprimer",
    "demarche_franchir", "demarche_rouvrir", "document_reessayer", "elu_retirer", "fiche_partager",
    "instance_succeder", "instance_supprimer", "jalons", "limite_remplacer",
    "mesures_choisir", "projet_editer", "revue_inscrire", "seance_prevenir", "siege_monter",
    "siege_supprimer",
    "signataire_retirer", "signature_redemander", "subvention_supprimer", "transmission_reessayer",
}  # fmt: skip
OUVERTES = {"perimetrer": Etape.CADRAGE, "consigner_vote": Etape.ENJEUX, **ETAPES}


@pytest.mark.parametrize("nom", sorted(GARDES))
def test_dans_sa_fenetre_un_acte_s_inscrit_au_journal(nom, lieu, client, db):
    """Qui, quoi, quand : toute adresse qui écrit laisse au moins une ligne."""
    with transaction.atomic():
        chemin, donnees = envoi_de(nom, lieu, client)
        mettre_a(lieu.demarche, OUVERTES.get(GARDES[nom], Etape.PLAN_ACTIONS))
        avant, dernier = compter(), Evenement.objects.latest("pk").pk
        reponse = client.post(chemin, donnees)
        auteurs = set(Evenement.objects.filter(pk__gt=dernier).values_list("par", flat=True))
        ecrit = compter() != avant
        transaction.set_rollback(True)
    attendus = {lieu.gens["coordination"].pk, lieu.gens[ADMINISTRATION].pk}
    if nom == "bibliotheque_reprendre":
        attendus.add(None)  # le territoire d'origine n'apprend pas qui s'en inspire
    assert ecrit == bool(auteurs) == (nom not in SANS_EFFET), dit(client, reponse)
    assert auteurs <= attendus
