"""Cadrer : gouvernance, instances et sièges, calendrier, cahier des charges, adhésions."""

from feuille_de_route.demonstration.jeu import Jeu, Pas
from feuille_de_route.demonstration.saisie import remplir
from gouvernance import edition
from gouvernance.acteurs import membres
from gouvernance.cadre import adhesions, blocages, cadrage, definitions
from gouvernance.forms.blocages import FormulaireBlocage
from gouvernance.forms.cadrage import FormulaireCahier, FormulaireDefinition
from gouvernance.forms.demarches import FormulaireDemarche
from gouvernance.forms.gouvernance import FormulaireGouvernance, FormulaireNotePrivee
from gouvernance.forms.instances import (
    FormulaireAjoutInstance,
    FormulaireAjoutPersonne,
    FormulaireAjoutSiege,
)
from gouvernance.models import Adhesion, Instance, Personne, PointDeBlocage, Siege


def _presenter(jeu: Jeu) -> None:
    """Les notes de la gouvernance et la structure qui porte la démarche."""
    par, demarche, dit = jeu.compte("prefecture"), jeu.demarche, jeu.lire("cadrage")
    commun = {"par": par, "demarche": demarche}
    gouvernance = demarche.gouvernance
    edition.enregistrer(
        remplir(FormulaireGouvernance, gouvernance, dit["gouvernance"]), droit="cadrer", **commun
    )
    gouvernance.refresh_from_db()
    membres.rediger_note_privee(
        remplir(FormulaireNotePrivee, gouvernance, {"note_privee": dit["note_privee"]}), **commun
    )


def _designer_le_porteur(jeu: Jeu) -> None:
    porteur = jeu.structure(jeu.lire("demarche")["porteur"])
    saisie = remplir(FormulaireDemarche, jeu.demarche, {"porteur": porteur})
    edition.enregistrer(saisie, par=jeu.compte("prefecture"), demarche=jeu.demarche, droit="cadrer")


def _installer(jeu: Jeu) -> None:
    """Les personnes, les instances et leurs sièges."""
    dit, demarche = jeu.lire("instances"), jeu.demarche
    commun = {"par": jeu.compte("departement"), "demarche": demarche, "droit": "cadrer"}
    options = {"gouvernance": demarche.gouvernance}
    for personne in dit["personnes"]:
        champs = personne | {"structure": jeu.structure(personne["structure"])}
        edition.enregistrer(remplir(FormulaireAjoutPersonne, Personne(), champs, **options), **commun)
    for decrite in dit["instances"]:
        champs = {cle: valeur for cle, valeur in decrite.items() if cle != "sieges"}
        saisie = remplir(FormulaireAjoutInstance, Instance(), champs, departement=demarche.departement.pk)
        instance = edition.enregistrer(saisie, lien="demarche", **commun)
        for nom, president in decrite["sieges"]:
            personne = jeu.personne(nom)
            champs = {"structure": personne.structure, "personne": personne, "president": president}
            saisie = remplir(FormulaireAjoutSiege, Siege(instance=instance), champs, **options)
            edition.enregistrer(saisie, **commun)


def _fixer_le_calendrier(jeu: Jeu) -> None:
    demarche = jeu.demarche
    saisies = {
        code: (jeu.jour(numero), jeu.instance(type_))
        for code, (numero, type_) in jeu.lire("cadrage")["jalons"].items()
    }
    version = sum(demarche.jalons.values_list("version", flat=True))
    cadrage.cadrer_jalons(demarche, saisies, version=version, par=jeu.compte("departement"))


def _rediger(jeu: Jeu) -> None:
    """Le cahier des charges par le Département, la définition commune par la préfecture."""
    demarche, dit = jeu.demarche, jeu.lire("cadrage")
    saisie = remplir(FormulaireCahier, demarche.cahier, dit["cahier"])
    cadrage.rediger_cahier(saisie, par=jeu.compte("departement"), demarche=demarche)
    saisie = remplir(FormulaireDefinition, demarche.definition, {"texte": dit["definition"]})
    definitions.rediger(saisie, par=jeu.compte("prefecture"), demarche=demarche)


def _adherer(jeu: Jeu) -> None:
    """Chacun pour sa structure ; la coordination consigne les accords de celles qui n'ont pas de compte."""
    for sigle, compte in jeu.lire("cadrage")["adhesions"]:
        adhesions.adherer(jeu.demarche, jeu.structure(sigle), par=jeu.compte(compte))


def _adhesions(jeu: Jeu) -> bool:
    attendues = jeu.lire("cadrage")["adhesions"]
    return Adhesion.objects.filter(cahier__demarche=jeu.demarche).count() >= len(attendues)


def _signaler_les_blocages(jeu: Jeu) -> None:
    demarche = jeu.demarche
    for dit in jeu.lire("cadrage")["blocages"]:
        champs = {
            "libelle": dit["libelle"], "responsable": jeu.structure(dit["responsable"]),
            "echeance": jeu.jour(dit["jour"]),
        }  # fmt: skip
        saisie = remplir(FormulaireBlocage, PointDeBlocage(), champs, gouvernance=demarche.gouvernance)
        edition.enregistrer(
            saisie, par=jeu.compte(dit["par"]), demarche=demarche, droit="cadrer", lien="demarche"
        )


def _blocages(jeu: Jeu) -> bool:
    attendus = jeu.lire("cadrage")["blocages"]
    return PointDeBlocage.objects.filter(demarche=jeu.demarche).count() >= len(attendus)


def lever(numero: int, leves: int) -> Pas:
    """Lève le point de blocage numéro `numero`, dans l'ordre où ils ont été signalés ; il y en a alors
    `leves` de levés.
    """

    def faire(jeu: Jeu) -> None:
        point = PointDeBlocage.objects.filter(demarche=jeu.demarche).order_by("pk")[numero]
        blocages.lever(point.pk, par=jeu.compte("departement"), resolution=RESOLUTION)

    def fait(jeu: Jeu) -> bool:
        points = PointDeBlocage.objects.filter(demarche=jeu.demarche, leve_le__isnull=False)
        return points.count() >= leves

    return Pas("Un point de blocage est levé.", fait, faire)


RESOLUTION = "Réglé entre les parties, et dit au comité technique."
NOTES = Pas(
    "La préfecture présente la gouvernance.",
    lambda jeu: bool(jeu.demarche.gouvernance.note_contexte),
    _presenter,
)
PAS = [
    Pas(
        "La structure porteuse est désignée.",
        lambda j: j.demarche.porteur_id is not None,
        _designer_le_porteur,
    ),
    Pas(
        "Les instances sont installées, les sièges attribués.",
        lambda jeu: jeu.demarche.instances.count() >= len(jeu.lire("instances")["instances"]),
        _installer,
    ),
    Pas(
        "Le calendrier des jalons est fixé.",
        lambda jeu: not jeu.demarche.jalons.filter(instance=None).exists(),
        _fixer_le_calendrier,
    ),
    Pas("Le cahier des charges est rédigé.", lambda jeu: bool(jeu.demarche.cahier.objectifs), _rediger),
    Pas("Les parties adhèrent au cahier des charges.", _adhesions, _adherer),
    Pas("Les points de blocage sont nommés.", _blocages, _signaler_les_blocages),
]
