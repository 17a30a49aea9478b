"""Les gardes des liens de fiche, des remarques et des avis (voir gardes.py)."""

A, L, S = (
    "feuille_de_route/dialogue/acces_par_lien.py", "feuille_de_route/dialogue/liens_de_fiche.py",
    "feuille_de_route/views/session_de_lien.py",
)  # fmt: skip
P = "feuille_de_route/views/echanges_par_lien.py"
DITS = "tests/feuille_de_route/test_echanges_par_lien.py"
LIENS = "tests/feuille_de_route/test_liens_de_fiche.py"
FILS = "tests/feuille_de_route/test_liens_concurrence.py"
SUIVI = "tests/feuille_de_route/test_partenaires.py"
SEUL = "tests/robustesse/test_lien_seul.py"

# (nom, fichier, texte, sans, essais)
PARTENAIRES = [
    ("révoqué", A, "    if lien.revoque_le:\n", "    if False:\n", f"{LIENS} -k mort"),
    ("caduc", A, "    if est_caduc(lien):\n", "    if False:\n", f"{LIENS} -k autre_structure"),
    ("expiré", A, "    if lien.expire:\n", "    if False:\n", f"{LIENS} -k mort"),
    (
        "état et étape",
        A,
        "    if motif := motif_de_non_ecriture(lien):\n        raise",
        '    if motif := "":\n        raise',
        f"{LIENS} -k hors_du_brouillon",
    ),
    (
        "relu sous verrou",
        A,
        "    if marque(exiger_lecture(lien)) != tenue:\n",
        "    if False:\n",
        f"{FILS} -k meurt",
    ),
    ("remplacé", A, "    if marque(lien) != tenue:\n", "    if False:\n", f"{LIENS} -k remplace"),
    (
        "remplacé, relu sous verrou",
        A,
        "    if marque(exiger_lecture(lien)) != tenue:\n        raise LienFerme(REMPLACE)\n",
        "    exiger_lecture(lien)\n",
        f"{FILS} -k meurt",
    ),
    (
        "commenter : le lien relu",
        A,
        "    lien = _tenir(lien)\n    if motif := motif_de_non_commentaire(lien):",
        "    if motif := motif_de_non_commentaire(lien):",
        f"{FILS} -k meurt_au_milieu_d_un_mot",
    ),
    (
        "commenter : l’étape",
        A,
        "commentaire(lien):\n        raise ValidationError(motif)\n    consommer",
        "commentaire(lien) and None:\n        raise ValidationError(motif)\n    consommer",
        f"{DITS} -k abandonnee_ne_se_commente",
    ),
    (
        "corriger : l’étape",
        A,
        "commentaire(lien):\n        raise ValidationError(motif)\n    avant",
        "commentaire(lien) and None:\n        raise ValidationError(motif)\n    avant",
        f"{DITS} -k resolu_ou_une_demarche_abandonnee",
    ),
    (
        "corriger : le sien",
        A,
        "    if actuel.lien_id != lien.pk:\n",
        "    if False:\n",
        f"{DITS} -k ne_corrige_que_le_sien",
    ),
    (
        "corriger : le sien, à la page",
        P,
        "    if commentaire.lien_id != lien.pk:\n",
        "    if False:\n",
        f"{DITS} -k ne_corrige_que_le_sien",
    ),
    (
        "corriger : le lien relu",
        A,
        "    lien = _tenir(lien)\n    actuel =",
        "    actuel =",
        f"{DITS} -k remplace_ne_corrige",
    ),
    (
        "joindre : l’état",
        A,
        "    lien = _tenir_pour_ecrire(lien)\n    piece =",
        "    lien = _tenir(lien)\n    piece =",
        f"{DITS} -k n_y_joint_rien",
    ),
    (
        "retirer : le sien",
        A,
        "    if piece.lien_id != lien.pk:\n",
        "    if False:\n",
        f"{DITS} -k d_un_autre",
    ),
    (
        "les pièces de sa fiche",
        P,
        "    return lien.fiche.pieces.all()\n",
        "    return PieceDeFiche.objects.all()\n",
        f"{SEUL} -k autre_fiche",
    ),
    (
        "caduc ou révoqué ne se redemande pas",
        A,
        "liens.filter(revoque_le=None).select_for_update",
        "liens.select_for_update",
        f"{LIENS} -k ne_se_redemande_pas",
    ),
    (
        "ouvert dans cette session",
        S,
        "if motif := motif_de_fermeture(request, lien):",
        "if False:",
        f"{LIENS} -k devine",
    ),
    ("deux heures", S, " or maintenant - vu > INACTIVITE.total_seconds()", "", f"{LIENS} -k deux_heures"),
    (
        "clé de session neuve",
        S,
        "    request.session.cycle_key()\n    maintenant",
        "    maintenant",
        f"{LIENS} -k change_la_cle",
    ),
    ("compte mis de côté", S, "        request.user = AnonymousUser()\n", "", f"{LIENS} -k en_dehors"),
    (
        "une relance par période",
        L,
        "if (possible := prochaine_relance(lien)) > timezone.now():",
        "if (possible := None):",
        f"{SUIVI} -k semaine",
    ),
    (
        "relance : rien à demander",
        L,
        "    if fiche.etat not in fiches.MODIFIABLES_PAR_PORTEUR:\n        return",
        "    if False:\n        return",
        f"{SUIVI} -k on_ne_relance_pas",
    ),
    (
        "confier : le rôle et l’étape",
        L,
        "    exiger(par, demarche, DROIT)\n    consommer(jeton, par)\n    liens, fautes",
        "    consommer(jeton, par)\n    liens, fautes",
        f"{SUIVI} -k ferme_les_envois",
    ),
    (
        "agir sur un lien : le rôle",
        L,
        "    exiger(par, demarche, DROIT)\n    lien = _lus()",
        "    lien = _lus()",
        f"{SUIVI} -k adresses_ne_se_montrent",
    ),
    (
        "les mots des autres",
        "feuille_de_route/forms/fiches.py",
        'if getattr(self.acces, "sans_compte", False):',
        "if False:",
        f"{SEUL} -k ses_pages",
    ),
    (
        "remarque : qui écrit la fiche",
        "feuille_de_route/dialogue/remarques.py",
        "    fiches.exiger_edition(fiche, Acces(par, fiche.demarche))\n",
        "",
        f"{SUIVI} -k sans_l_ecrire",
    ),
    (
        "avis : entre proposition et décision",
        "feuille_de_route/dialogue/avis.py",
        "    if motif := motif_de_non_avis(fiche):",
        "    if motif := None:",
        f"{SUIVI} -k hors_de_propos",
    ),
]
