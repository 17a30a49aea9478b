"""Les comptes de la démonstration : créés par elle seule, jamais en production, tous au même mot de passe."""

from django.conf import settings

from feuille_de_route.demonstration.jeu import DOMAINE, DemonstrationImpossible, Jeu
from feuille_de_route.demonstration.textes import lire
from gouvernance.models import Evenement, Utilisateur

MOT_DE_PASSE = "feuille-de-route"


def manquants() -> list[dict]:
    presents = set(Utilisateur.objects.filter(email__endswith=f"@{DOMAINE}").values_list("email", flat=True))
    return [c for c in lire("", "comptes") if f"{c['compte']}@{DOMAINE}" not in presents]


def creer() -> None:
    """Ajoute les comptes qui manquent, l'administrateur d'abord. Refuse en production."""
    if settings.EN_PRODUCTION:
        raise DemonstrationImpossible("Les comptes de démonstration ne se créent pas en production.")
    admin = Utilisateur.objects.filter(email=f"admin@{DOMAINE}").first()
    for dit in manquants():
        email = f"{dit['compte']}@{DOMAINE}"
        champs = {"prenom": dit["prenom"], "nom": dit["nom"]}
        if dit.get("superuser"):
            admin = compte = Utilisateur.objects.create_superuser(email, MOT_DE_PASSE, **champs)
        else:
            champs["administration"] = dit.get("administration", False)
            compte = Utilisateur.objects.create_user(email, MOT_DE_PASSE, **champs)
        Evenement.consigner(compte, "créer le compte", par=admin, vers=email)


def rattacher(jeu: Jeu) -> None:
    """Chaque compte rejoint sa structure dès qu'elle est membre de la gouvernance."""
    admin = jeu.compte("admin")
    membres = jeu.demarche.gouvernance.membres.select_related("structure")
    structures = {m.structure.nom: m.structure for m in membres}
    for dit in lire("", "comptes"):
        nom = lire("", "structures")[dit["structure"]]["nom"] if dit.get("structure") else ""
        compte = jeu.compte(dit["compte"])
        if nom in structures and compte.structure_id is None:
            compte.structure = structures[nom]
            compte.save(update_fields=["structure"])
            Evenement.consigner(
                compte, "rattacher à une structure", par=admin, demarche=jeu.demarche, vers=nom
            )
