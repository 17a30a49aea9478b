"""Le format d'échange : chaque objet et ce que ses champs veulent dire (le plan d'actions : format_plan.py).

Les clés d'un objet portent le nom du champ du modèle. Les liens entre objets sont dans schema.py.
"""

from ateliers.models import Atelier, ChantierCle, Contribution, SousGroupe
from diagnostic.models import Constat, Enjeu, Mesure, Regard, SerieIndicateur
from feuille_de_route.echange.format_plan import OBJETS_DU_PLAN
from feuille_de_route.echange.objet import Objet
from feuille_de_route.models import Signataire
from gouvernance.models import (
    CahierDesCharges,
    Decision,
    DefinitionAdoptee,
    DefinitionCommune,
    Demarche,
    Gouvernance,
    Instance,
    Jalon,
    LimiteDAction,
    Membre,
    Personne,
    PointDeBlocage,
    PointOrdreDuJour,
    Presence,
    Rencontre,
    Seance,
    Siege,
    Structure,
    Terme,
)

FORMAT = "feuille-de-route"
VERSION_FORMAT = "1.1"  # ajoute à la 1.0 des clés, n'en change ni n'en retire aucune
VERSIONS_LUES = ["1.0", VERSION_FORMAT]

OBJETS = {
    "demarche": Objet(Demarche, {
        "identifiant": "Identifiant court et unique ; s’il manque, l’import en propose un d’après le nom.",
        "nom": "Nom de la démarche.",
        "perimetre": "Périmètre, par défaut le département.",
        "debut": "Début de la démarche.",
        "fin": "Fin de la démarche, qui ne précède pas son début.",
        "contrat": "Contrat auquel la feuille de route s’adosse, par défaut aucun.",
        "contrat_precision": "Précision sur ce contrat.",
    }),
    "gouvernance": Objet(Gouvernance, {
        "sous_prefet_referent": "Sous-préfet référent.",
        "prefecture_seule": "Vrai si la préfecture porte seule la gouvernance.",
        "note_contexte": "Note de contexte, partagée avec tous les membres.",
    }),
    "structure": Objet(Structure, {
        "nom": "Nom de la structure.",
        "sigle": "Sigle.",
        "siret": "SIRET, quatorze chiffres dont la clé est vérifiée.",
    }),
    "personne": Objet(Personne, {
        "prenom": "Prénom.",
        "nom": "Nom.",
        "fonction": "Fonction dans la structure.",
        "qualite": "Qualité de la personne.",
    }),
    "membre": Objet(Membre, {
        "statut": "Statut dans la gouvernance, par défaut candidat.",
        "co_porteur": "Vrai pour un co-porteur.",
        "contact_politique": "Contact politique.",
        "contact_technique": "Contact technique.",
        "referent_fne": "Référent France Numérique Ensemble.",
    }),
    "instance": Objet(Instance, {
        "type": "Type d’instance.",
        "nom": "Nom ; null : le nom usuel du type.",
        "mandat": "Ce qu’elle décide, prépare ou nourrit.",
        "frequence": "Fréquence de ses réunions.",
        "quorum": "Sièges présents ou représentés qu’il faut ; 0 : pas de quorum.",
        "instance_hote": "Instance existante dont elle reprend les réunions.",
    }),
    "siege": Objet(Siege, {
        "president": "Vrai si ce siège préside ou co-préside.",
        "ordre": "Rang dans l’instance, par défaut 0.",
    }),
    "cahier": Objet(CahierDesCharges, {
        "contexte": "Contexte.",
        "objectifs": "Ce que la démarche doit produire, et pour qui.",
        "methode": "Étapes, ateliers, moments de validation.",
        "perimetre": "Le territoire, les publics, ce qui n’en est pas.",
        "moyens": "Moyens de la démarche.",
        "vigilance": "Points de vigilance.",
        "edition": "Numéro de l’édition, par défaut 1.",
    }),
    "definition": Objet(DefinitionCommune, {
        "texte": "Ce que les parties entendent par inclusion numérique.",
        "edition": "Numéro de l’édition en cours d’écriture ou en vigueur, par défaut 1.",
    }),
    "definition_adoptee": Objet(DefinitionAdoptee, {
        "edition": "Numéro de l’édition adoptée.",
        "texte": "Le texte adopté.",
    }),
    "terme": Objet(Terme, {"terme": "Le mot.", "definition": "Le sens que les parties lui donnent."}),
    "limite": Objet(LimiteDAction, {
        "categorie": "Ce que l’on peut, ce que l’on va, ce que l’on ne peut pas faire.",
        "libelle": "Ce dont il s’agit.",
        "explication": "Pourquoi.",
        "echeance": "Échéance.",
    }),
    "rencontre": Objet(Rencontre, {
        "type": "Visite de commune, conférence des maires ou entretien.",
        "date": "Date.",
        "lieu": "Lieu.",
        "suites": "Ce qui en est sorti.",
        "etat": "État, par défaut prévue.",
    }),
    "jalon": Objet(Jalon, {
        "code": "Le moment de validation.",
        "echeance": "Échéance ; elles ne reculent pas d’un jalon au suivant.",
        "etat": "État ; null : déduit de la dernière décision qui vise ce jalon.",
    }),
    "seance": Objet(Seance, {
        "numero": "Numéro dans l’année pour ce type d’instance ; null : le suivant.",
        "debut": "Date et heure (ISO 8601) ; une date seule si l’heure est inconnue.",
        "duree": "Durée prévue, en minutes, par défaut 120.",
        "lieu": "Lieu.",
        "visioconference": "Adresse de la visioconférence.",
        "etat": "État ; « ouverte » ou « close » pour une séance tenue ; par défaut planifiée.",
        "compte_rendu": "Compte rendu.",
    }),
    "point": Objet(PointOrdreDuJour, {
        "objet": "Objet du point.",
        "duree": "Durée prévue, en minutes.",
        "rapporteur": "Rapporteur.",
        "echanges": "Ce qui s’est dit.",
    }),
    "presence": Objet(Presence, {"etat": "Présent, excusé ou représenté."}),
    "decision": Objet(Decision, {
        "ordre": "Rang dans la séance ; null : celui du fichier.",
        "nature": "Nature de la décision.",
        "objet": "Objet.",
        "texte": "Texte de la décision.",
        "reserves": "Réserves : pour une validation avec réserves, et pour elle seule.",
    }),
    "blocage": Objet(PointDeBlocage, {
        "libelle": "Ce qui gêne l’avancée.",
        "echeance": "Échéance pour le lever.",
        "resolution": "Comment il a été levé.",
    }),
    "serie": Objet(SerieIndicateur, {
        "code": "Code de la série, commun à toutes les démarches.",
        "libelle": "Libellé.",
        "unite": "Unité.",
        "source": "Source publiée.",
        "licence": "Licence de la donnée.",
        "demonstration": "Vrai pour une donnée inventée.",
    }),
    "mesure": Objet(Mesure, {
        "echelle": "Échelle du territoire.",
        "territoire": "Code COG, SIREN, ou FR pour la France.",
        "territoire_nom": "Nom du territoire.",
        "annee": "Année de la valeur.",
        "valeur": "Valeur décimale écrite en texte ; null : non disponible, ce n’est pas zéro.",
    }),
    "constat": Objet(Constat, {
        "nature": "Nature du constat.",
        "intitule": "Le constat, en une phrase.",
        "description": "Description.",
        "tendance": "Tendance.",
        "trajectoire": "D’où l’on vient, où l’on va si rien ne change.",
        "singularite": "Ce qui distingue le territoire de ses voisins.",
        "sources": "Sources.",
    }),
    "regard": Objet(Regard, {
        "auteur": "Qui parle.",
        "posture": "Depuis quelle place.",
        "texte": "Le regard porté sur le constat.",
        "accord": "De -2 (pas du tout d’accord) à 2 (tout à fait d’accord), par défaut 0.",
    }),
    "enjeu": Objet(Enjeu, {
        "question": "La question.",
        "precision": "Précision.",
        "rang": "Rang dans le classement collectif.",
        "etat": "État, par défaut proposé.",
        "motif": "Motif ; obligatoire pour un enjeu écarté.",
    }),
    "chantier": Objet(ChantierCle, {
        "question": "La question à investiguer.",
        "origine": "Le débat qui l’a fait naître.",
        "moyens": "Moyens d’investigation.",
        "echeance": "Échéance.",
        "etat": "État, par défaut signalé.",
        "conclusion": "Conclusion ; obligatoire pour un chantier concluant ou abandonné.",
    }),
    "atelier": Objet(Atelier, {
        "type": "Type d’atelier.",
        "titre": "Titre.",
        "date": "Date.",
        "lieu": "Lieu.",
        "participants": "Nombre de participants.",
        "synthese": "Synthèse.",
    }),
    "sous_groupe": Objet(SousGroupe, {"nom": "Nom du sous-groupe.", "animateur": "Qui l’anime."}),
    "contribution": Objet(Contribution, {"auteur": "Auteur.", "texte": "La contribution."}),
    "signataire": Objet(Signataire, {
        "nom": "Nom du signataire.",
        "qualite": "Qualité, par exemple « Préfète de la Dordogne ».",
        "engagement": "Ce que sa structure s’engage à faire.",
    }),
}  # fmt: skip
OBJETS |= OBJETS_DU_PLAN
