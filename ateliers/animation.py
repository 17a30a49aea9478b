"""Ce qu'un atelier produit : une contribution devient un enjeu ou un chantier clé ; un chantier
s'investigue.
"""

from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from ateliers.models import ChantierCle, Contribution, EtatChantier
from diagnostic.models import Enjeu
from gouvernance.models import Demarche, Evenement, Utilisateur
from gouvernance.permissions import exiger


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
def effectuer(action: str, chantier_pk: int, *, par: Utilisateur | None, conclusion: str = "") -> ChantierCle:
    """Fait avancer un chantier clé. Conclure ou abandonner demande une conclusion écrite."""
    transition = TRANSITIONS[action]
    chantier = (
        ChantierCle.objects.select_for_update(of=("self",)).select_related("demarche").get(pk=chantier_pk)
    )
    exiger(par, chantier.demarche, "animer")
    if chantier.etat not in transition.depuis:
        raise ValidationError(f"Le chantier est déjà « {chantier.get_etat_display()} ».")
    if transition.conclusion and not conclusion.strip():
        raise ValidationError({"conclusion": "Écrivez ce que l’investigation a montré."})
    ancien, chantier.etat = chantier.get_etat_display(), transition.vers
    if transition.conclusion:
        chantier.conclusion, chantier.conclu_le = conclusion.strip(), timezone.now()
    chantier.attribuer(par)
    chantier.save()
    Evenement.consigner(chantier, action, par=par, de=ancien, vers=chantier.get_etat_display())
    return chantier


@transaction.atomic
def convertir_en_enjeu(contribution_pk: int, question: str, *, par: Utilisateur | None) -> Enjeu:
    """Formule un enjeu à partir d'une contribution, une seule fois."""
    contribution, demarche = _a_convertir(contribution_pk)
    exiger(par, demarche, "formuler_enjeux")
    enjeu = Enjeu(demarche=demarche, question=question.strip(), ordre=demarche.enjeux.count() + 1)
    return _creer(contribution, enjeu, "enjeu", par)


@transaction.atomic
def convertir_en_chantier(contribution_pk: int, question: str, *, par: Utilisateur | None) -> ChantierCle:
    """Ouvre un chantier clé à partir d'une contribution, une seule fois."""
    contribution, demarche = _a_convertir(contribution_pk)
    exiger(par, demarche, "animer")
    origine = f"{contribution.atelier} : {contribution.texte}"
    chantier = ChantierCle(
        demarche=demarche, question=question.strip(), origine=origine, ordre=demarche.chantiers.count() + 1
    )
    return _creer(contribution, chantier, "chantier", par)


def _a_convertir(contribution_pk: int) -> tuple[Contribution, Demarche]:
    contribution = (
        Contribution.objects.select_for_update(of=("self",))
        .select_related("atelier__demarche")
        .get(pk=contribution_pk)
    )
    if contribution.enjeu_id or contribution.chantier_id:
        raise ValidationError("Cette contribution est déjà convertie.")
    return contribution, Demarche.objects.select_for_update(of=("self",)).get(
        pk=contribution.atelier.demarche_id
    )


def _creer(contribution: Contribution, objet, champ: str, par):
    objet.attribuer(par)
    objet.full_clean()
    objet.save()
    setattr(contribution, champ, objet)
    contribution.attribuer(par)
    contribution.save()
    Evenement.consigner(objet, "convertir une contribution", par=par, de=contribution.texte, vers=objet)
    return objet
