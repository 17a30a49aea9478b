"""Les gardes que l'on ôte une à une, et l'essai qui doit alors échouer (voir mutations.py)."""

from typing import NamedTuple

from tests.robustesse.gardes_partenaires import PARTENAIRES


class Garde(NamedTuple):
    """Dans `fichier`, `texte` (présent une fois) devient `sans` ; `essais` est ce que pytest reçoit."""

    nom: str
    fichier: str
    texte: str
    sans: str
    essais: str


R = "tests/robustesse"
ADRESSES = f"{R}/test_adresses.py"
CANARI = f"{R}/test_canari.py"
AILLEURS = f"{ADRESSES}::test_un_identifiant_d_ailleurs_ne_se_lit_pas_d_ici[coordination]"
AUTRE = f"{ADRESSES}::test_la_demarche_d_un_autre_departement_n_existe_pas[coordination]"
CORPS = f"{ADRESSES}::test_une_ligne_designee_par_le_corps_est_cherchee_dans_la_demarche"
NOTE = f"{CANARI}::test_la_note_privee_n_est_lue_que_de_l_equipe_de_la_prefecture"
EXIGER_ICI = '    exiger(par, demarche, "{}")\n'


def role(nom: str) -> str:
    return f"{ADRESSES}::test_dans_sa_demarche_chacun_fait_ce_que_dit_la_matrice[{nom}]"


def etape(nom: str) -> str:
    return f"{R}/test_etapes.py::test_hors_de_sa_fenetre_un_acte_est_refuse_avec_sa_phrase[{nom}]"


def ou_l_on_exige(fichier: str, apres: str, droit: str, essai: str) -> Garde:
    """L'appel d'`exiger` qui suit cette ligne."""
    ligne = EXIGER_ICI.format(droit)
    return Garde(f"{fichier} exige « {droit} »", fichier, f"{apres}\n{ligne}", f"{apres}\n", essai)


def perimetre(fichier: str, texte: str, sans: str, essai: str = AILLEURS) -> Garde:
    """L'objet se cherche dans sa démarche."""
    return Garde(f"{fichier} cherche dans la démarche", fichier, texte, sans, essai)


P, V, F = "gouvernance/permissions.py", "gouvernance/views", "feuille_de_route"

TABLE = [
    Garde("règles : le rôle", P, "if par is not None and not droit.roles", "if False and not droit.roles",
          role("partenaire")),
    Garde("règles : l’étape", P, "    if motif := motif_d_etape(demarche, DROITS[nom]):\n        raise",
          "    if motif := '':\n        raise", etape("axe_supprimer")),
    Garde("vues : le rôle", P, "if not self.autorise_nom(nom):", "if False:", role("lecture")),
    Garde("une démarche abandonnée", P, "if etape == Etape.ABANDONNEE:", "if False:",
          etape("blocage_ajouter")),
    Garde("jusqu’à quelle étape", P, "if etape.rang > droit.jusqu_a.rang:", "if False:",
          etape("axe_ajouter")),
    Garde("à partir de quelle étape", P, "if etape.rang < droit.depuis.rang:", "if False:",
          etape("session_voter")),
    Garde("note privée : le collège", P, 'and structure.college_id == "etat"', "",
          f"{NOTE}[coordination_departementale]"),
    Garde("note privée : le rôle", P, "Role.COORDINATION in (roles_de(", "True or (roles_de(",
          f"{NOTE}[co_porteur]"),
    Garde("pages de formulaire : le rôle", f"{V}/saisies.py",
          "    acces.exiger(page.droit)\n", "", role("lecture")),
    Garde("enregistrer : le droit", "gouvernance/edition.py",
          "    exiger(par, demarche, droit)\n    objet = formulaire.instance",
          "    objet = formulaire.instance",
          etape("blocage_ajouter")),
    Garde("supprimer : le droit", "gouvernance/edition.py",
          "    exiger(par, demarche, droit)\n    Evenement.consigner(objet, \"supprimer\"",
          "    Evenement.consigner(objet, \"supprimer\"", role("elu")),
]  # fmt: skip

