"""Le schéma JSON (draft 2020-12), assemblé d'après les modèles : longueurs et listes ne se recopient pas.

Annotations propres, lues par l'import : `x-renvoi` (genres d'objets qu'une référence peut désigner),
`x-definit` (genre que `ref` nomme), `x-code` (code de référentiel), `x-unique` (clés sans doublon).
"""

from feuille_de_route.echange.format import FORMAT, OBJETS, VERSION_FORMAT, VERSIONS_LUES
from feuille_de_route.echange.schema_briques import REF, epci, jour, liste, nomme, objet, ref, renvoi, texte
from feuille_de_route.echange.schema_plan import strategie
from feuille_de_route.echange.valeurs import schema_du_champ
from gouvernance.models import Cible, StatutMembre

VISES = ("enjeu", "axe", "fiche", "chantier", "limite", "seance")
IDENTIFIANT_SCHEMA = f"urn:feuille-de-route:format-echange:{VERSION_FORMAT}"


def _demarche() -> dict:
    elements = nomme("Un EPCI.", "epci", "siren", requis=True, nom="nom")
    population = {"description": "Population municipale, pour information.", "type": ["integer", "null"]}
    elements["properties"]["population"] = population
    return objet(
        "demarche", "La démarche.", requis=("departement",),
        departement=nomme("Le département de la gouvernance.", "departement", requis=True, nom="nom"),
        region=nomme("La région, pour information.", "", nom="nom"),
        epcis=liste("Les EPCI du périmètre, pour un groupe d’EPCI seulement.", elements, "siren"),
        porteur=renvoi("Structure porteuse.", "structure"),
        parente=texte("Identifiant de la démarche départementale dont celle-ci dépend, déjà présente."),
    )  # fmt: skip


def _membre() -> dict:
    """Un membre ; celui dont la candidature est refusée n'est pas dans un fichier."""
    membre = objet(
        "membre", "Un membre.", requis=("structure",),
        structure=renvoi("La structure membre.", "structure", requis=True),
    )  # fmt: skip
    membre["properties"]["statut"]["enum"].remove(StatutMembre.REFUSE)
    return membre


def _acteurs() -> dict:
    college = nomme("Le collège.", "college", requis=True)
    return {
        "gouvernance": objet("gouvernance", "La gouvernance du département.", nullable=True),
        "structures": liste("Les structures citées.", objet(
            "structure", "Une structure.", requis=("ref", "college"), ref=ref("structure"),
            college=college, epci=epci("Son EPCI, si elle en relève."),
        ), "siret"),
        "personnes": liste("Les personnes citées.", objet(
            "personne", "Une personne.", requis=("ref", "structure"), ref=ref("personne"),
            structure=renvoi("Sa structure.", "structure", requis=True),
        )),
        "membres": liste("Les membres de la gouvernance.", _membre(), "structure"),
    }  # fmt: skip


def _cadre() -> dict:
    siege = objet(
        "siege", "Un siège.", requis=("structure",), ref=ref("siege"),
        structure=renvoi("La structure qui l’occupe.", "structure", requis=True),
        personne=renvoi("Le titulaire.", "personne"),
        clos_le=jour("Date de sa clôture ; null : on le convoque."),
    )  # fmt: skip
    adhesion = objet(
        None, "L’accord d’une structure.", requis=("structure",),
        structure=renvoi("La structure.", "structure", requis=True),
        edition={"description": "Édition acceptée ; null : la courante.", "type": ["integer", "null"],
                 "minimum": 1, "maximum": 32767},
        le=jour("Date de l’accord ; null : le jour de l’import."),
    )  # fmt: skip
    cahier = objet("cahier", "Le cahier des charges.", nullable=True)
    cahier["properties"]["adhesions"] = liste("Les accords donnés.", adhesion)
    return {
        "instances": liste("Les instances.", objet(
            "instance", "Une instance.", ref=ref("instance"), epci=epci("Son EPCI, pour un groupe moteur."),
            succede_a=renvoi("L’instance à laquelle elle succède.", "instance"),
            dissoute_le=jour("Date de son remplacement ; null : elle siège."),
            sieges=liste("Ses sièges.", siege),
        )),
        "cahier_des_charges": cahier,
        "definition_commune": objet(
            "definition", "La définition commune de l’inclusion numérique.", nullable=True,
            decision=renvoi("La décision qui l’adopte.", "decision"),
            editions=liste("Les éditions adoptées, de la dernière à la première.", objet(
                "definition_adoptee", "Une édition.", requis=("decision",),
                decision=renvoi("La décision qui l’a adoptée.", "decision", requis=True),
                le=jour("Date ; null : le jour de l’import."),
            ), "edition"),
        ),
        "glossaire": liste("Les mots employés dans le même sens.", objet("terme", "Un mot."), "terme"),
        "jalons": liste("Les cinq moments de validation ; ceux qui manquent sont à venir.", objet(
            "jalon", "Un jalon.", instance=renvoi("L’instance qui le valide.", "instance"),
            decision=renvoi("La décision qui fait foi ; null : la dernière qui le vise.", "decision"),
        ), "code"),
    }  # fmt: skip


