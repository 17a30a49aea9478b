"""La démarche de démonstration, jouée par les règles mêmes que suivent les écrans.

`contenu/` dit ce qui se joue (JSON, dates relatives), `scenes/` le joue, `jeu.py` reprend où l'on s'était
arrêté. Rien ici n'écrit un état ni une étape : seules les règles le font, et chacune journalise.
"""