LOTS = "tests/feuille_de_route/test_lots.py::test_"
ENSEMBLE = [  # agir sur plusieurs fiches
    Garde("geste d’ensemble : le droit", f"{F}/plan_d_actions/lots.py",
          "    exiger(par, demarche, DROIT)\n", "",
          f"{LOTS}apres_la_soumission_on_ne_coche_plus_et_l_on_sait_pourquoi"),
    Garde("geste d’ensemble : la version vue", f"{F}/plan_d_actions/lots.py",
          "if fiche.version != versions[fiche.numero]",
          "if False", f"{LOTS}une_fiche_modifiee_entre_temps_est_nommee_et_rien_ne_change"),
    Garde("geste d’ensemble : une seule fois", f"{F}/plan_d_actions/lots.py",
          "    consommer(jeton, par)\n", "",
          f"{LOTS}un_double_clic_simultane_n_a_qu_un_effet"),
    Garde("geste d’ensemble : la démarche", f"{F}/plan_d_actions/lots.py",
          "siennes = demarche.fiches.filter(numero__in=list(versions), pk__in=visibles)",
          "siennes = FicheAction.objects.filter(numero__in=list(versions), pk__in=visibles)",
          f"{LOTS}un_numero_ne_designe_que_la_fiche_de_la_demarche"),
]  # fmt: skip

VISIBILITE = [
    Garde("démarches visibles", "gouvernance/models/demarche.py",
          'return self.filter(pk__in=mandats.values("demarche"))', "return self", AUTRE),
    Garde("ouvrir une démarche", f"{V}/commun.py", "    if not acces.roles:", "    if False:", AUTRE),
    Garde("fiches visibles : administration", f"{F}/models/fiches.py", "return self.filter(proposees)",
          "return self", role("administration")),
    Garde("fiches visibles : brouillons des autres", f"{F}/models/fiches.py", " & (proposees | siennes)", "",
          "tests/feuille_de_route/test_fiches.py tests/feuille_de_route/test_plan.py"),
    Garde("fiche ouverte : visible", f"{F}/views/fiches.py", "avec_roles(fiches.visibles_par(request.user),",
          "avec_roles(fiches.all(),", AUTRE),
    perimetre(f"{V}/gouvernance.py", "membres_ici, gouvernance=demarche.gouvernance_id, uuid",
              "membres_ici, uuid"),
    perimetre(f"{V}/gouvernance.py", "Mandat, demarche=demarche, pk", "Mandat, pk", CORPS),
    perimetre(f"{V}/tenue.py", "PointOrdreDuJour, seance=trouvee, pk", "PointOrdreDuJour, pk", CORPS),
    perimetre(f"{V}/tenue.py", "seance=trouver(demarche, seance), uuid=piece)\n    return piece_jointe",
              "uuid=piece)\n    return piece_jointe"),
    perimetre(f"{V}/seances.py", "seances, instance__demarche=demarche, uuid", "seances, uuid"),
    perimetre(f"{V}/sieges.py", "sieges, instance__demarche=demarche, uuid", "sieges, uuid"),
    perimetre(f"{V}/sieges.py", "Personne, gouvernance=demarche.gouvernance_id, uuid", "Personne, uuid"),
    perimetre(f"{V}/limites.py", 'select_related("demarche"), demarche=demarche, uuid',
              'select_related("demarche"), uuid'),
    perimetre(f"{V}/rencontres.py", "rencontres, demarche=demarche, uuid", "rencontres, uuid"),
    perimetre("gouvernance/comptes/views/invitations.py", "Invitation, demarche=demarche, uuid",
              "Invitation, uuid"),
    perimetre("diagnostic/views/constats.py",
              "Regard, constat__demarche=demarche, constat__uuid=constat, uuid", "Regard, uuid"),
    perimetre("ateliers/views/ateliers.py",
              "Contribution, atelier__demarche=demarche, atelier__uuid=atelier, uuid", "Contribution, uuid"),
    perimetre(f"{F}/views/papiers.py", "Papier.objects.filter(demarche=demarche).select_related",
              "Papier.objects.select_related"),
    perimetre(f"{F}/views/documents.py", 'Document.objects.filter(demarche=demarche).select_related("version',
              'Document.objects.select_related("version'),
    perimetre(f"{F}/views/decisions.py", "Seance.objects.filter(instance__demarche=demarche)",
              "Seance.objects"),
    perimetre(f"{F}/views/decisions.py", "seance__uuid=seance, seance__instance__demarche=demarche, uuid",
              "uuid"),
    perimetre(f"{F}/views/decisions.py", "modele, seance=seance, uuid=valeur", "modele, uuid=valeur",
              f"{ADRESSES}::test_un_objet_nomme_en_parametre_est_cherche_dans_la_seance"),
    perimetre(f"{F}/views/signatures.py",
              "Signature, document__demarche=demarche, document__uuid=document_uuid, ordre",
              "Signature, document__uuid=document_uuid, ordre"),
    perimetre(f"{F}/views/axes.py", "objet = get_object_or_404(Axe, demarche=demarche, uuid=axe_uuid)\n    "
              "return agir(\n        request,\n        lambda: strategie.supprimer",
              "objet = get_object_or_404(Axe, uuid=axe_uuid)\n    "
              "return agir(\n        request,\n        lambda: strategie.supprimer"),
]  # fmt: skip

