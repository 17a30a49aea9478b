"""La matrice : chaque adresse, ce qu'elle est, et le droit qu'elle demande."""

from gouvernance.models import Etape, Role
from gouvernance.permissions import ADMINISTRATION, DROITS, PILOTES, Droit

PAGES = {
    "fiches_suivi",
    "instance",
    "bibliotheque", "bibliotheque_fiche", "coherence", "fil_d_or", "partage",
    "piece_lire", "seance_ics",
    "avenant_comparer", "bilans", "revue", "version_comparer", "versions",
    "ateliers", "atelier", "axes", "besoins", "blocages", "cahier", "cahier_editions", "chantier",
    "chantiers", "definition", "limites", "constat", "constats",
    "demarche", "document_etat", "document_pdf", "documents", "elus", "enjeux", "fiche", "fiche_suivi",
    "gouvernance",
    "fiche_echanges", "fiche_histoire", "fiche_piece_lire", "reprises",
    "journal", "membres", "papier_etat", "papier_telecharger", "plan",
    "plan_fiches_xlsx", "plan_financement", "plan_financement_xlsx", "subvention", "subventions",
    "subventions_xlsx",
    "rencontre", "rencontres", "seance", "seances", "signataires",
    "suivi", "transmission", "version_json",
}  # fmt: skip
RESERVEES = {"coherence": "lire_coherence"}  # les autres pages se lisent avec n'importe quel rôle
COMPTES = {  # sans démarche
    "lien_de_fiche", "lien_code", "lien_renouveler", "fiche_partagee", "fiche_partagee_section",
    "fiche_partagee_remarque", "fiche_partagee_proposer", "fiche_partagee_fermer",
    "fiche_partagee_echanges", "fiche_partagee_commenter", "fiche_partagee_repondre",
    "fiche_partagee_corriger",
    "fiche_partagee_joindre", "fiche_partagee_piece", "fiche_partagee_piece_retirer",
    "accueil", "enveloppes", "candidater", "candidature_recue", "code_saisir", "confirmer", "connexion",
    "deconnexion",
    "galerie", "invitation",
    "invitation_prouvee", "lien_demander", "lien_ouvrir", "mot_de_passe", "proconnect", "proconnect_retour",
    "session_fermer", "sessions", "verifier",
}  # fmt: skip
LUS = {
    "accueil",
    "fiche_partagee",
    "fiche_partagee_echanges",
    "fiche_partagee_piece",
    "enveloppes",
    "candidature_recue",
    "galerie",
    "proconnect_retour",
    "sessions",
}  # GET seulement
ENVOYES = {
    "deconnexion",
    "session_fermer",
    "fiche_partagee_remarque",
    "fiche_partagee_proposer",
    "fiche_partagee_fermer",
    "fiche_partagee_piece_retirer",
}  # POST seulement
POST_SEUL = {"fiche_fil_agir", "fiche_piece_retirer"}  # refusent un GET avant de chercher la fiche
REDIRIGE = {"faire_valider"}  # une page qui mène à une autre

ACTES = {
    "lien_agir": "confier_fiches", "fiche_remarque": "fiche",
    "subvention_agir": "demander_subvention", "subvention_supprimer": "demander_subvention",
    "fiche_fil_agir": "resoudre", "fiche_piece_retirer": "fiche",
    "bibliotheque_reprendre": "creer_fiche", "partage_reprendre": "creer_fiche",
    "partage_retirer": "partager_fiches",
    "bilan_preparer": "papier_du_bilan", "revue_inscrire": "tenir_seance",
    "papier_preparer": "papier_de_seance", "cahier_preparer": "papier_du_cahier",
    "siege_clore": "cadrer", "siege_monter": "cadrer",
    "piece_retirer": "tenir_seance", "seance_prevenir": "tenir_seance",
    "adherer": "adherer", "adhesions_relancer": "relancer", "limite_supprimer": "cadrer",
    "terme_supprimer": "cadrer", "axe_deplacer": "structurer", "axes_ordonner": "structurer",
    "axe_supprimer": "structurer",
    "besoin_agir": "editer_fiches", "calendrier_appliquer": "cadrer",
    "chantier_avancer": "animer", "constat_supprimer": "diagnostiquer", "contribution_retirer": "animer",
    "demarche_franchir": "soumettre", "elu_retirer": "suivre_elus", "rencontre_annuler": "rencontrer",
    "document_reessayer": "editer_projet", "enjeu_trancher":
    "formuler_enjeux", "fiche_agir": "fiche", "fiche_releve_retirer": "suivre_fiches",
    "instance_supprimer": "cadrer", "invitation_agir": "cadrer",
    "mandat_retirer": "cadrer",
    "membre_statut": "cadrer", "point_agir": "tenir_seance", "presences_noter": "tenir_seance",
    "projet_editer": "editer_projet", "regard_retirer": "diagnostiquer", "seance_agir": "tenir_seance",
    "session_clore": "formuler_enjeux", "siege_supprimer": "cadrer", "signataire_retirer": "engager",
    "signature_redemander": "conduire", "transmission_reessayer": "transmettre",
}  # fmt: skip

