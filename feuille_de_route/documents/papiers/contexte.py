"""Ce que disent les papiers : une requête par papier, et l'empreinte de ce qui a été lu.

Module léger (ni WeasyPrint, ni python-docx) : la page s'en sert pour dire si un papier est à refaire.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from feuille_de_route.mise_en_oeuvre import bilans, revues
from feuille_de_route.mise_en_oeuvre.suivi import Ouverture
from feuille_de_route.models import NaturePapier
from gouvernance.models import (
    Adhesion,
    CahierDesCharges,
    Decision,
    DefinitionAdoptee,
    DefinitionCommune,
    Demarche,
    Jalon,
    Membre,
    PieceDeSeance,
    PointDeBlocage,
    PointOrdreDuJour,
    Presence,
    Seance,
    Siege,
    StatutMembre,
    Terme,
    TypeInstance,
)

MODELE = 1  # change quand la mise en page change : les papiers déjà faits sont alors « à refaire »
DATES_DU_SIEGE = {"cree_le", "clos_le"}


def _liste(lignes: QuerySet, **champs: str) -> ArraySubquery:
    """Les lignes rattachées, en objets JSON, dans la même requête que leur séance ou leur démarche."""
    objet = {nom: F(chemin) for nom, chemin in champs.items()}
    return ArraySubquery(lignes.values(objet_json=JSONObject(**objet)))


def _seances() -> QuerySet:
    a_elle = {"seance": OuterRef("pk")}
    decisions = Decision.objects.filter(**a_elle).order_by("ordre")
    reserves = PointDeBlocage.objects.filter(decision__seance=OuterRef("pk")).order_by("decision", "pk")
    sieges = Siege.objects.filter(instance=OuterRef("instance")).order_by(
        "-president", "ordre", "structure__nom", "personne__nom", "pk"
    )
    points = PointOrdreDuJour.objects.filter(**a_elle).order_by("ordre")
    liens = ("instance__demarche__gouvernance__departement", "approbation__seance__instance")
    return Seance.objects.select_related(*liens).annotate(
        lus_points=_liste(
            points, cle="pk", objet="objet", duree="duree", rapporteur="rapporteur",
            porte_sur="cible_libelle", jalon="jalon__code",
            echanges="echanges",
        ),
        lues_decisions=_liste(
            decisions, cle="pk", point="point", ordre="ordre", nature="nature", objet="objet", texte="texte",
            reserves="reserves", porte_sur="cible_libelle", jalon="jalon__code",
        ),
        lues_reserves=_liste(
            reserves, decision="decision", libelle="libelle", responsable="responsable__nom",
            echeance="echeance", leve_le="leve_le",
        ),
        lus_sieges=_liste(
            sieges, cle="pk", president="president", structure="structure__nom", prenom="personne__prenom",
            nom="personne__nom", fonction="personne__fonction", qualite="personne__qualite",
            college="structure__college__libelle", rang="structure__college__ordre", cree_le="cree_le",
            clos_le="clos_le",
        ),
        lues_presences=_liste(
            Presence.objects.filter(**a_elle).order_by("siege"),
            siege="siege", etat="etat", pouvoir_a="pouvoir_a",
        ),
        lues_pieces=_liste(PieceDeSeance.objects.filter(**a_elle).order_by("nom"), nom="nom"),
    )  # fmt: skip


def lire_seance(seance_pk: int) -> Seance:
    """La séance et tout ce que ses papiers en impriment, en une requête."""
    return _seances().get(pk=seance_pk)


def lire_demarche(demarche_pk: int) -> Demarche:
    """La démarche et tout ce que son cahier des charges imprime, en une requête."""
    a_elle = {"demarche": OuterRef("pk")}
    adhesions = Adhesion.objects.filter(cahier__demarche=OuterRef("pk"), edition=F("cahier__edition"))
    membres = Membre.objects.filter(gouvernance=OuterRef("gouvernance"), statut=StatutMembre.CONFIRME)
    adoptees = DefinitionAdoptee.objects.filter(**a_elle).order_by("-edition")[:1]
    lues = Demarche.objects.select_related("gouvernance__departement", "porteur", "cahier").annotate(
        lus_jalons=_liste(
            Jalon.objects.filter(**a_elle).order_by("ordre"), code="code", echeance="echeance", etat="etat",
            instance="instance__nom", type_instance="instance__type",
        ),
        lus_termes=_liste(
            Terme.objects.filter(**a_elle).order_by("terme"), terme="terme", definition="definition"
        ),
        lues_adhesions=_liste(adhesions.order_by("structure__nom"), structure="structure__nom", le="le"),
        lus_membres=_liste(membres.order_by("structure__nom"), structure="structure__nom"),
        lus_projets=_liste(DefinitionCommune.objects.filter(**a_elle), texte="texte", edition="edition"),
        lues_definitions=_liste(
            adoptees, texte="texte", edition="edition", ordre="decision__ordre",
            numero="decision__seance__numero", debut="decision__seance__debut",
            type_instance="decision__seance__instance__type", instance="decision__seance__instance__nom",
        ),
    )  # fmt: skip
    return lues.get(pk=demarche_pk)


def _entete(demarche: Demarche) -> dict:
    departement = demarche.gouvernance.departement
    return {"demarche": demarche.nom, "departement": departement.nom}


def _de_la_seance(seance: Seance) -> dict:
    return {
        **_entete(seance.instance.demarche),
        "instance": str(seance.instance),
        "reference": seance.reference,
        "debut": seance.debut.isoformat(),
        "duree": seance.duree,
        "lieu": seance.lieu,
        "visioconference": seance.visioconference,
    }


def _ordre_du_jour(seance: Seance) -> dict:
    return {**_de_la_seance(seance), "points": _points(seance), "pieces": seance.lues_pieces}


def _points(seance: Seance) -> list[dict]:
    """Les points sans ce qui s'y est dit : un papier qui ne l'imprime pas n'a pas à en vieillir."""
    return [{cle: v for cle, v in point.items() if cle != "echanges"} for point in seance.lus_points]