REGLES = [
    ou_l_on_exige("gouvernance/cadre/adhesions.py", "    demarche = edition.tenir(demarche)", "adherer",
                  etape("adherer")),
    ou_l_on_exige("gouvernance/cadre/limites.py", "    demarche = edition.tenir(ancienne.demarche)", "cadrer",
                  etape("limite_remplacer")),
    ou_l_on_exige("gouvernance/conduite/demarches.py", '    """', "cadrer", etape("calendrier_appliquer")),
    Garde("instance tenue : le droit", "gouvernance/comites/instances.py",
          "    exiger(par, demarche, droit)\n", "",
          etape("siege_monter")),
    Garde("rencontre tenue : le droit", "gouvernance/acteurs/rencontres.py",
          '    exiger(par, rencontre.demarche, "rencontrer")\n', "", etape("rencontre_annuler")),
    Garde("planifier une séance", "gouvernance/reunions/seances.py",
          '    exiger(par, instance.demarche, "tenir_seance")\n    if instance.dissoute_le',
          "    if instance.dissoute_le", etape("seance_planifier")),
    Garde("mener une séance", "gouvernance/reunions/seances.py",
          '    exiger(par, demarche, "tenir_seance")\n    if seance.etat not in transition.depuis',
          "    if seance.etat not in transition.depuis", etape("seance_agir")),
    Garde("décider", "gouvernance/decisions.py",
          '    exiger(par, demarche, "tenir_seance")\n    _verifier_seance(seance)',
          "    _verifier_seance(seance)", etape("decision_consigner")),
    Garde("convertir une contribution", "ateliers/animation.py", "    exiger(par, demarche, droit)\n", "",
          etape("contribution_convertir")),
    Garde("voter", "diagnostic/priorisation.py", '    exiger(par, session.demarche, "voter")\n', "",
          "tests/diagnostic/test_priorisation.py"),
    Garde("franchir un passage", f"{F}/parcours.py", "    exiger(par, demarche, passage.droit)\n", "",
          etape("demarche_franchir")),
    Garde("accuser réception", f"{F}/transmissions.py",
          '    exiger(par, transmission.demarche, "accuser")\n', "", etape("transmission_repondre")),
    Garde("transmettre", f"{F}/transmissions.py", '    exiger(par, demarche, "transmettre")\n', "",
          etape("transmission_demander")),
    Garde("la note s’écrit par l’équipe", "gouvernance/acteurs/membres.py",
          "if not lit_note_privee(par, demarche):",
          "if False:", f"{CANARI} -k regle_de_la_note"),
    Garde("la note se lit par l’équipe", f"{V}/gouvernance.py",
          "if not lit_note_privee(request.user, demarche):", "if False:", f"{NOTE}[co_porteur]"),
    Garde("la note hors de l’administration", "gouvernance/admin.py", 'exclude = ["note_privee"]',
          "exclude = []", f"{CANARI}::test_l_administration_du_site_ne_montre_pas_la_note"),
    Garde("papier réservé", f"{F}/views/papiers.py", "if modele.reserve:", "if False:",
          "tests/papiers/test_demander.py -k lit_quoi"),
    Garde("projet réservé à qui le rédige", f"{F}/views/documents.py",
          'if acces.autorise_nom("editer_projet"):', "if True:",
          "tests/feuille_de_route/test_production.py -k projet"),
    Garde("sensibilité des élus", f"{V}/elus.py", 'acces.autorise_nom("lire_elus")', "True",
          "tests/gouvernance/test_elus.py"),
    Garde("qui signe", f"{F}/views/signatures.py", ".filter(signataire__utilisateur=request.user)", "",
          role("partenaire")),
    Garde("demander et instruire une subvention", f"{F}/argent/subventions.py",
          "    (exiger_role if transition.toujours else exiger)(par, demande.demarche, transition.droit)\n",
          "",
          "tests/feuille_de_route/test_subventions.py -k cases_de_la_table"),
    Garde("le plafond se tient sous verrou", f"{F}/argent/enveloppes.py",
          'Plafond.objects.select_for_update(of=("self",))', "Plafond.objects.all()",
          "tests/feuille_de_route/test_subventions_simultanees.py"),
    Garde("une demande déposée est figée", f"{F}/argent/subventions.py",
          "        if refus := _motif_d_etat(tenue):",
          "        if False:", "tests/feuille_de_route/test_subventions.py -k figee"),
    Garde("un partenaire n’exporte que les siennes", f"{F}/argent/consolidation.py",
          "    if acces.roles == {Role.PARTENAIRE}:", "    if False:",
          "tests/feuille_de_route/test_plan_financement.py -k partenaire"),
    Garde("le tour de signature", f"{F}/signatures.py",
          "    if signature.document.demarche.etape != Etape.EN_SIGNATURE:", "    if False:",
          etape("signer")),
]  # fmt: skip

