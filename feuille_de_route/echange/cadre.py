"""Écrire la démarche, ses instances, son cahier des charges, ses séances et ce qu'elles décident."""

from datetime import datetime
from uuid import uuid4

from django.utils import timezone

from feuille_de_route.echange import base
from feuille_de_route.echange.ecriture import Ecriture, numerotes, objets, valeurs
from feuille_de_route.echange.regles import decision_en_vigueur, decisions_sur_jalons
from feuille_de_route.echange.valeurs import lire_jour, lire_moment
from gouvernance.models import (
    Adhesion,
    CahierDesCharges,
    Cible,
    CodeJalon,
    Decision,
    DefinitionAdoptee,
    DefinitionCommune,
    Demarche,
    DemarcheEpci,
    EtatJalon,
    EtatRencontre,
    EtatSeance,
    Gouvernance,
    Instance,
    Jalon,
    LimiteDAction,
    Mandat,
    PointDeBlocage,
    PointOrdreDuJour,
    Presence,
    Rencontre,
    Role,
    Seance,
    Siege,
    Terme,
)

TENUES = {EtatSeance.OUVERTE, EtatSeance.CLOSE}


def ecrire_demarche(e: Ecriture, gouvernance: Gouvernance) -> None:
    dite = e.donnees["demarche"]
    champs = valeurs("demarche", dite) | {"gouvernance": gouvernance, "porteur": e.lien(dite, "porteur")}
    champs["identifiant"] = dite.get("identifiant") or base.identifiant_derive(dite)
    if dite.get("parente"):
        champs["parente"] = Demarche.objects.get(identifiant=dite["parente"])
    e.demarche = e.creer(Demarche, {}, **champs)
    for epci in objets(dite, "epcis"):
        DemarcheEpci.objects.create(
            demarche=e.demarche, epci_id=epci["siren"], departement_id=gouvernance.departement_id
        )
    if e.par is not None:
        Mandat.objects.create(utilisateur=e.par, demarche=e.demarche, role=Role.COORDINATION)


def ecrire_cadre(e: Ecriture) -> None:
    _instances(e)
    _jalons(e)
    _cahier(e)
    decisions = _seances(e)
    _etats_des_jalons(e, decisions)
    _definition_et_blocages(e)
    _consensus(e)


def _instances(e: Ecriture) -> None:
    dites = objets(e.donnees, "instances")
    creees = []
    for dite in dites:
        epci = (dite.get("epci") or {}).get("siren")
        instance = e.creer(Instance, dite, demarche=e.demarche, epci_id=epci, **valeurs("instance", dite))
        creees.append(instance)
        for siege in objets(dite, "sieges"):
            occupe = {"structure": e.lien(siege, "structure"), "personne": e.lien(siege, "personne")}
            occupe |= {"clos_le": _jour(siege.get("clos_le"))}
            e.creer(Siege, siege, instance=instance, **occupe, **valeurs("siege", siege))
    for instance, dite in zip(creees, dites, strict=True):
        suite = {"succede_a": e.lien(dite, "succede_a"), "dissoute_le": _jour(dite.get("dissoute_le"))}
        if any(suite.values()):
            Instance.objects.filter(pk=instance.pk).update(**suite)


def _jalons(e: Ecriture) -> None:
    dits = {j["code"]: j for j in objets(e.donnees, "jalons")}
    for ordre, code in enumerate(CodeJalon.values, start=1):
        dit = dits.get(code, {})
        echeance = valeurs("jalon", dit)["echeance"]
        fixe = {"demarche": e.demarche, "code": code, "ordre": ordre, "echeance": echeance}
        e.jalons[code] = e.creer(Jalon, {}, instance=e.lien(dit, "instance"), **fixe)


def _cahier(e: Ecriture) -> None:
    dit = e.donnees.get("cahier_des_charges") or {}
    cahier = e.creer(CahierDesCharges, {}, demarche=e.demarche, **valeurs("cahier", dit))
    for dite in objets(dit, "adhesions"):
        edition = dite.get("edition") or cahier.edition
        structure = e.lien(dite, "structure")
        adhesion = e.creer(Adhesion, {}, cahier=cahier, structure=structure, edition=edition, par=e.par)
        if dite.get("le"):  # le champ se date tout seul à la création
            Adhesion.objects.filter(pk=adhesion.pk).update(le=lire_jour(dite["le"]))


def _seances(e: Ecriture) -> dict[int, Decision]:
    """Écrit les séances ; rend les décisions par l'identité de l'objet du fichier qui les décrit."""
    decisions: dict[int, Decision] = {}
    groupes: dict[tuple, list[dict]] = {}
    dites = objets(e.donnees, "seances")
    for dite in dites:
        groupes.setdefault((e.lien(dite, "instance").type, dite["debut"][:4]), []).append(dite)
    numeros = {id(d): n for groupe in groupes.values() for n, d in numerotes(groupe, "numero")}
    for dite in dites:
        decisions |= _seance(e, dite, numeros[id(dite)])
    return decisions


