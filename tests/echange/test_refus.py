"""Un fichier faux est refusé en entier : chaque faute à son chemin, et rien n'est écrit."""

import os
import random

import pytest

from feuille_de_route.echange.erreurs import ErreurImport
from feuille_de_route.echange.importer import importer
from gouvernance.models import Demarche, Evenement
from tests.diagnostic.fabriques import MesureFactory
from tests.echange.conftest import EXEMPLE
from tests.echange.essai_a_blanc import a_blanc, compter
from tests.gouvernance.fabriques import DemarcheFactory, PerimetreFactory

MUTATIONS = int(os.environ.get("ECHANGE_MUTATIONS", "300"))


def poser(donnees, chemin: str, valeur):
    """Remplace (ou ajoute) la valeur au bout d'un chemin « fiches.0.budget.1.montant »."""
    *debut, fin = [int(pas) if pas.isdigit() else pas for pas in chemin.split(".")]
    for pas in debut:
        donnees = donnees[pas]
    if isinstance(donnees, list) and fin == len(donnees):
        donnees.append(valeur)
    else:
        donnees[fin] = valeur


def refus(donnees) -> list:
    """Les fautes d'un fichier refusé ; vérifie que rien n'est écrit."""
    avant = compter()
    with pytest.raises(ErreurImport) as erreur:
        importer(donnees)
    assert compter() == avant
    return erreur.value.erreurs


