"""Aller au-devant : grille des élus, rencontres, mots communs, ce que l’on va et ne peut pas faire."""

from datetime import timedelta

from django.utils import timezone

from feuille_de_route.demonstration.jeu import Jeu, Pas
from feuille_de_route.demonstration.saisie import remplir
from gouvernance.acteurs import elus, rencontres
from gouvernance.acteurs.rencontres import CompteRendu
from gouvernance.cadre import glossaire, limites
from gouvernance.forms.cadrage import FormulaireAjoutLimite
from gouvernance.forms.elus import FormulaireAjoutElu
from gouvernance.forms.rencontres import FormulaireAjoutRencontre
from gouvernance.models import Commune, Elu, EtatRencontre, LimiteDAction, Rencontre


def _inscrire_les_elus(jeu: Jeu) -> None:
    demarche = jeu.demarche
    for dit in jeu.lire("concertation")["elus"]:
        champs = {cle: valeur for cle, valeur in dit.items() if cle != "nom"}
        champs["personne"] = jeu.personne(dit["nom"])
        saisie = remplir(FormulaireAjoutElu, Elu(), champs, demarche=demarche)
        elus.inscrire(saisie, par=jeu.compte("prefecture"), demarche=demarche)


def _prevoir(jeu: Jeu, dite: dict, date) -> Rencontre:
    demarche, referents = jeu.demarche, [jeu.personne(nom) for nom in dite["referents"]]
    champs = {"date": date, "lieu": dite["lieu"], "elus": _elus(jeu, dite)}
    champs |= dict(zip(("referent", "second_referent"), referents, strict=False))
    if dite["communes"]:
        champs["communes"] = _communes(dite)
    neuve = Rencontre(demarche=demarche, type=dite["type"], epci_id=dite["epci"])
    saisie = remplir(FormulaireAjoutRencontre, neuve, champs, demarche=demarche)
    return rencontres.prevoir(saisie, par=jeu.compte("departement"), demarche=demarche)


def _communes(dite: dict) -> list[Commune]:
    return list(Commune.objects.filter(pk__in=dite["communes"]))


def _elus(jeu: Jeu, dite: dict) -> list[Elu]:
    return list(Elu.objects.filter(personne__in=[jeu.personne(nom) for nom in dite["elus"]]))


def rencontrer(rang: int) -> Pas:
    """La rencontre numéro `rang` : prévue, tenue, racontée."""

    def faire(jeu: Jeu) -> None:
        dite = jeu.lire("concertation")["rencontres"][rang]
        le = min(jeu.jour(dite["jour"]), timezone.localdate())
        rencontre = _prevoir(jeu, dite, le)
        compte = CompteRendu(le, dite["suites"], _elus(jeu, dite), _communes(dite))
        rencontres.tenir(rencontre.pk, compte, par=jeu.compte("departement"))

    def fait(jeu: Jeu) -> bool:
        return jeu.demarche.rencontres.filter(etat=EtatRencontre.TENUE).count() > rang

    return Pas("Une rencontre de terrain est racontée.", fait, faire)


def _prevoir_la_suivante(jeu: Jeu) -> None:
    dite = jeu.lire("concertation")["a_venir"]
    _prevoir(jeu, dite, timezone.localdate() + timedelta(days=dite["dans"]))


def _reprendre_les_mots(jeu: Jeu) -> None:
    glossaire.reprendre(jeu.demarche, jeu.lire("concertation")["glossaire"], par=jeu.compte("prefecture"))


def _dire_les_limites(jeu: Jeu) -> None:
    demarche = jeu.demarche
    for dite in jeu.lire("concertation")["limites"]:
        champs = {cle: dite[cle] for cle in ("categorie", "libelle", "explication")}
        champs["responsable"] = jeu.structure(dite["responsable"]) if dite["responsable"] else None
        champs["echeance"] = jeu.jour(dite["jour"]) if dite["jour"] else None
        saisie = remplir(FormulaireAjoutLimite, LimiteDAction(), champs, gouvernance=demarche.gouvernance)
        limites.rediger(saisie, par=jeu.compte("departement"), demarche=demarche)


MOTS = Pas(
    "Les mots communs entrent au glossaire.",
    lambda jeu: jeu.demarche.glossaire.exists(),
    _reprendre_les_mots,
)
ELUS = Pas(
    "La grille des élus est tenue.",
    lambda jeu: Elu.objects.filter(personne__gouvernance=jeu.demarche.gouvernance).exists(),
    _inscrire_les_elus,
)
LIMITES = Pas(
    "On dit ce que l’on va faire, ce que l’on peut, ce que l’on ne peut pas.",
    lambda jeu: jeu.demarche.limites.exists(),
    _dire_les_limites,
)
A_VENIR = Pas(
    "La prochaine visite est prévue.",
    lambda jeu: jeu.demarche.rencontres.filter(etat=EtatRencontre.PREVUE).exists(),
    _prevoir_la_suivante,
)