ENTREE = [
    Garde("il faut un compte", f"{F}/settings.py",
          '    "django.contrib.auth.middleware.LoginRequiredMiddleware",\n', "",
          f"{ADRESSES}::test_qui_n_est_pas_connecte_va_se_connecter"),
    Garde("jeton CSRF", f"{F}/settings.py", '    "django.middleware.csrf.CsrfViewMiddleware",\n', "",
          f"{R}/test_refus.py -k csrf"),
    Garde("lire n’écrit pas", "gouvernance/socle/vues.py", "if ECRITURE.match(texte) and",
          "if False and", f"{R}/test_refus.py -k lecture"),
    Garde("lire ne se poste pas", "gouvernance/socle/vues.py", "    @require_safe\n", "", role("lecture")),
    Garde("preuve fraîche", "gouvernance/comptes/gardes.py", "if preuve_fraiche(request):", "if True:",
          "tests/comptes/test_confirmation.py"),
    Garde("un quart d’heure", "gouvernance/acces/sessions.py", "authentifiee_le <= PREUVE",
          "authentifiee_le <= PREUVE * 9", "tests/comptes/test_confirmation.py"),
    Garde("douze heures", "gouvernance/acces/sessions.py", "if maintenant - session.ouverte_le > DUREE:",
          "if False:", "tests/comptes/test_sessions.py"),
    Garde("un rôle ôté ferme les sessions", "gouvernance/acteurs/membres.py",
          "    sessions.fermer_pour_role(mandat.utilisateur, par=par)\n", "",
          "tests/comptes/test_sessions.py"),
    Garde("compte désactivé", "gouvernance/comptes/middleware.py", "compte.is_active\n        and ", "",
          "tests/comptes/test_sessions.py"),
    Garde("un lien ne sert qu’une fois", "gouvernance/arrivees/liens.py", "if lien.consomme_le:", "if False:",
          "tests/comptes/test_liens.py"),
    Garde("un lien expire", "gouvernance/arrivees/liens.py",
          "if lien.expire_le <= timezone.now():", "if False:",
          "tests/comptes/test_liens.py"),
    Garde("essais comptés", "gouvernance/acces/tentatives.py", "        _exiger_de_la_place(cle, permis)\n",
          "        pass\n", "tests/comptes/test_tentatives.py"),
    Garde("la coordination se donne entre soi", "gouvernance/acteurs/membres.py",
          "if par is not None and role == Role.COORDINATION and", "if False and",
          "tests/comptes/test_invitations.py tests/gouvernance/test_membres.py"),
    Garde("la suite reste sur le site", "gouvernance/comptes/entree.py",
          'voulue.startswith("/") and sure', 'voulue.startswith(("/", "h", "j"))',
          "tests/comptes/test_confirmation.py -k sort_pas"),
]  # fmt: skip

