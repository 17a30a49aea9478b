"""Ce qu'un atelier produit : une contribution devient un enjeu ou un chantier clé ; un chantier
s'investigue.
"""

from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from ateliers.models import ChantierCle, Contribution, EtatChantier
from diagnostic.models import Enjeu
from diagnostic.priorisation import prochain_ordre
from gouvernance import edition
from gouvernance.models import Demarche, Evenement, Utilisateur
from gouvernance.permissions import Acces, exiger


class Transition(NamedTuple):
    libelle: str
    depuis: tuple[EtatChantier, ...]
    vers: EtatChantier
    conclusion: bool = False


TRANSITIONS = {
    "investiguer": Transition(
        "Lancer l’investigation", (EtatChantier.SIGNALE,), EtatChantier.EN_INVESTIGATION
    ),
    "conclure": Transition(
        "Conclure : l’action est possible", (EtatChantier.EN_INVESTIGATION,), EtatChantier.CONCLUANT, True
    ),
    "abandonner": Transition(
        "Abandonner", (EtatChantier.SIGNALE, EtatChantier.EN_INVESTIGATION), EtatChantier.ABANDONNE, True
    ),
}


def actions_possibles(chantier: ChantierCle) -> dict[str, Transition]:
    return {nom: t for nom, t in TRANSITIONS.items() if chantier.etat in t.depuis}


@transaction.atomic
def enregistrer(formulaire, *, par: Utilisateur | None, demarche: Demarche, droit: str = "animer"):
    """Crée ou modifie un atelier, un sous-groupe, une contribution ou un chantier, la démarche verrouillée.

    Lève ValidationError si le chantier est déjà conclu ou abandonné.
    """
    demarche = Demarche.objects.verrouiller(demarche.pk)
    objet = formulaire.instance
    if isinstance(objet, ChantierCle):
        if objet.pk is None:
            objet.ordre = _prochain_ordre(demarche)
        elif not modifiable(ChantierCle.objects.get(pk=objet.pk)):
            raise ValidationError("Ce chantier est terminé : il ne se modifie plus.")
    lien = "demarche" if hasattr(type(objet), "demarche") else ""
    return edition.enregistrer(formulaire, par=par, demarche=demarche, droit=droit, lien=lien)


@transaction.atomic
def retirer_contribution(contribution_pk: int, *, par: Utilisateur) -> None:
    """Retire une contribution : la sienne, ou n'importe laquelle pour qui anime ; jamais une convertie."""
    contribution = Contribution.objects.select_related("atelier").get(pk=contribution_pk)
    demarche = Demarche.objects.verrouiller(contribution.atelier.demarche_id)
    contribution.refresh_from_db()
    if not peut_retirer(contribution, Acces(par, demarche)):
        raise PermissionDenied("On ne retire que la contribution que l’on a apportée.")
    if contribution.enjeu_id or contribution.chantier_id:
        raise ValidationError("Cette contribution est convertie : elle reste la mémoire de ce qui en est né.")
    edition.supprimer(contribution, par=par, demarche=demarche, droit="contribuer")


def peut_retirer(contribution: Contribution, acces: Acces) -> bool:
    return acces.autorise_nom("animer") or contribution.cree_par_id == acces.utilisateur.pk


def modifiable(chantier: ChantierCle) -> bool:
    """Un chantier conclu ou abandonné ne se retouche plus."""
    return bool(actions_possibles(chantier))


@transaction.atomic
def effectuer(action: str, chantier_pk: int, *, par: Utilisateur | None, conclusion: str = "") -> ChantierCle:
    """Fait avancer un chantier clé. Conclure ou abandonner demande une conclusion écrite."""
    transition = TRANSITIONS[action]
    demarche_pk = ChantierCle.objects.values_list("demarche", flat=True).get(pk=chantier_pk)
    demarche = Demarche.objects.verrouiller(demarche_pk)
    chantier = ChantierCle.objects.select_for_update(of=("self",)).get(pk=chantier_pk)
    exiger(par, demarche, "animer")
    if chantier.etat not in transition.depuis:
        raise ValidationError(f"Le chantier est déjà « {chantier.get_etat_display()} ».")
    if transition.conclusion and not conclusion.strip():
        raise ValidationError({"conclusion": "Écrivez ce que l’investigation a montré."})
    ancien, chantier.etat = chantier.get_etat_display(), transition.vers
    if transition.conclusion:
        chantier.conclusion, chantier.conclu_le = conclusion.strip(), timezone.now()
    chantier.attribuer(par)
    chantier.save(update_fields=["etat", "conclusion", "conclu_le", "modifie_par", "modifie_le"])
    Evenement.consigner(chantier, action, par=par, de=ancien, vers=chantier.get_etat_display())
    return chantier


@transaction.atomic
def convertir_en_enjeu(contribution_pk: int, question: str, *, par: Utilisateur | None) -> Enjeu:
    """Formule un enjeu à partir d'une contribution, une seule fois."""
    contribution, demarche = _a_convertir(contribution_pk, "formuler_enjeux", par)
    enjeu = Enjeu(demarche=demarche, question=question.strip(), ordre=prochain_ordre(demarche))
    return _creer(contribution, enjeu, "enjeu", par)


@transaction.atomic
def convertir_en_chantier(contribution_pk: int, question: str, *, par: Utilisateur | None) -> ChantierCle:
    """Ouvre un chantier clé à partir d'une contribution, une seule fois."""
    contribution, demarche = _a_convertir(contribution_pk, "animer", par)
    origine = f"{contribution.atelier} : {contribution.texte}"
    chantier = ChantierCle(
        demarche=demarche, question=question.strip(), origine=origine, ordre=_prochain_ordre(demarche)
    )
    return _creer(contribution, chantier, "chantier", par)


def _a_convertir(contribution_pk: int, droit: str, par) -> tuple[Contribution, Demarche]:
    """La contribution et sa démarche, verrouillées : la démarche d'abord, comme partout."""
    demarche_pk = Contribution.objects.values_list("atelier__demarche", flat=True).get(pk=contribution_pk)
    demarche = Demarche.objects.verrouiller(demarche_pk)
    exiger(par, demarche, droit)
    contribution = (
        Contribution.objects.select_for_update(of=("self",)).select_related("atelier").get(pk=contribution_pk)
    )
    if contribution.enjeu_id or contribution.chantier_id:
        raise ValidationError("Cette contribution est déjà convertie.")
    return contribution, demarche


def _prochain_ordre(demarche: Demarche) -> int:
    return (demarche.chantiers.aggregate(dernier=Max("ordre"))["dernier"] or 0) + 1


def _creer(contribution: Contribution, objet, champ: str, par):
    objet.attribuer(par)
    objet.full_clean()
    objet.save()
    setattr(contribution, champ, objet)
    contribution.attribuer(par)
    contribution.save()
    Evenement.consigner(objet, "convertir une contribution", par=par, de=contribution.texte, vers=objet)
    return objet