FORMULAIRES = {
    "fiches_confier": "confier_fiches", "fiches_relancer": "confier_fiches",
    "fiche_renvoyer": "instruire_fiches", "fiche_avis": "donner_avis", "fiche_avis_modifier": "donner_avis",
    "besoin_preciser": "editer_fiches",
    "subvention_ajouter": "demander_subvention", "subvention_decider": "instruire_subvention",
    "subvention_modifier": "demander_subvention",
    "fiche_commentaire_corriger": "corriger", "fiche_commenter": "commenter", "fiche_repondre": "commenter",
    "fiche_piece_joindre": "fiche", "fiche_reprendre": "creer_fiche",
    "fiche_partager": "partager_fiches",
    "instance_modele": "cadrer", "instance_succeder": "tenir_seance", "siege_remplacer": "cadrer",
    "sieges_ajouter": "cadrer",
    "decision_corriger": "tenir_seance", "piece_joindre": "tenir_seance", "point_modifier": "tenir_seance",
    "blocage_lever": "cadrer", "blocage_modifier": "cadrer", "cahier_section": "cadrer",
    "definition_inscrire": "tenir_seance", "limite_ajouter": "cadrer", "limite_inscrire": "tenir_seance",
    "limite_modifier": "cadrer", "limite_remplacer": "cadrer", "perimetre_modifier": "perimetrer",
    "terme_ajouter": "cadrer", "terme_modifier": "cadrer", "termes_proposes": "cadrer",
    "elu_ajouter": "suivre_elus", "elu_modifier": "suivre_elus", "membre_refuser": "cadrer",
    "rencontre_modifier": "rencontrer", "rencontre_prevoir": "rencontrer", "rencontre_tenir": "rencontrer",
    "structure_modifier": "cadrer",
    "adhesion_consigner": "adherer_pour", "atelier_ajouter": "animer", "atelier_modifier": "animer",
    "axe_ajouter": "structurer", "axe_modifier": "structurer", "besoin_ajouter": "editer_fiches",
    "blocage_ajouter": "cadrer", "cahier_modifier": "cadrer", "chantier_ajouter": "animer",
    "chantier_modifier": "animer", "chantier_terminer": "animer", "compte_rendu": "tenir_seance",
    "constat_ajouter": "diagnostiquer", "constat_modifier": "diagnostiquer",
    "contribution_ajouter": "contribuer", "contribution_convertir": "animer",
    "decision_consigner": "tenir_seance", "definition_modifier": "cadrer", "demarche_acte": "conduire",
    "demarche_modifier": "cadrer", "demarche_ouvrir": "ouvrir", "demarche_rouvrir": "conduire",
    "enjeu_ajouter": "formuler_enjeux", "enjeu_ecarter": "formuler_enjeux",
    "enjeu_modifier": "formuler_enjeux", "fiche_ajouter": "creer_fiche", "fiche_section": "fiche",
    "fiche_point": "suivre_fiches", "fiche_releve": "suivre_fiches",
    "fiche_releve_modifier": "suivre_fiches", "suivi_rapide": "suivre_fiches",
    "invitations": "cadrer",
    "gouvernance_modifier": "cadrer", "instance_ajouter": "cadrer", "instance_modifier": "cadrer",
    "jalons": "cadrer",
    "mandat_ajouter": "cadrer", "membre_ajouter": "cadrer", "membre_modifier": "cadrer",
    "membres_confirmer": "cadrer",
    "mesure_ajouter": "diagnostiquer", "mesures_choisir": "diagnostiquer", "note_privee": "prefecture",
    "plan_lot": "editer_fiches",
    "personne_ajouter": "cadrer", "personne_modifier": "cadrer", "point_ajouter": "tenir_seance",
    "regard_ajouter": "regarder", "seance_modifier": "tenir_seance", "seance_planifier": "tenir_seance",
    "session_ouvrir": "formuler_enjeux", "session_voter": "voter", "siege_ajouter": "cadrer",
    "siege_modifier": "cadrer", "sous_groupe_ajouter": "animer", "signataire_ajouter": "engager",
    "signataire_modifier": "choisir_compte",
    "signature_refuser": "signer", "signer": "signer", "transmission_demander": "transmettre",
    "transmission_repondre": "accuser",
    "vote_consigner": "consigner_vote",
}  # fmt: skip

