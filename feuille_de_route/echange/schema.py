"""Le schéma JSON (draft 2020-12), assemblé d'après les modèles : longueurs et listes ne se recopient pas.

Annotations propres, lues par l'import : `x-renvoi` (genres d'objets qu'une référence peut désigner),
`x-definit` (genre que `ref` nomme), `x-code` (code de référentiel), `x-unique` (clés sans doublon).
"""

from feuille_de_route.echange.format import FORMAT, OBJETS, VERSION_FORMAT
from feuille_de_route.echange.valeurs import DATE, schema_du_champ
from gouvernance.models import Cible, StatutMembre

REF = r"^[A-Za-z][A-Za-z0-9_-]{0,29}$"
VISES = ("enjeu", "axe", "fiche", "chantier", "limite", "seance")
IDENTIFIANT_SCHEMA = "urn:feuille-de-route:format-echange:1.0"


def texte(description: str, **reste) -> dict:
    return {"description": description, "type": ["string", "null"], **reste}


def renvoi(description: str, *genres: str, requis: bool = False) -> dict:
    nature = "string" if requis else ["string", "null"]
    return {"description": description, "type": nature, "pattern": REF, "x-renvoi": list(genres)}


def ref(genre: str) -> dict:
    description = "Référence locale au fichier, unique ; les autres objets s’en servent pour le désigner."
    return texte(description, pattern=REF, **{"x-definit": genre})


def liste(description: str, elements: dict, *uniques: str) -> dict:
    schema = {"description": description, "type": ["array", "null"], "items": elements}
    return schema | ({"x-unique": list(uniques)} if uniques else {})


def objet(nom: str | None, description: str, *, requis: tuple = (), nullable: bool = False, **liens) -> dict:
    """Les champs simples de l'objet `nom`, puis ses liens ; aucune autre clé n'est admise."""
    proprietes, obligatoires = {}, list(requis)
    if nom:
        modele = OBJETS[nom]
        for cle, sens in modele.champs.items():
            exige = modele.requis(cle)
            schema = schema_du_champ(modele.champ(cle), requis=exige)
            proprietes[cle] = {"description": sens, **schema}
            obligatoires += [cle] if exige else []
    nature = ["object", "null"] if nullable else "object"
    schema = {"description": description, "type": nature, "properties": proprietes | liens}
    return schema | {"required": sorted(obligatoires), "additionalProperties": False}


def nomme(description: str, genre: str, cle="code", *, requis: bool = False, nom="libelle") -> dict:
    """Un code de référentiel et son nom, informatif : l'import ne lit que le code."""
    code = {"description": "Code, seul lu à l’import.", "type": "string", "x-code": genre}
    return {
        "description": description,
        "type": "object" if requis else ["object", "null"],
        "properties": {cle: code, nom: texte("Nom, pour information.")},
        "required": [cle],
        "additionalProperties": False,
    }