def _seances() -> dict:
    vise = OBJETS["jalon"].champ("code")
    jalon = {"description": "Code du jalon visé.", **schema_du_champ(vise, requis=False)}
    decision = objet(
        "decision", "Une décision.", ref=ref("decision"), jalon=jalon, cible=_cible(),
        numero=texte("Numéro composé, pour information (« 2026-COPIL-02-D3 »)."),
    )  # fmt: skip
    presence = objet(
        "presence", "Une présence.", requis=("siege",), siege=renvoi("Le siège.", "siege", requis=True),
        pouvoir_a=renvoi("Le siège qui porte son pouvoir, s’il est représenté.", "siege"),
    )  # fmt: skip
    seance = objet(
        "seance", "Une séance.", requis=("instance",), ref=ref("seance"),
        reference=texte("Référence composée, pour information (« 2026-COPIL-02 »)."),
        instance=renvoi("L’instance réunie.", "instance", requis=True),
        ordre_du_jour=liste("L’ordre du jour.", objet("point", "Un point.", jalon=jalon, cible=_cible())),
        presences=liste("Les présences notées.", presence, "siege"),
        decisions=liste("Les décisions, dans une séance ouverte ou close.", decision, "ordre"),
    )  # fmt: skip
    blocage = objet(
        "blocage", "Un point de blocage.", responsable=renvoi("Qui doit le lever.", "structure"),
        decision=renvoi("La décision dont c’est une réserve.", "decision"),
        leve_le=jour("Date à laquelle il est levé ; null : il gêne encore."),
    )  # fmt: skip
    limite = objet(
        "limite", "Une limite d’action.", ref=ref("limite"),
        responsable=renvoi("Qui la porte.", "structure"),
        decision=renvoi("La décision qui l’a arrêtée.", "decision"),
        remplace=renvoi("La limite décidée dont elle prend la place.", "limite"),
    )  # fmt: skip
    return {
        "seances": liste("Les séances.", seance),
        "points_de_blocage": liste("Les points de blocage.", blocage),
        "limites": liste("On peut, on va, on ne peut pas.", limite),
        "rencontres": liste("Les rencontres de terrain.", _rencontre()),
    }


def _cible() -> dict:
    """Ce sur quoi porte un point ou une décision, jalon mis à part."""
    genres = [c.value for c in Cible if c not in (Cible.AUCUNE, Cible.JALON)]
    return {
        "description": "L’objet visé, s’il y en a un autre qu’un jalon.",
        "type": ["object", "null"],
        "properties": {
            "type": {"description": "Genre de l’objet.", "type": "string", "enum": genres},
            "ref": renvoi("L’objet, s’il est dans le fichier.", *VISES),
            "libelle": texte("Son intitulé au moment où l’on en parle.", maxLength=250),
        },
        "required": ["type"],
        "additionalProperties": False,
    }


def _rencontre() -> dict:
    referent = {"type": "string", "pattern": REF, "x-renvoi": ["personne"], "description": "Un référent."}
    return objet(
        "rencontre", "Une rencontre.", epci=epci("L’EPCI, pour une conférence des maires."),
        communes=liste("Les communes.", nomme("Une commune.", "commune", requis=True, nom="nom"), "code"),
        referents=liste("Les référents.", referent) | {"uniqueItems": True},
    )  # fmt: skip


def _diagnostic() -> dict:
    serie = texte("Code de la série.", maxLength=60)
    mesure = objet("mesure", "Une valeur citée.", requis=("serie",), serie=serie | {"type": "string"})
    constat = objet(
        "constat", "Un constat.", ref=ref("constat"), thematique=nomme("Sa thématique.", "thematique"),
        mesures=liste("Les valeurs qui le chiffrent.", mesure),
        regards=liste("Les regards croisés.", objet("regard", "Un regard.")),
    )  # fmt: skip
    diagnostic = objet(
        None, "Le diagnostic.", nullable=True,
        series=liste("Les séries des valeurs citées.", objet("serie", "Une série."), "code"),
        constats=liste("Les constats.", constat),
    )  # fmt: skip
    constats = {"type": "string", "pattern": REF, "x-renvoi": ["constat"], "description": "Un constat."}
    enjeu = objet(
        "enjeu", "Un enjeu.", ref=ref("enjeu"),
        constats=liste("Les constats dont il suit.", constats) | {"uniqueItems": True},
    )  # fmt: skip
    return {"diagnostic": diagnostic, "enjeux": liste("Les enjeux.", enjeu)}


def _ateliers() -> dict:
    contribution = objet(
        "contribution", "Une contribution.", ref=ref("contribution"),
        sous_groupe=texte("Nom du sous-groupe d’où elle vient."),
        convertie_en=renvoi("L’enjeu ou le chantier clé qu’elle est devenue.", "enjeu", "chantier"),
    )  # fmt: skip
    chantier = objet(
        "chantier", "Un chantier clé.", ref=ref("chantier"), pilote=renvoi("Son pilote.", "structure"),
        conclu_le=jour("Date de la conclusion ; null : le jour de l’import."),
    )  # fmt: skip
    atelier = objet(
        "atelier", "Un atelier.", ref=ref("atelier"),
        sous_groupes=liste("Ses sous-groupes.", objet("sous_groupe", "Un sous-groupe."), "nom"),
        contributions=liste("Ce qui s’y est dit.", contribution),
    )  # fmt: skip
    return {
        "chantiers": liste("Les chantiers clés.", chantier),
        "ateliers": liste("Les ateliers.", atelier),
    }


def schema() -> dict:
    """Le schéma complet, avec la description de chaque clé."""
    entete = {
        "format": {"description": "Toujours « feuille-de-route ».", "const": FORMAT},
        "version_format": {
            "description": f"Version du format ; un export écrit « {VERSION_FORMAT} ».",
            "enum": VERSIONS_LUES,
        },
        "demarche": _demarche(),
    }
    corps = [_acteurs(), _cadre(), _seances(), _diagnostic(), _ateliers(), strategie()]
    racine = objet(None, "Une démarche et sa feuille de route.", requis=tuple(entete), **entete)
    for partie in corps:
        racine["properties"] |= partie
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": IDENTIFIANT_SCHEMA,
        "title": "Feuille de route : format d’échange",
        **racine,
    }
