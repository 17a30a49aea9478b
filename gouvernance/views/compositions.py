"""Composer une instance d'un coup : plusieurs sièges, un modèle, la relève d'une autre instance."""

from functools import partial

from django.urls import reverse

from gouvernance.comites import compositions, successions
from gouvernance.comites import instances as regles
from gouvernance.forms.compositions import FormulaireModele, FormulaireSieges, FormulaireSuccession
from gouvernance.models import Instance
from gouvernance.socle.vues import parametre
from gouvernance.views.commun import Saisie, ouvrir, traiter, une_fois
from gouvernance.views.instances import arret, page_de, trouver


def _ouvrir(request, uuid, instance, droit: str = "cadrer"):
    """La démarche, l'instance, et la réponse à rendre aussitôt si l'instance est arrêtée."""
    demarche, acces = ouvrir(request, uuid)
    acces.exiger(droit)
    trouvee = trouver(demarche, instance)
    contexte = {"demarche": demarche, "acces": acces, "instance": trouvee}
    return trouvee, contexte, arret(request, demarche, trouvee)


def sieges_ajouter(request, uuid, instance):
    trouvee, contexte, close = _ouvrir(request, uuid, instance)
    if close:
        return close
    demarche = contexte["demarche"]
    formulaire = FormulaireSieges(request.POST or None, instance=trouvee, gouvernance=demarche.gouvernance)

    def ecrire(f):
        acte = partial(regles.ajouter_sieges, trouvee.pk, f.voulues(), par=request.user)
        une_fois(f, request.user, acte)

    contexte |= {"page": "Ajouter des sièges"}
    retour = page_de(demarche, trouvee)
    return traiter(
        request,
        Saisie(formulaire, ecrire, retour, "gouvernance/sieges.html", contexte, "Les sièges sont ajoutés."),
    )


def _modele(request, instance: Instance) -> compositions.Modele:
    code = parametre(request, "modele")
    usuel = compositions.modele_usuel(instance)
    return next((m for m in compositions.modeles() if m.code == code), usuel)


def instance_modele(request, uuid, instance):
    trouvee, contexte, close = _ouvrir(request, uuid, instance)
    if close:
        return close
    modele = _modele(request, trouvee)
    lignes = compositions.proposer(trouvee, modele)
    formulaire = FormulaireModele(request.POST or None, lignes=lignes)

    def ecrire(f):
        acte = partial(compositions.appliquer, trouvee.pk, modele, f.choix(), par=request.user)
        une_fois(f, request.user, acte)

    contexte |= {
        "page": "Composer à partir d’un modèle", "modele": modele, "modeles": compositions.modeles(),
        "reste": any(not ligne.assise for ligne in lignes),
    }  # fmt: skip
    return traiter(
        request,
        Saisie(
            formulaire, ecrire, page_de(contexte["demarche"], trouvee), "gouvernance/modele.html", contexte,
            "La composition est enregistrée.",
        ),
    )  # fmt: skip


def instance_succeder(request, uuid, instance):
    trouvee, contexte, close = _ouvrir(request, uuid, instance, "tenir_seance")
    if close:
        return close
    demarche = contexte["demarche"]
    formulaire = FormulaireSuccession(
        request.POST or None, instance=Instance(), ancienne=trouvee, gouvernance=demarche.gouvernance,
        departement=demarche.departement.pk,
    )  # fmt: skip

    def ecrire(f):
        successions.succeder(trouvee.pk, f, f.releve(), par=request.user)

    contexte |= {"page": f"Succéder à : {trouvee}"}
    retour = reverse("gouvernance", args=[uuid]) + "#instances"
    return traiter(
        request,
        Saisie(
            formulaire, ecrire, retour, "gouvernance/succession.html", contexte,
            f"« {trouvee} » est remplacée ; ses jalons à venir sont confiés à la nouvelle instance.",
        ),
    )  # fmt: skip
