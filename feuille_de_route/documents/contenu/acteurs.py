"""La gouvernance : qui porte, qui est membre, qui décide, et ce qui a été décidé."""

from feuille_de_route.documents.contenu.lecture import (
    Dossier,
    Lu,
    en_date,
    jour,
    libelle,
    liste,
    nom_instance,
)
from gouvernance.models import Contrat, Frequence, NatureDecision, Perimetre

TENUES = {"ouverte", "close"}


def territoire(dossier: Dossier) -> str:
    """« Dordogne (24) », ou les EPCI d'un groupe suivis du département."""
    demarche = dossier.donnees["demarche"] or Lu()
    departement = demarche["departement"] or Lu()
    nom, code = departement["nom"] or "", departement["code"]
    if code:
        nom = f"{nom} ({code})" if nom else f"Département {code}"
    epcis = [e["nom"] for e in liste(demarche, "epcis") if e["nom"]]
    if not epcis or demarche["perimetre"] == "departemental":
        return nom
    cites = ", ".join(epcis[:4]) + (f" et {len(epcis) - 4} autres EPCI" if len(epcis) > 4 else "")
    return f"{cites} – {nom}" if nom else cites


def co_porteurs(dossier: Dossier) -> list[str]:
    membres = liste(dossier.donnees, "membres")
    return [n for m in membres if m["co_porteur"] and (n := dossier.structure(m["structure"]))]


def adossement(demarche: Lu) -> str:
    if demarche["contrat"] in (None, "", "aucun"):
        return ""
    precision = demarche["contrat_precision"]
    if demarche["contrat"] == "autre" and precision:
        return precision
    return libelle(Contrat, demarche["contrat"]) + (f" – {precision}" if precision else "")


def gouvernance(dossier: Dossier) -> dict | None:
    """La section Gouvernance, ou None si rien n'est connu."""
    d = dossier.donnees
    cadre = d["gouvernance"] or Lu()
    contenu = {
        "note": cadre["note_contexte"],
        "sous_prefet": cadre["sous_prefet_referent"],
        "prefecture_seule": cadre["prefecture_seule"],
        "co_porteurs": co_porteurs(dossier),
        "colleges": _colleges(dossier),
        "instances": [_instance(dossier, i) for i in liste(d, "instances")],
        "seances": _seances(dossier),
        "decisions": _decisions(dossier),
        "perimetre": libelle(Perimetre, (d["demarche"] or Lu())["perimetre"]),
    }
    connu = any(v for cle, v in contenu.items() if cle != "perimetre")
    return contenu if connu else None


def _colleges(dossier: Dossier) -> list[dict]:
    """Les membres, rangés par collège dans l'ordre où les collèges se rencontrent."""
    colleges: dict[str, list] = {}
    for membre in liste(dossier.donnees, "membres"):
        structure = dossier.de(membre["structure"])
        if not structure["nom"] or membre["statut"] == "retire":
            continue
        nom = (structure["college"] or Lu())["libelle"] or "Autres membres"
        contacts = (membre["contact_politique"], membre["contact_technique"], membre["referent_fne"])
        ligne = {
            "nom": structure["nom"],
            "co_porteur": membre["co_porteur"],
            "candidat": membre["statut"] == "candidat",
            "contacts": " · ".join(filter(None, contacts)),
        }
        colleges.setdefault(nom, []).append(ligne)
    return [{"nom": nom, "membres": membres} for nom, membres in sorted(colleges.items())]


def _instance(dossier: Dossier, instance: Lu) -> dict:
    sieges = [
        {
            "structure": dossier.structure(s["structure"]),
            "personne": dossier.personne(s["personne"]),
            "president": s["president"],
        }
        for s in sorted(liste(instance, "sieges"), key=lambda s: not s["president"])
    ]
    quorum = instance["quorum"]
    reperes = [
        libelle(Frequence, instance["frequence"]),
        f"quorum de {quorum} sièges" if quorum else "",
        f"reprend {instance['instance_hote']}" if instance["instance_hote"] else "",
        f"succède à : {dossier.instance(instance['succede_a'])}" if instance["succede_a"] else "",
        (instance["epci"] or Lu())["nom"],
    ]
    return {
        "nom": nom_instance(instance),
        "mandat": instance["mandat"],
        "reperes": " · ".join(filter(None, reperes)),
        "sieges": sieges,
    }


def _tenues(dossier: Dossier) -> list[Lu]:
    return [s for s in liste(dossier.donnees, "seances") if s["etat"] in TENUES]


def _seances(dossier: Dossier) -> list[dict]:
    return [
        {
            "date": jour(s["debut"]),
            "instance": dossier.instance(s["instance"]),
            "lieu": s["lieu"] or "",
            "presents": sum(p["etat"] in {"present", "represente"} for p in liste(s, "presences")),
            "objet": " ; ".join(p["objet"] for p in liste(s, "ordre_du_jour") if p["objet"]),
        }
        for s in _tenues(dossier)
    ]


def _decisions(dossier: Dossier) -> list[dict]:
    return [
        {
            "numero": dec["numero"] or "",
            "date": jour(en_date(seance["debut"])),
            "nature": libelle(NatureDecision, dec["nature"]),
            "objet": dec["objet"] or "",
            "texte": dec["texte"] or "",
            "reserves": dec["reserves"] or "",
        }
        for seance in _tenues(dossier)
        for dec in liste(seance, "decisions")
    ]
