"""Tenir une séance : la convoquer, l'ouvrir, décider, la clore."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from feuille_de_route import parcours
from feuille_de_route.demonstration.jeu import Jeu, Pas
from feuille_de_route.demonstration.saisie import remplir
from feuille_de_route.mise_en_oeuvre import revues
from feuille_de_route.models import EtatFiche
from gouvernance.decisions import SaisieDecision
from gouvernance.forms.seances import FormulaireCompteRendu
from gouvernance.models import Cible, EtatPresence, EtatSeance, PointOrdreDuJour, Seance
from gouvernance.reunions import ordre_du_jour, seances

# Les séances telles qu'on les nomme en les racontant.
NOMS = {
    "installation": "installation",
    "diagnostic": "diagnostic",
    "enjeux": "enjeux",
    "strategie": "stratégie",
    "plan": "plan d’actions",
    "validation": "validation",
    "suivi": "suivi",
}
TENUES = {EtatSeance.OUVERTE, EtatSeance.CLOSE}


def _dite(jeu: Jeu, cle: str) -> dict:
    return jeu.lire("seances")[cle]


def _trouver(jeu: Jeu, cle: str) -> Seance | None:
    dite = _dite(jeu, cle)
    seances_dues = Seance.objects.filter(instance__demarche=jeu.demarche, instance__type=dite["instance"])
    if dite["jour"] is None:
        return seances_dues.filter(debut__date__gte=_signee_le(jeu)).first()
    return seances_dues.filter(debut=jeu.calendrier.heure(dite["jour"], dite["heure"])).first()


def _debut(jeu: Jeu, dite: dict) -> datetime:
    """Sans jour, la séance suit la signature : aujourd'hui, au prochain quart d'heure."""
    if dite["jour"] is not None:
        return jeu.calendrier.heure(dite["jour"], dite["heure"])
    maintenant = timezone.localtime().replace(second=0, microsecond=0)
    return maintenant + timedelta(minutes=15 - maintenant.minute % 15)


def _signee_le(jeu: Jeu) -> date:
    return timezone.localtime(jeu.demarche.signee_le).date()


def _jalon(jeu: Jeu, code: str | None):
    return jeu.demarche.jalons.get(code=code) if code else None


def convoquer(cle: str) -> Pas:
    def faire(jeu: Jeu) -> None:
        dite = _dite(jeu, cle)
        par = jeu.compte(dite["par"])
        neuve = Seance(
            instance=jeu.instance(dite["instance"]), debut=_debut(jeu, dite), lieu=dite["lieu"]
        )  # fmt: skip
        seance = seances.planifier(neuve, par=par)
        for objet, duree, rapporteur, code in dite["points"]:
            point = PointOrdreDuJour(objet=objet, duree=duree, rapporteur=rapporteur, jalon=_jalon(jeu, code))
            ordre_du_jour.inscrire_point(seance.pk, point, par=par)
        if dite.get("revue"):
            proposes = revues.proposables(revues.contenu(seance))
            revues.inscrire(seance.pk, [propose["cle"] for propose in proposes], par=par)
        seances.effectuer("convoquer", seance.pk, par=par)

    return Pas(
        f"Séance « {NOMS[cle]} » : convocation et ordre du jour.",
        lambda jeu: _trouver(jeu, cle) is not None,
        faire,
    )


def ouvrir(cle: str) -> Pas:
    def faire(jeu: Jeu) -> None:
        seance, par = _trouver(jeu, cle), jeu.compte(_dite(jeu, cle)["par"])
        seances.effectuer("ouvrir", seance.pk, par=par)
        seances.noter_presences(seance.pk, _presences(jeu, seance, _dite(jeu, cle)["absences"]), par=par)

    return Pas(
        f"Séance « {NOMS[cle]} » : ouverture et présences.",
        lambda jeu: _trouver(jeu, cle).etat in TENUES,
        faire,
    )


def _presences(jeu: Jeu, seance: Seance, absences: dict) -> dict:
    """Tous présents, sauf `absences` : sigle → « excuse », ou le sigle de qui porte le pouvoir."""
    sieges = {s.structure_id: s for s in seance.instance.sieges.all()}
    notees = {s.pk: (EtatPresence.PRESENT, None) for s in sieges.values()}
    for sigle, dit in absences.items():
        siege = sieges[jeu.structure(sigle).pk]
        notees[siege.pk] = (EtatPresence.EXCUSE, None)
        if dit != EtatPresence.EXCUSE:
            notees[siege.pk] = (EtatPresence.REPRESENTE, sieges[jeu.structure(dit).pk].pk)
    return notees


def decider(cle: str, rang: int) -> Pas:
    """La décision numéro `rang` de la séance ; `retenir` : toutes les fiches proposées."""

    def faire(jeu: Jeu) -> None:
        seance, dite = _trouver(jeu, cle), _dite(jeu, cle)["decisions"][rang - 1]
        saisie = SaisieDecision(
            dite["nature"], dite["objet"], texte=dite.get("texte", ""), reserves=dite.get("reserves", ""),
            jalon=_jalon(jeu, dite.get("jalon")),
            echeance=jeu.jour(dite["echeance"]) if dite.get("echeance") else None,
            **_cible(jeu, seance, dite.get("cible")),
        )  # fmt: skip
        parcours.consigner_decision(
            seance.pk, saisie, par=jeu.compte(_dite(jeu, cle)["par"]),
            retenir=_proposees(jeu, dite.get("retenir", [])),
            ecarter=_proposees(jeu, dite.get("ecarter", [])),
        )  # fmt: skip

    def fait(jeu: Jeu) -> bool:
        return _trouver(jeu, cle).decisions.count() >= rang

    return Pas(f"Séance « {NOMS[cle]} » : décision n° {rang}.", fait, faire)


def _cible(jeu: Jeu, seance: Seance, vise: list | None) -> dict:
    """`vise` : le genre de l'objet et son libellé ; rien si la décision ne porte sur aucun objet."""
    if not vise:
        return {}
    genre, libelle = vise
    trouver = {
        Cible.LIMITE: lambda: jeu.demarche.limites.get(libelle=libelle),
        Cible.FICHE: lambda: jeu.demarche.fiches.get(titre=libelle),
    }
    objet = trouver[genre]()
    point = seance.points.filter(cible_type=genre, cible=objet.uuid).first()
    return {"cible_type": genre, "cible": objet.uuid, "cible_libelle": str(objet), "point": point}


def _proposees(jeu: Jeu, titres: list[str] | str) -> list[int]:
    fiches = jeu.demarche.fiches.filter(etat=EtatFiche.PROPOSEE).order_by("numero")
    if titres != "toutes":
        fiches = fiches.filter(titre__in=titres)
    return list(fiches.values_list("pk", flat=True))


def clore(cle: str) -> Pas:
    def faire(jeu: Jeu) -> None:
        dite = _dite(jeu, cle)
        par = jeu.compte(dite["par"])
        saisie = remplir(FormulaireCompteRendu, _trouver(jeu, cle), {"compte_rendu": dite["compte_rendu"]})
        seances.rediger_compte_rendu(saisie, par=par)
        seances.effectuer("clore", _trouver(jeu, cle).pk, par=par)

    return Pas(
        f"Séance « {NOMS[cle]} » : compte rendu et clôture.",
        lambda j: _trouver(j, cle).etat == EtatSeance.CLOSE,
        faire,
    )


def tenir(cle: str, decisions: int) -> list[Pas]:
    """Toute une séance, de la convocation à la clôture."""
    milieu = [decider(cle, rang) for rang in range(1, decisions + 1)]
    return [convoquer(cle), ouvrir(cle), *milieu, clore(cle)]