def _seance(e: Ecriture, dite: dict, numero: int) -> dict[int, Decision]:
    """La base n'admet de décision que séance ouverte : on l'ouvre, on décide, puis on lui rend son état."""
    champs = valeurs("seance", dite) | {"numero": numero, "instance": e.lien(dite, "instance")}
    etat, debut = champs["etat"], lire_moment(dite["debut"])
    if etat in TENUES:
        champs |= {"etat": EtatSeance.OUVERTE, "ouverte_le": debut}
    seance = e.creer(Seance, dite, **champs)
    for ordre, point in enumerate(objets(dite, "ordre_du_jour"), start=1):
        fixe = {"seance": seance, "ordre": ordre} | _vise(e, point)
        PointOrdreDuJour.objects.create(**valeurs("point", point), **fixe)
    for presence in objets(dite, "presences"):
        sieges = {cle: e.lien(presence, cle) for cle in ("siege", "pouvoir_a")}
        Presence.objects.create(seance=seance, **valeurs("presence", presence), **sieges)
    decisions = {}
    for ordre, decision in numerotes(objets(dite, "decisions"), "ordre"):
        champs = valeurs("decision", decision) | {"seance": seance, "ordre": ordre}
        champs |= _vise(e, decision)
        decisions[id(decision)] = e.creer(Decision, decision, **champs)
    _refermer(seance, etat, debut)
    return decisions


def _vise(e: Ecriture, dit: dict) -> dict:
    """Le jalon ou l'objet sur lequel porte un point ou une décision ; l'objet peut être écrit plus tard."""
    if jalon := e.jalons.get(dit.get("jalon")):
        return {"jalon": jalon, "cible_type": Cible.JALON, "cible": jalon.uuid, "cible_libelle": str(jalon)}
    cible = dit.get("cible")
    if not cible:
        return {}
    uuid = e.uuid_de(cible["ref"]) if cible.get("ref") else uuid4()
    return {"cible_type": cible["type"], "cible": uuid, "cible_libelle": cible.get("libelle") or ""}


def _refermer(seance: Seance, etat: str, debut: datetime) -> None:
    if etat == EtatSeance.CLOSE:
        Seance.objects.filter(pk=seance.pk).update(etat=etat, close_le=debut)


def _etats_des_jalons(e: Ecriture, decisions: dict[int, Decision]) -> None:
    """L'état que donne la décision en vigueur, sinon celui du fichier ; le premier à décider est en cours."""
    dits = {j["code"]: j for j in objets(e.donnees, "jalons")}
    prises = decisions_sur_jalons(e.donnees)
    attendu = EtatJalon.EN_COURS
    for code, jalon in e.jalons.items():
        dit = dits.get(code, {})
        prise = decision_en_vigueur(dit, prises.get(code, []))
        if prise:
            jalon.etat, jalon.decision = prise["etat"], decisions[id(prise["donnees"])]
        else:
            jalon.etat = dit.get("etat") or attendu
        if not jalon.acquis:
            attendu = EtatJalon.A_VENIR
        jalon.save()


def _definition_et_blocages(e: Ecriture) -> None:
    dite = e.donnees.get("definition_commune") or {}
    adoptee = {"demarche": e.demarche, "decision": e.lien(dite, "decision")}
    e.creer(DefinitionCommune, {}, **valeurs("definition", dite), **adoptee)
    for edition in objets(dite, "editions"):
        le = lire_jour(edition["le"]) if edition.get("le") else timezone.now()
        champs = valeurs("definition_adoptee", edition) | {"decision": e.lien(edition, "decision")}
        DefinitionAdoptee.objects.create(demarche=e.demarche, le=le, **champs)
    for dit in objets(e.donnees, "points_de_blocage"):
        liens = {"responsable": e.lien(dit, "responsable"), "decision": e.lien(dit, "decision")}
        leve_le = _jour(dit.get("leve_le"))
        e.creer(PointDeBlocage, {}, demarche=e.demarche, leve_le=leve_le, **liens, **valeurs("blocage", dit))


def _consensus(e: Ecriture) -> None:
    for dit in objets(e.donnees, "glossaire"):
        e.creer(Terme, {}, demarche=e.demarche, **valeurs("terme", dit))
    for dite in objets(e.donnees, "limites"):
        liens = {"responsable": e.lien(dite, "responsable"), "decision": e.lien(dite, "decision")}
        e.creer(LimiteDAction, dite, demarche=e.demarche, **liens, **valeurs("limite", dite))
    for dite in objets(e.donnees, "limites"):
        if dite.get("remplace"):
            LimiteDAction.objects.filter(pk=e.refs[dite["ref"]].pk).update(remplace=e.lien(dite, "remplace"))
    for dite in objets(e.donnees, "rencontres"):
        champs = valeurs("rencontre", dite) | {"epci_id": (dite.get("epci") or {}).get("siren")}
        if champs["etat"] == EtatRencontre.TENUE:
            champs["tenue_le"] = lire_jour(dite["date"])
        rencontre = e.creer(Rencontre, {}, demarche=e.demarche, **champs)
        rencontre.communes.set([commune["code"] for commune in objets(dite, "communes")])
        rencontre.referents.set(e.liens(dite, "referents"))


def _jour(texte: str | None) -> datetime | None:
    return lire_jour(texte) if texte else None