B, PARTAGES = "feuille_de_route/echelles/bibliotheque.py", "feuille_de_route/echelles/partages.py"
ESSAIS_B, ESSAIS_P = "tests/feuille_de_route/test_bibliotheque.py", "tests/feuille_de_route/test_partages.py"
ESSAIS_C = "tests/feuille_de_route/test_coherence.py"
MISE_EN_COMMUN = [
    Garde("bibliothèque : signée par tous", B, ", demarche__signee_le__isnull=False", "", ESSAIS_B),
    Garde("bibliothèque : à l’étape signée", B, "demarche__etape__in=SIGNEES, ", "", ESSAIS_B),
    Garde("bibliothèque : fiche retenue", B, "etat=EtatFiche.RETENUE, ", "", ESSAIS_B),
    Garde("bibliothèque : pas les siennes", B, "signees.exclude(demarche=demarche)", "signees", ESSAIS_B),
    Garde("bibliothèque : le pilote ne se cherche pas", B,
          "texte, SANS_LE_PILOTE)\n    if requete is None:\n        return fiches\n",
          "texte)\n    if requete is None:\n        return fiches\n", ESSAIS_B),
    Garde("bibliothèque : les personnes ne se reprennent pas", B,
          "    _taire(FicheAction", "    0 and _taire(FicheAction", ESSAIS_B),
    Garde("bibliothèque : ni dans les étapes", B,
          "        _taire(lignes.all()", "        0 and _taire(lignes.all()", ESSAIS_B),
    Garde("bibliothèque : la règle relit l’état", B, "if source is None:", "if False:", ESSAIS_B),
    Garde("partage : le rôle", PARTAGES,
          '    exiger(par, fiche.demarche, "partager_fiches")\n', "", ESSAIS_P),
    Garde("partage : le rôle de qui cesse", PARTAGES,
          '    exiger(par, depuis, "partager_fiches")\n', "", ESSAIS_P),
    Garde("partage : ni brouillon ni écartée", PARTAGES,
          ".exclude(fiche__etat__in=NON_PARTAGEES)", "", ESSAIS_P),
    Garde("partage : dans la gouvernance", PARTAGES,
          "gouvernance=fiche.demarche.gouvernance_id", "", ESSAIS_P),
    Garde("partage : on ne reprend que ce qui est partagé", "feuille_de_route/echelles/reprises.py",
          "source.partages.filter(demarche=reprise.vers).exists()", "source.partages.exists()", ESSAIS_P),
    Garde("partage : lu de la démarche qui l’accueille", PARTAGES,
          "PartageDeFiche.objects.filter(demarche=demarche)", "PartageDeFiche.objects", ESSAIS_P),
    Garde("cohérence : ses démarches seulement", "feuille_de_route/axes/coherence.py",
          "if entiere or d.a_un_mandat]", "if True]", ESSAIS_C),
    Garde("cohérence : le rôle", "feuille_de_route/views/coherence.py",
          '    acces.exiger("lire_coherence")\n', "", ESSAIS_C),
    Garde("axes rangés : la version vue", "feuille_de_route/axes/strategie.py",
          "vu != empreinte_de_l_ordre(tous) or ", "", "tests/feuille_de_route/test_axes_ranger.py"),
    Garde("axes rangés : la liste entière", "feuille_de_route/axes/strategie.py",
          " or sorted(ordre) != sorted(freres)", "", "tests/feuille_de_route/test_axes_ranger.py"),
    Garde("axes rangés : le rôle", "feuille_de_route/axes/strategie.py",
          '    exiger(par, demarche, "structurer")\n    tous', "    tous",
          "tests/feuille_de_route/test_axes_ranger.py"),
    Garde("fil d’or : les fiches visibles", "feuille_de_route/views/fil_d_or.py",
          "FicheAction.objects.visibles_par(request.user)", "FicheAction.objects",
          "tests/feuille_de_route/test_fil_d_or.py"),
]  # fmt: skip

FUSION, PLUSIEURS = "feuille_de_route/forms/fusion.py", "tests/feuille_de_route/test_fiches_a_plusieurs.py"
A_PLUSIEURS = [  # celles-ci ont été ôtées une à une le jour où elles ont été écrites
    Garde("fiche : la version, sous verrou", "gouvernance/socle/modeles.py", "pk=self.pk, version=lue",
          "pk=self.pk", "tests/feuille_de_route/test_fiches_concurrence.py -k cinquante"),
    Garde("fusion : choisir ce que deux ont changé", FUSION,
          "if leur in {mien, base}:", "if True:", PLUSIEURS),
    Garde("fusion : garder ce que l’autre a changé", FUSION, 'return LEUR if mien == base else ""',
          'return ""', PLUSIEURS),
    Garde("section : un envoi ne compte qu’une fois", "feuille_de_route/fiches.py",
          '    consommer(formulaire.cleaned_data.get("jeton"), par)\n    changements', "    changements",
          PLUSIEURS),
    Garde("section : les lignes déjà reçues retrouvent leur clé", "feuille_de_route/views/enregistrement.py",
          "par_empreinte.pop(lectures.saisie(ligne), None)", "None", PLUSIEURS),
]  # fmt: skip
LIENS = [Garde(f"lien de fiche : {nom}", *reste) for nom, *reste in PARTENAIRES]
GARDES = [*LIENS, *TABLE, *VISIBILITE, *ENSEMBLE, *REGLES, *ENTREE, *MISE_EN_COMMUN, *A_PLUSIEURS]
