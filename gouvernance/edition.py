"""Le chemin commun d'écriture des formulaires : droit, verrou optimiste, auteur, journal, en une
transaction.
"""

import uuid

from django.core.exceptions import ValidationError
from django.db import models, transaction

from gouvernance.models import Demarche, Evenement, JetonConsomme
from gouvernance.permissions import exiger


class DejaFait(Exception):
    """Le même formulaire est déjà passé (double clic) : il n'y a rien à refaire."""


@transaction.atomic
def enregistrer(formulaire, *, par, demarche: Demarche, droit: str, lien: str = "") -> models.Model:
    """Enregistre un ModelForm valide et le journalise.

    `lien` : nom du champ qui rattache l'objet à la démarche, s'il est à poser à la création (souvent «
    demarche »).
    Lève PermissionDenied, ValidationError (étape), Conflit (quelqu'un a écrit entre-temps), DejaFait
    (double clic).
    """
    demarche = tenir(demarche)
    exiger(par, demarche, droit)
    objet = formulaire.instance
    nouveau = objet.pk is None
    if nouveau:
        consommer(formulaire.cleaned_data.get("jeton"), par)
        if lien:
            setattr(objet, lien, demarche)
    elif (lue := formulaire.cleaned_data.get("version")) is not None:
        objet.verrouiller_version(lue)
    if hasattr(objet, "attribuer"):
        objet.attribuer(par)
    formulaire.save()
    avant, apres = _changements(formulaire)
    action = "créer" if nouveau else "modifier"
    Evenement.consigner(objet, action, par=par, demarche=demarche, de="" if nouveau else avant, vers=apres)
    return objet


@transaction.atomic
def supprimer(objet: models.Model, *, par, demarche: Demarche, droit: str) -> None:
    """Supprime et journalise. Lève ValidationError si d'autres objets y tiennent."""
    demarche = tenir(demarche)
    exiger(par, demarche, droit)
    Evenement.consigner(objet, "supprimer", par=par, demarche=demarche, de=str(objet))
    try:
        with transaction.atomic():
            objet.delete()
    except models.ProtectedError as erreur:
        lies = ", ".join(sorted({f"« {o} »" for o in erreur.protected_objects})[:3])
        raise ValidationError(f"« {objet} » ne peut être supprimé : {lies} en dépend.") from erreur


def tenir(demarche: Demarche) -> Demarche:
    """La démarche, relue et tenue : l'étape ne change pas pendant qu'on écrit (une soumission attend)."""
    return Demarche.objects.verrouiller(demarche.pk, no_key=True)


def consommer(jeton: uuid.UUID | None, par) -> None:
    """Brûle un jeton de formulaire ; lève DejaFait s'il l'est déjà."""
    if jeton is not None and not JetonConsomme.objects.bruler(jeton, par):
        raise DejaFait


def _changements(formulaire) -> tuple[str, str]:
    """« champ : valeur » pour chaque champ changé, avant et après (texte tronqué à 200 signes par champ)."""
    avant, apres = [], []
    for nom in formulaire.changed_data:
        if nom in {"version", "jeton"}:
            continue
        libelle = formulaire.fields[nom].label or nom
        if nom in getattr(formulaire, "confidentiels", ()):  # le journal est lu par tous les membres
            apres.append(f"{libelle} : modifiée, texte non reproduit ici")
            continue
        avant.append(f"{libelle} : {_dire(formulaire.initial.get(nom))}")
        apres.append(f"{libelle} : {_dire(formulaire.cleaned_data.get(nom))}")
    return "\n".join(avant), "\n".join(apres)


def _dire(valeur) -> str:
    if valeur is None or valeur == "":
        return "–"
    if isinstance(valeur, list | tuple | models.QuerySet):
        return ", ".join(str(v) for v in valeur)[:200] or "–"
    return str(valeur)[:200]