# Les droits que la table DROITS ne dit pas seule : même forme, mêmes essais.
AUTRES = {
    "adherer_pour": Droit(
        "consigner l’adhésion d’une structure", frozenset({Role.COORDINATION}), Etape.PLAN_ACTIONS
    ),
    "papier_de_seance": Droit("préparer les papiers d’une séance", PILOTES),
    "papier_du_bilan": Droit("préparer le bilan d’une année", DROITS["dresser_bilan"].roles),
    "papier_du_cahier": Droit("préparer le cahier des charges en PDF ou Word", DROITS["cadrer"].roles),
    "prefecture": Droit("lire et écrire la note privée", frozenset({Role.COORDINATION})),
    "ouvrir": Droit("ouvrir une démarche", frozenset({Role.COORDINATION, ADMINISTRATION})),
    "fiche": Droit(  # le partenaire porte la fiche de la scène
        "écrire et proposer une fiche", DROITS["editer_fiches"].roles | {Role.PARTENAIRE}, Etape.PLAN_ACTIONS
    ),
    "corriger": Droit(  # celui de la scène est de la coordination
        "corriger son commentaire, tant que personne n’y a répondu", frozenset({Role.COORDINATION})
    ),
    "resoudre": Droit(
        "dire un fil résolu, ou le rouvrir",
        DROITS["editer_fiches"].roles | {Role.COTECH, Role.PARTENAIRE},
    ),
    "signer": Droit(  # les deux signataires de la scène
        "signer la feuille de route", frozenset({Role.COORDINATION, Role.ELU}), Etape.EN_SIGNATURE,
        Etape.EN_SIGNATURE,
    ),
}  # fmt: skip
TOUS_LES_DROITS = DROITS | AUTRES
# Ne dépendent pas de l'étape : note de la préfecture, démarche à naître, papier de ce qui s'est dit.
SANS_ETAPE = {"prefecture", "ouvrir", "papier_de_seance", "papier_du_cahier", "papier_du_bilan"}
ROLES = [*Role.values, ADMINISTRATION, "superutilisateur"]


def peut(role: str, droit: str) -> bool:
    role = ADMINISTRATION if role == "superutilisateur" else role
    return role in TOUS_LES_DROITS[droit].roles


def attendus(nom: str, role: str) -> tuple[int, int]:
    """(statut d'un GET, statut d'un POST vide) pour un rôle de la démarche."""
    brouillon = nom.startswith("fiche") and not nom.startswith("fiches_") and nom != "fiche_ajouter"
    invisible = role == ADMINISTRATION and brouillon
    if invisible:
        return 405 if nom in POST_SEUL else 404, 405 if nom in PAGES else 404
    if nom in PAGES:
        return 200 if peut(role, RESERVEES.get(nom, "exporter")) else 403, 405
    if nom == "jalons":  # la page est aussi le formulaire
        return 200, 422 if peut(role, "cadrer") else 403
    droit = (ACTES | FORMULAIRES)[nom]
    if peut(role, droit):
        return (405, 302) if nom in ACTES else (200, 422)
    refus = 404 if droit == "signer" else 403
    return (405 if nom in ACTES else refus), refus