def _emargement(seance: Seance) -> dict:
    return {**_de_la_seance(seance), "sieges": _sieges(seance)}


def _releve(seance: Seance) -> dict:
    return {
        **_de_la_seance(seance),
        "etat": seance.etat,
        "quorum": seance.instance.quorum,
        "sieges": _sieges(seance),
        "points": _points(seance),
        "decisions": _decisions(seance),
    }


def _proces_verbal(seance: Seance) -> dict:
    approbation = seance.approbation
    return {
        **_releve(seance),
        "points": seance.lus_points,
        "compte_rendu": seance.compte_rendu,
        "pieces": seance.lues_pieces,
        "ouverte_le": _instant(seance.ouverte_le),
        "close_le": _instant(seance.close_le),
        "approbation": approbation
        and {"debut": approbation.seance.debut.isoformat(), "numero": approbation.numero},
    }


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _decisions(seance: Seance) -> list[dict]:
    """Chaque décision avec son numéro et les réserves qu'elle laisse à lever."""
    return [
        {
            **decision,
            "numero": f"{seance.reference}-D{decision['ordre']}",
            "a_lever": [r for r in seance.lues_reserves if r["decision"] == decision["cle"]],
        }
        for decision in seance.lues_decisions
    ]


def _sieges(seance: Seance) -> list[dict]:
    """Les sièges d'alors et leur présence : ni ceux qui sont venus après, ni ceux clos auparavant."""
    presences = {presence["siege"]: presence for presence in seance.lues_presences}
    connus = [s for s in seance.lus_sieges if s["cle"] in presences or _siegeait(s, seance.close_le)]
    vide = {"etat": "", "pouvoir_a": None}
    return [
        {**{c: v for c, v in siege.items() if c not in DATES_DU_SIEGE}, **presences.get(siege["cle"], vide)}
        for siege in connus
    ]


def _siegeait(siege: dict, close_le: datetime | None) -> bool:
    cree_le, clos_le = (
        datetime.fromisoformat(d) if d else None for d in (siege["cree_le"], siege["clos_le"])
    )
    if close_le is None:
        return clos_le is None
    return cree_le <= close_le and (clos_le is None or clos_le > close_le)


def _cahier(demarche: Demarche) -> dict:
    cahier = getattr(demarche, "cahier", None) or CahierDesCharges()
    textes = ("contexte", "objectifs", "perimetre", "methode", "moyens", "vigilance")
    return {
        **_entete(demarche),
        "porteur": demarche.porteur.nom if demarche.porteur else "",
        "edition": cahier.edition,
        **{texte: getattr(cahier, texte) for texte in textes},
        "jalons": [{**jalon, "instance": _nom_instance(jalon)} for jalon in demarche.lus_jalons],
        "definition": next(iter([*demarche.lues_definitions, *demarche.lus_projets]), None),
        "glossaire": demarche.lus_termes,
        "adhesions": demarche.lues_adhesions,
        "membres": demarche.lus_membres,
    }


def _nom_instance(objet: dict) -> str:
    """Comme `str(instance)`, d'après ce que la requête en a lu."""
    if not objet["type_instance"]:
        return ""
    return objet["instance"] or TypeInstance(objet["type_instance"]).label


def revue(seance: Seance, ouvert: Ouverture | None = None) -> dict:
    """Ce que dit la revue d'une séance ; `ouvert` : l'ouverture du suivi, si la page l'a déjà lue."""
    return {**_de_la_seance(seance), **revues.contenu(seance, ouvert)}


def bilan(demarche: Demarche, annee: int, ouvert: Ouverture | None = None) -> dict:
    """Ce que dit le bilan d'une année."""
    return {**_entete(demarche), **bilans.contenu(demarche, annee, ouvert)}


CONTENUS: dict[str, Callable] = {
    NaturePapier.ORDRE_DU_JOUR: _ordre_du_jour,
    NaturePapier.EMARGEMENT: _emargement,
    NaturePapier.RELEVE: _releve,
    NaturePapier.PROCES_VERBAL: _proces_verbal,
    NaturePapier.CAHIER: _cahier,
    NaturePapier.REVUE: revue,
}


def contenu(nature: str, lu: Seance | Demarche, annee: int | None = None) -> dict:
    """Ce que le papier imprime, en données simples : rien d'autre n'entre dans sa mise en page."""
    if nature == NaturePapier.BILAN:
        return bilan(lu, annee)
    return CONTENUS[nature](lu)


def sha_de(nature: str, dit: dict) -> str:
    """L'empreinte du contenu : la même tant que le papier dirait la même chose."""
    texte = json.dumps([MODELE, nature, dit], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(texte.encode("utf-8", "surrogatepass")).hexdigest()


def lire(demarche_pk: int, seance_pk: int | None) -> Seance | Demarche:
    """Ce qu'il faut pour tous les papiers d'une séance ou, sans séance, pour le cahier des charges."""
    return lire_demarche(demarche_pk) if seance_pk is None else lire_seance(seance_pk)