def epci(description: str) -> dict:
    return nomme(description, "epci", "siren", nom="nom")


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
        clos_le=texte("Date de sa clôture ; null : on le convoque.", pattern=DATE, format="date"),
    )  # fmt: skip
    adhesion = objet(
        None, "L’accord d’une structure.", requis=("structure",),
        structure=renvoi("La structure.", "structure", requis=True),
        edition={"description": "Édition acceptée ; null : la courante.", "type": ["integer", "null"],
                 "minimum": 1, "maximum": 32767},
        le=texte("Date de l’accord ; null : le jour de l’import.", pattern=DATE, format="date"),
    )  # fmt: skip
    cahier = objet("cahier", "Le cahier des charges.", nullable=True)
    cahier["properties"]["adhesions"] = liste("Les accords donnés.", adhesion)
    return {
        "instances": liste("Les instances.", objet(
            "instance", "Une instance.", ref=ref("instance"), epci=epci("Son EPCI, pour un groupe moteur."),
            succede_a=renvoi("L’instance à laquelle elle succède.", "instance"),
            dissoute_le=texte("Date de son remplacement ; null : elle siège.", pattern=DATE, format="date"),
            sieges=liste("Ses sièges.", siege),
        )),
        "cahier_des_charges": cahier,
        "definition_commune": objet(
            "definition", "La définition commune de l’inclusion numérique.", nullable=True,
            decision=renvoi("La décision qui l’adopte.", "decision"),
            editions=liste("Les éditions adoptées, de la dernière à la première.", objet(
                "definition_adoptee", "Une édition.", requis=("decision",),
                decision=renvoi("La décision qui l’a adoptée.", "decision", requis=True),
                le=texte("Date ; null : le jour de l’import.", pattern=DATE, format="date"),
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
        numero=texte("Numéro composé, pour information (« 2026-COPIL-02-D3 »)."),
    )  # fmt: skip
    presence = objet(
        "presence", "Une présence.", requis=("siege",), siege=renvoi("Le siège.", "siege", requis=True),
        pouvoir_a=renvoi("Le siège qui porte son pouvoir, s’il est représenté.", "siege"),
    )  # fmt: skip
    seance = objet(
        "seance", "Une séance.", requis=("instance",), ref=ref("seance"),
        reference=texte("Référence composée, pour information (« 2026-COPIL-02 »)."),
        instance=renvoi("L’instance réunie.", "instance", requis=True),
        ordre_du_jour=liste("L’ordre du jour.", objet("point", "Un point.", jalon=jalon, cible=_cible())),
        presences=liste("Les présences notées.", presence, "siege"),
        decisions=liste("Les décisions, dans une séance ouverte ou close.", decision, "ordre"),
    )  # fmt: skip
    blocage = objet(
        "blocage", "Un point de blocage.", responsable=renvoi("Qui doit le lever.", "structure"),
        decision=renvoi("La décision dont c’est une réserve.", "decision"),
        leve_le=texte("Date à laquelle il est levé ; null : il gêne encore.", pattern=DATE, format="date"),
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
        "contribution", "Une contribution.", sous_groupe=texte("Nom du sous-groupe d’où elle vient."),
        convertie_en=renvoi("L’enjeu ou le chantier clé qu’elle est devenue.", "enjeu", "chantier"),
    )  # fmt: skip
    chantier = objet(
        "chantier", "Un chantier clé.", ref=ref("chantier"), pilote=renvoi("Son pilote.", "structure"),
        conclu_le=texte("Date de la conclusion ; null : le jour de l’import.", pattern=DATE, format="date"),
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


def _axe(description: str, **liens) -> dict:
    declinaison = {
        "description": "L’axe de la démarche parente qu’il sert.",
        "type": ["object", "null"],
        "properties": {
            "numero": {"description": "Son numéro, « 2 » ou « 2.1 ».", "type": "string",
                       "pattern": r"^[1-9][0-9]{0,2}(\.[1-9][0-9]{0,2})?$"},
            "intitule": texte("Son intitulé, pour information."),
        },
        "required": ["numero"],
        "additionalProperties": False,
    }  # fmt: skip
    enjeu = renvoi("Un enjeu.", "enjeu", requis=True)
    enjeux = liste("Les enjeux auxquels il répond.", enjeu) | {"uniqueItems": True}
    return objet("axe", description, ref=ref("axe"), axe_departemental=declinaison, enjeux=enjeux, **liens)


def _fiche() -> dict:
    partenaire = objet(
        None, "Un partenaire.", requis=("structure",),
        structure=renvoi("La structure.", "structure", requis=True),
        apport=texte("Ce qu’elle apporte.", maxLength=250),
    )  # fmt: skip
    enjeux = liste("Les enjeux servis.", renvoi("Un enjeu.", "enjeu", requis=True)) | {"uniqueItems": True}
    territoire = nomme("Un EPCI.", "epci", "siren", requis=True, nom="nom")
    return objet(
        "fiche", "Une fiche action.", ref=ref("fiche"), axe=renvoi("Son axe ou sous-axe.", "axe"),
        chantier=renvoi("Le chantier clé d’où elle vient.", "chantier"), enjeux=enjeux,
        territoires=liste("Les EPCI concernés ; aucun : tout le périmètre.", territoire, "siren"),
        structure_porteuse=renvoi("La structure porteuse.", "structure"),
        elu_referent=renvoi("L’élu référent.", "personne"),
        partenaires=liste("Les partenaires.", partenaire, "structure"),
        etapes=liste("Les étapes.", objet("etape", "Une étape.")),
        indicateurs=liste("Les indicateurs.", objet("indicateur", "Un indicateur.")),
        budget=liste("Les dépenses prévues.", objet("ligne", "Une ligne de budget.")),
        financements=liste("Les financements.", objet("financement", "Un financement.")),
        decision=renvoi("La décision qui la retient ou l’écarte.", "decision"),
    )  # fmt: skip


def _strategie() -> dict:
    sous_axes = liste("Ses sous-axes, sans autre niveau.", _axe("Un sous-axe."))
    signataire = objet(
        "signataire", "Un signataire.", requis=("structure",),
        structure=renvoi("La structure qu’il engage.", "structure", requis=True),
    )  # fmt: skip
    return {
        "axes": liste("Les axes.", _axe("Un axe.", sous_axes=sous_axes)),
        "fiches": liste("Les fiches actions.", _fiche(), "numero"),
        "besoins": liste("Les besoins en ingénierie.", objet("besoin", "Un besoin."), "code", "rang"),
        "signataires": liste("Les signataires, dans l’ordre où ils signent.", signataire),
    }


def schema() -> dict:
    """Le schéma complet, avec la description de chaque clé."""
    entete = {
        "format": {"description": "Toujours « feuille-de-route ».", "const": FORMAT},
        "version_format": {"description": "Version du format.", "const": VERSION_FORMAT},
        "demarche": _demarche(),
    }
    corps = [_acteurs(), _cadre(), _seances(), _diagnostic(), _ateliers(), _strategie()]
    racine = objet(None, "Une démarche et sa feuille de route.", requis=tuple(entete), **entete)
    for partie in corps:
        racine["properties"] |= partie
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": IDENTIFIANT_SCHEMA,
        "title": "Feuille de route : format d’échange",
        **racine,
    }