# Chaque ligne : ce que l'on met dans l'exemple, le chemin de la faute attendue, un mot de la phrase.
FAUX = [
    ("format", "autre", "$.format", "feuille-de-route"),
    ("version_format", "2.0", "$.version_format", "1.0"),
    ("version_format", None, "$.version_format", "obligatoire"),
    ("demarche.nom", None, "$.demarche.nom", "obligatoire"),
    ("demarche.nom", "   ", "$.demarche.nom", "obligatoire"),
    ("demarche.nom", "x" * 201, "$.demarche.nom", "200 au plus"),
    ("demarche.nom", 12, "$.demarche.nom", "texte"),
    ("demarche.nom", "a\x00b", "$.demarche.nom", "nul"),
    ("demarche.nom", "a\ud800b", "$.demarche.nom", "substitut"),
    ("demarche.departement", {}, "$.demarche.departement.code", "obligatoire"),
    ("demarche.departement.code", "999", "$.demarche.departement.code", "Département inconnu"),
    ("demarche.identifiant", "Été 24", "$.demarche.identifiant", "sans accent"),
    ("demarche.fin", "2020-01-01", "$.demarche.fin", "précède"),
    ("demarche.debut", "2025-02-30", "$.demarche.debut", "n’existe pas"),
    ("demarche.debut", "01/09/2025", "$.demarche.debut", "AAAA-MM-JJ"),
    ("demarche.debut", "2025-09-01\n", "$.demarche.debut", "AAAA-MM-JJ"),
    ("demarche.contrat", "bail", "$.demarche.contrat", "parmi"),
    ("demarche.epcis", [{"siren": "200041572"}], "$.demarche.epcis", "groupement"),
    ("demarche.epcis", [{"siren": "123456789"}], "$.demarche.epcis[0].siren", "EPCI inconnu"),
    ("demarche.parente", "inconnue", "$.demarche.parente", "Aucune démarche"),
    ("demarche.porteur", "P1", "$.demarche.porteur", "désigne une personne"),
    ("demarche.titre", "x", "$.demarche.titre", "Clé inconnue"),
    ("demarche.perimètre", "x", "$.demarche.perimètre", "« perimetre »"),
    ("structures.0.siret", "12345678901234", "$.structures[0].siret", "SIRET"),
    ("structures.0.siret", "22240001900014", "$.structures[1].siret", "déjà"),
    ("structures.0.college.code", "etats", "$.structures[0].college.code", "« etat »"),
    ("structures.0.ref", "S2", "$.structures[1].ref", "déjà prise"),
    ("structures.0", "CAF", "$.structures[0]", "objet"),
    ("membres.0.structure", "S2", "$.membres[1].structure", "déjà"),
    ("instances.0.quorum", -1, "$.instances[0].quorum", "au moins 0"),
    ("instances.0.quorum", 40000, "$.instances[0].quorum", "au plus"),
    ("instances.0.quorum", True, "$.instances[0].quorum", "entier"),
    ("instances.0.quorum", 2.0, "$.instances[0].quorum", "guillemets"),
    ("instances.1.succede_a", "I1", "$.instances[0].succede_a", "tourne en rond"),
    ("instances.0.sieges.2.structure", "S99", "$.instances[0].sieges[2].structure", "ne désigne rien"),
    ("cahier_des_charges.adhesions.1.edition", 4, "$.cahier_des_charges.adhesions[1].edition", "pas encore"),
    ("jalons.1.echeance", "2025-01-01", "$.jalons[1].echeance", "précède"),
    ("jalons.1.code", "cadrage", "$.jalons[1].code", "déjà"),
    ("jalons.0.instance", "I2", "$.seances[0].decisions[0].jalon", "se décide par « I2 »"),
    ("jalons.2.etat", "valide", "$.jalons[2].etat", "par une décision"),
    ("jalons.0.etat", "renvoye", "$.jalons[0].etat", "donne « valide »"),
    ("jalons.0.decision", "D3", "$.jalons[0].decision", "ni ne renvoie"),
    ("jalons", [], "$.seances[0].decisions[0].jalon", "pas d’instance désignée"),
    ("seances.0.etat", "planifiee", "$.seances[0].etat", "ouverte ou close"),
    ("seances.0.debut", "2025-10-20 14:30", "$.seances[0].debut", "AAAA-MM-JJTHH"),
    ("seances.0.debut", "2025-10-20T25:30:00Z", "$.seances[0].debut", "n’existe pas"),
    ("seances.0.presences.2.pouvoir_a", None, "$.seances[0].presences[2].pouvoir_a", "pouvoir"),
    ("seances.0.presences.2.pouvoir_a", "G3", "$.seances[0].presences[2].pouvoir_a", "soi-même"),
    ("seances.0.presences.0.siege", "G4", "$.seances[0].presences[0].siege", "pas de l’instance"),
    ("seances.1.decisions.0.reserves", None, "$.seances[1].decisions[0].reserves", "énonce"),
    ("seances.0.decisions.0.reserves", "x", "$.seances[0].decisions[0].reserves", "Seule"),
    ("diagnostic.series.0.code", "autre", "$.diagnostic.constats[0].mesures[0].serie", "pas décrite"),
    ("diagnostic.constats.0.mesures.0.valeur", "1e3", "$.diagnostic.constats[0].mesures[0].valeur", "point"),
    ("diagnostic.constats.0.mesures.0.annee", 1850, "$.diagnostic.constats[0].mesures[0].annee", "1990"),
    ("diagnostic.constats.0.mesures.0.annee", 2023, "$.diagnostic.constats[0].mesures[1]", "déjà citée"),
    ("diagnostic.constats.0.thematique.code", "x", "$.diagnostic.constats[0].thematique.code", "inconnue"),
    ("diagnostic.constats.0.regards.0.accord", 3, "$.diagnostic.constats[0].regards[0].accord", "au plus 2"),
    ("enjeux.1.motif", None, "$.enjeux[1].motif", "pourquoi"),
    ("enjeux.0.constats.1", "C1", "$.enjeux[0].constats", "répète"),
    ("chantiers.0.conclusion", None, "$.chantiers[0].conclusion", "conclusion"),
    ("ateliers.0.contributions.0.sous_groupe", "X", "$.ateliers[0].contributions[0].sous_groupe", "« X »"),
    ("axes.0.axe_fne", 5, "$.axes[0].axe_fne", "parmi"),
    ("axes.0.sous_axes.0.sous_axes", [], "$.axes[0].sous_axes[0].sous_axes", "deux niveaux"),
    ("axes.0.axe_departemental", {"numero": "1"}, "$.axes[0].axe_departemental.numero", "parente"),
    ("axes.0.genre", "public", "$.axes[0].public", "dit lequel"),
    ("axes.0.public", "jeunes", "$.axes[0].public", "Seul un axe par public"),
    ("axes.0.sous_axes.0.public", None, "$.axes[0].sous_axes[0].public", "dit lequel"),
    ("axes.0.genre", "saison", "$.axes[0].genre", "parmi"),
    ("fiches.1.numero", 1, "$.fiches[1].numero", "déjà"),
    ("fiches.0.decision", "D9", "$.fiches[0].decision", "ne désigne rien"),
    ("fiches.0.budget.0.montant", "-1.00", "$.fiches[0].budget[0].montant", "positif"),
    ("fiches.0.budget.0.montant", "10000000000.00", "$.fiches[0].budget[0].montant", "limites"),
    ("fiches.0.budget.0.montant", 12.5, "$.fiches[0].budget[0].montant", '"12.5"'),
    ("fiches.0.budget.0.annee", 1999, "$.fiches[0].budget[0].annee", "2000"),
    ("fiches.0.financements.0.obtenu", None, "$.fiches[0].financements[0].obtenu", "obtenu"),
    ("fiches.0.financements.0.annee", 1999, "$.fiches[0].financements[0].annee", "2000"),
    ("fiches.0.competences.0", "cuisine", "$.fiches[0].competences[0]", "parmi"),
    ("fiches.0.origine", "reve", "$.fiches[0].origine", "parmi"),
    ("fiches.0.contribution", "K1", "$.fiches[0].contribution", "désigne un chantier"),
    ("fiches.0.copilotes.1", "S2", "$.fiches[0].copilotes", "répète"),
    ("fiches.0.instance_suivi", "R1", "$.fiches[0].instance_suivi", "désigne une séance"),
    ("fiches.0.budget.0.realise", "-3.00", "$.fiches[0].budget[0].realise", "positif"),
    ("fiches.0.etapes.0.faite_le", "hier", "$.fiches[0].etapes[0].faite_le", "AAAA-MM-JJ"),
    ("fiches.0.indicateurs.0.releves.1.le", "2026-12-31",
     "$.fiches[0].indicateurs[0].releves[1].le", "déjà"),
    ("fiches.0.indicateurs.0.releves.0.valeur", None,
     "$.fiches[0].indicateurs[0].releves[0].valeur", "obligatoire"),
    ("fiches.0.avis.0.texte", None, "$.fiches[0].avis[0].texte", "pourquoi"),
    ("fiches.0.avis.0.seance", "R1", "$.fiches[0].avis[0].seance", "pas de l’instance"),
    ("fiches.0.avis.0.instance", None, "$.fiches[0].avis[0].instance", "obligatoire"),
    ("fiches.0.suivi.1.freins", None, "$.fiches[0].suivi[1].freins", "freine"),
    ("fiches.0.suivi.0.etat", "finie", "$.fiches[0].suivi[0].etat", "parmi"),
    ("fiches.1.reprise_de.ref", "F2", "$.fiches[1].reprise_de.ref", "d’elle-même"),
    ("fiches.1.reprise_de.ref", "F9", "$.fiches[1].reprise_de.ref", "ne désigne rien"),
    ("fiches.1.reprise_de.uuid", "x", "$.fiches[1].reprise_de.uuid", "forme"),
    ("fiches_partagees.0", {"mot": "la même"}, "$.fiches_partagees[0].uuid", "obligatoire"),
    ("enveloppes.0.annee", 1999, "$.enveloppes[0].annee", "2000"),
    ("enveloppes.0.close_le", "2026-01-01", "$.enveloppes[0].close_le", "avant d’ouvrir"),
    ("enveloppes.0.plafond", "21999.99", "$.enveloppes[0].plafond", "dépassent"),
    ("demandes_subvention.0.enveloppe", "Autre", "$.demandes_subvention[0].enveloppe", "pas décrite"),
    ("demandes_subvention.0.fiche", "A1", "$.demandes_subvention[0].fiche", "désigne un axe"),
    ("demandes_subvention.0.budget", "23999.99", "$.demandes_subvention[0].budget", "dépassent le budget"),
    ("demandes_subvention.0.accorde", None, "$.demandes_subvention[0].accorde", "montant accordé"),
    ("demandes_subvention.0.etat", "refusee", "$.demandes_subvention[0].motif", "pourquoi"),
    ("demandes_subvention.1.deposee_le", "2026-03-02", "$.demandes_subvention[1].deposee_le", "brouillon"),
    ("demandes_subvention.1.decidee_le", "2026-03-02", "$.demandes_subvention[1].decidee_le", "Seule"),
    ("fiches.0.services.0", "cuisine", "$.fiches[0].services[0]", "parmi"),
    ("fiches.0.partenaires.1", {"structure": "S1"}, "$.fiches[0].partenaires[1].structure", "déjà"),
    ("fiches.1.etat", "ecartee", "$.fiches[1].motif", "pourquoi"),
    ("besoins.0.code", "chauffer", "$.besoins[0].code", "parmi"),
    ("signataires.0.nom", None, "$.signataires[0].nom", "obligatoire"),
    ("signataires", {}, "$.signataires", "liste"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("ou", "valeur", "chemin", "mot"), FAUX, ids=[f"{f[0]}-{n}" for n, f in enumerate(FAUX)]
)
def test_une_faute_est_dite_a_son_chemin(referentiels, exemple, ou, valeur, chemin, mot):
    poser(exemple, ou, valeur)
    assert any(e.chemin == chemin and mot in e.message for e in refus(exemple)), refus(exemple)


SYNTAXE = [
    (b"", "ligne 1, colonne 1"),
    (b"{", "ligne 1"),
    (b'{"format":\n  oups}', "ligne 2, colonne 3"),
    (b"\xff\xfe{}", "UTF-8"),
    (b"[]", "objet JSON"),
    (b"null", "objet JSON"),
    (b"[" * 200_000, "niveaux"),
    (b'{"a":' * 50 + b"1" + b"}" * 50, "niveaux"),
    (b'{"format": NaN}', "guillemets"),
    (b'{"format": ' + b"9" * 5000 + b"}", "chiffres"),
    (b'{"format": "a", "format": "b"}', "deux fois"),
    (b'{"\\ud800": 1}', "clé"),
    (b" " * (5 * 1024 * 1024 + 1), "5 Mo"),
    ("\ud800", "JSON"),
]


@pytest.mark.parametrize(("octets", "mot"), SYNTAXE, ids=range(len(SYNTAXE)))
def test_un_fichier_illisible_est_refuse_d_une_phrase(referentiels, octets, mot):
    assert mot in " ".join(e.message for e in refus(octets))


def test_toutes_les_fautes_sont_dites_d_un_coup(referentiels, exemple):
    """De forme, de référence, de règle et de base à la fois."""
    DemarcheFactory(nom="Celle qui court", identifiant="24-exemple")
    poser(exemple, "demarche.nom", 3)
    poser(exemple, "fiches.0.axe", "A9")
    poser(exemple, "fiches.0.fin", "2020-01-01")
    trouvees = {e.chemin: e.message for e in refus(exemple)}
    attendues = [
        "$.demarche.nom",
        "$.fiches[0].axe",
        "$.fiches[0].fin",
        "$.demarche.identifiant",
        "$.demarche.perimetre",
    ]
    assert sorted(trouvees) == sorted(attendues)
    assert "« 24-exemple-2 » est libre" in trouvees["$.demarche.identifiant"]
    assert "Celle qui court" in trouvees["$.demarche.perimetre"]


def test_un_epci_deja_couvert_nomme_l_autre_demarche(referentiels, exemple):
    PerimetreFactory(epci_id="200041572", demarche__nom="Vallées voisines")
    exemple["demarche"] |= {"perimetre": "groupement", "epcis": [{"siren": "200041572"}]}
    assert [e.chemin for e in refus(exemple)] == ["$.demarche.epcis[0].siren"]
    assert "Vallées voisines" in refus(exemple)[0].message


def test_une_valeur_publiee_ne_change_pas_par_import(referentiels, exemple):
    code = exemple["diagnostic"]["series"][0]["code"]
    MesureFactory(serie__code=code, territoire="24", annee=2021, valeur="20.1")
    faute = refus(exemple)[0]
    assert faute.chemin == "$.diagnostic.constats[0].mesures[0].valeur"
    assert "20.1" in faute.message


def test_un_conflit_pendant_l_ecriture_devient_une_phrase(referentiels, exemple, monkeypatch):
    """Deux imports au même instant : le second passe les contrôles, la base l'arrête."""
    importer(exemple)
    monkeypatch.setattr("feuille_de_route.echange.importer.base.fautes", lambda donnees: [])
    assert [e.chemin for e in refus(exemple)] == ["$"]


def test_le_journal_dit_qui_a_importe(referentiels, exemple):
    demarche = importer(exemple)
    evenement = Evenement.objects.get()
    assert (evenement.action, evenement.demarche) == ("importer", demarche)


def muter(octets: bytes, hasard: random.Random) -> bytes:
    """Abîme un à six endroits : octet changé, ôté, morceau doublé, déplacé ou jeton remplacé."""
    for _ in range(hasard.randint(1, 6)):
        ici, la = sorted(hasard.randrange(len(octets) + 1) for _ in range(2))
        la = min(la, ici + 60)
        jeton = hasard.choice(
            [b"null", b"-1", b"1e99", b'"S1"', b"[]", b"{}", b'""', b"true", b'"\\u0000"', b'"2026-02-31"']
        )
        octets = hasard.choice([
            octets[:ici] + bytes([hasard.randrange(256)]) + octets[ici + 1:],
            octets[:ici] + octets[la:],
            octets[:la] + octets[ici:la] + octets[la:],
            _remplacer_une_valeur(octets, jeton, hasard),
        ])  # fmt: skip
    return octets


def _remplacer_une_valeur(octets: bytes, jeton: bytes, hasard: random.Random) -> bytes:
    valeurs = octets.split(b'":')
    rang = hasard.randrange(1, max(2, len(valeurs)))
    if rang < len(valeurs):
        fin = min(
            (valeurs[rang].find(c) for c in (b",", b"}") if c in valeurs[rang]), default=len(valeurs[rang])
        )
        valeurs[rang] = jeton + valeurs[rang][fin:]
    return b'":'.join(valeurs)


def test_aucun_fichier_abime_ne_casse_l_import(referentiels):
    """Refusé avec des phrases et sans rien écrire, ou accepté : jamais une autre erreur."""
    hasard = random.Random(24)  # noqa: S311
    original, rien = EXEMPLE.read_bytes(), compter()
    refuses = [fautes for _ in range(MUTATIONS) if (fautes := essayer(muter(original, hasard)))]
    assert all(f.chemin.startswith("$") and f.message for fautes in refuses for f in fautes)
    assert len(refuses) > MUTATIONS / 2
    assert compter() == rien


def essayer(octets: bytes) -> list:
    """Les fautes d'un fichier, aucune s'il est accepté ; un refus n'a rien écrit."""
    with a_blanc():
        try:
            importer(octets)
        except ErreurImport as erreur:
            ecrit = Demarche.objects.exists()
            return [] if ecrit else erreur.erreurs
    return []
