"""Les demandes de subvention à une enveloppe de l'État : UNE table de transitions, un plafond sous verrou.

Vivante dès qu'elle est déposée, une demande retient sa part du plafond de son département (le montant accordé
une fois acceptée) ; refusée, elle la rend. Figée une fois déposée, elle ne change plus que « à modifier ».
Déposée à temps, elle peut revenir après la clôture de son enveloppe : elle y a déjà sa place (ADR 24).
Verrous, toujours dans cet ordre : démarche, fiche, demande, plafond.
"""

from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from feuille_de_route import fiches
from feuille_de_route.argent import enveloppes
from feuille_de_route.argent.subventions_accord import accorder, refuser
from feuille_de_route.argent.subventions_annonces import annoncer
from feuille_de_route.financement import montant as dire
from feuille_de_route.models import DemandeSubvention, EtatDemande, EtatFiche
from gouvernance.edition import consommer
from gouvernance.models import Demarche, Evenement, Utilisateur
from gouvernance.permissions import DROITS, Acces, exiger, exiger_role, motif_d_etape

DEMANDER, INSTRUIRE = "demander_subvention", "instruire_subvention"
MODIFIABLES = (EtatDemande.BROUILLON, EtatDemande.A_MODIFIER)
DECIDEES = (EtatDemande.ACCEPTEE, EtatDemande.REFUSEE)
PLACE = ("enveloppe", "fiche", "beneficiaire")  # ce qui fait qu'une demande est celle-là


class Transition(NamedTuple):
    """`motif` : elle exige une phrase ; `accorde` : elle exige le montant accordé ; `toujours` : elle se fait
    aussi dans une démarche close ou abandonnée, où ce qui attend encore retiendrait sa part sans fin.
    """

    libelle: str
    depuis: tuple[EtatDemande, ...]
    vers: EtatDemande
    droit: str
    motif: bool = False
    accorde: bool = False
    toujours: bool = False


TRANSITIONS = {
    "deposer": Transition("Déposer la demande", MODIFIABLES, EtatDemande.DEPOSEE, DEMANDER),
    "instruire": Transition(
        "Prendre en instruction", (EtatDemande.DEPOSEE,), EtatDemande.EN_COURS, INSTRUIRE, toujours=True
    ),
    "renvoyer": Transition(
        "Demander une modification", (EtatDemande.EN_COURS,), EtatDemande.A_MODIFIER, INSTRUIRE, motif=True
    ),
    "accepter": Transition(
        "Accepter la demande", (EtatDemande.EN_COURS,), EtatDemande.ACCEPTEE, INSTRUIRE, accorde=True
    ),
    "refuser": Transition(
        "Refuser la demande", (EtatDemande.EN_COURS, EtatDemande.A_MODIFIER), EtatDemande.REFUSEE, INSTRUIRE,
        motif=True, toujours=True,
    ),  # « à modifier » et jamais reprise, elle garderait sa part du plafond sans fin
}  # fmt: skip
# Les codes de l'ANCT ; « à modifier » s'y dit encore en cours, un brouillon ne sort pas.
CODES_ANCT = {
    EtatDemande.DEPOSEE: "deposee",
    EtatDemande.EN_COURS: "enCours",
    EtatDemande.A_MODIFIER: "enCours",
    EtatDemande.ACCEPTEE: "acceptee",
    EtatDemande.REFUSEE: "refusee",
}


class Suite(NamedTuple):
    """Ce qui accompagne une transition."""

    motif: str = ""
    accorde: Decimal | None = None


SEULE = Suite()


def actions_possibles(demande: DemandeSubvention, acces: Acces) -> dict[str, Transition]:
    """Les boutons à montrer : la table qui contrôle est aussi celle qui affiche."""
    return {
        nom: t
        for nom, t in TRANSITIONS.items()
        if demande.etat in t.depuis and (acces.peut[t.droit] or (t.toujours and acces.autorise_nom(t.droit)))
    }


def motif_de_non_edition(demande: DemandeSubvention, acces: Acces) -> str:
    """Pourquoi la demande ne se modifie pas ; vide si elle le peut."""
    if refus := acces.refus[DEMANDER]:
        return refus
    return _motif_d_etat(demande)


def _motif_d_etat(demande: DemandeSubvention) -> str:
    if demande.etat in MODIFIABLES:
        return ""
    if demande.etat in DECIDEES:
        return f"La demande est « {demande.get_etat_display()} » : la décision est prise."
    return (
        f"La demande est « {demande.get_etat_display()} » : elle ne se modifie plus, sauf si "
        "l’administration demande une modification."
    )


@transaction.atomic
def enregistrer(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> DemandeSubvention:
    """Crée ou modifie une demande, et journalise. Une demande « à modifier » retient sa part : le nouveau
    montant est confronté au plafond.

    Lève PermissionDenied, ValidationError (étape, état, plafond ; par champ), Conflit, DejaFait.
    """
    demarche = Demarche.objects.verrouiller(demarche.pk, no_key=True)
    exiger(par, demarche, DEMANDER)
    demande = formulaire.instance
    nouvelle = demande.pk is None
    if nouvelle:
        consommer(formulaire.cleaned_data.get("jeton"), par)
        demande.demarche = demarche
    else:
        tenue = DemandeSubvention.objects.select_for_update(of=("self",)).get(pk=demande.pk)
        if refus := _motif_d_etat(tenue):
            raise ValidationError(refus)
        _garder_sa_place(demande, tenue)
        demande.verrouiller_version(formulaire.version_lue)
    demande.attribuer(par)
    _refuser_le_doublon(demande)
    if demande.etat == EtatDemande.A_MODIFIER:
        _tenir_sous_le_plafond(demande)
    formulaire.save()
    changes = [(formulaire.fields[nom].label, formulaire.cleaned_data[nom]) for nom in formulaire.changed_data
               if nom not in {"jeton", "version"}]  # fmt: skip
    vers = "\n".join(f"{libelle} : {valeur}" for libelle, valeur in changes)
    Evenement.consigner(demande, "créer" if nouvelle else "modifier", par=par, vers=vers)
    return demande


def place_tenue(demande: DemandeSubvention) -> str:
    """Pourquoi une demande renvoyée garde sa fiche, son enveloppe et son bénéficiaire ; vide si rien ne l'y
    oblige.
    """
    motif = enveloppes.motif_de_fermeture(demande.enveloppe)
    return f"{motif} {PLACE_TENUE}" if motif and demande.etat == EtatDemande.A_MODIFIER else ""


def _garder_sa_place(demande: DemandeSubvention, tenue: DemandeSubvention) -> None:
    """Renvoyée, une demande revient à la place qu'elle a prise à temps : sur une enveloppe close, rien ne se
    présente de neuf, ni une autre fiche, ni un autre bénéficiaire. Un brouillon n'a pas encore de place.
    """
    if tenue.etat != EtatDemande.A_MODIFIER:
        return
    fermees = (enveloppes.motif_de_fermeture(e) for e in (tenue.enveloppe, demande.enveloppe))
    refus = next((motif for motif in fermees if motif), "")
    changes = [c for c in PLACE if getattr(demande, f"{c}_id") != getattr(tenue, f"{c}_id")]
    if refus and changes:
        raise ValidationError({changes[0]: f"{refus} {PLACE_TENUE}"})


PLACE_TENUE = (
    "Une demande déposée à temps y revient avec sa fiche, son enveloppe et son bénéficiaire ; "
    "les montants et l’objet peuvent changer."
)


def _refuser_le_doublon(demande: DemandeSubvention) -> None:
    memes = DemandeSubvention.objects.filter(
        fiche=demande.fiche_id, enveloppe=demande.enveloppe_id, beneficiaire=demande.beneficiaire_id
    )
    if memes.exclude(pk=demande.pk).exclude(etat=EtatDemande.REFUSEE).exists():
        phrase = "Cette structure a déjà une demande pour cette action, sur cette enveloppe."
        raise ValidationError({"beneficiaire": phrase})


@transaction.atomic
def supprimer(demande_pk: int, *, par: Utilisateur | None) -> None:
    """Efface un brouillon ; ce qui a été déposé reste."""
    demande = _verrouiller(demande_pk)
    exiger(par, demande.demarche, DEMANDER)
    if demande.etat != EtatDemande.BROUILLON:
        raise ValidationError("Une demande déposée ne s’efface plus : elle reste au dossier.")
    Evenement.consigner(demande, "supprimer", par=par, de=f"{demande}, {dire(demande.montant)}")
    demande.delete()


@transaction.atomic
def effectuer(
    action: str,
    demande_pk: int,
    *,
    par: Utilisateur | None,
    suite: Suite = SEULE,
    jeton: UUID | None = None,
) -> DemandeSubvention:
    """Fait passer une demande d'un état au suivant, et en tire les conséquences sur la fiche.

    Lève PermissionDenied (rôle), ValidationError (étape, état, motif, montant accordé, plafond), DejaFait.
    """
    transition = TRANSITIONS[action]
    demande = _verrouiller(demande_pk)
    (exiger_role if transition.toujours else exiger)(par, demande.demarche, transition.droit)
    consommer(jeton, par)
    _verifier(demande, transition, suite)
    if action == "deposer":
        _verifier_le_depot(demande)
    ancien, maintenant = EtatDemande(demande.etat), timezone.now()
    demande.etat = transition.vers
    demande.motif = suite.motif.strip()
    demande.accorde = suite.accorde if transition.accorde else None
    demande.deposee_le = demande.deposee_le or maintenant  # revenue, elle garde sa date et son rang
    demande.decidee_le = maintenant if action in {"accepter", "refuser"} else None
    demande.version += 1
    demande.attribuer(par)
    demande.save()
    vers = _dire_la_suite(demande)
    Evenement.consigner(demande, transition.libelle.lower(), par=par, de=ancien.label, vers=vers)
    if not motif_d_etape(demande.demarche, DROITS[transition.droit]):  # sinon la fiche ne change plus
        {"accepter": accorder, "refuser": refuser}.get(action, lambda *_, **__: None)(demande, par=par)
    annoncer(demande, ancien, par=par)
    return demande


def _dire_la_suite(demande: DemandeSubvention) -> str:
    if demande.accorde is not None:
        return f"{demande.get_etat_display()} : {dire(demande.accorde)} sur {dire(demande.montant)}"
    return demande.motif or f"{demande.get_etat_display()} : {dire(demande.montant)}"


DISPARUE = "Cette demande vient d’être supprimée par quelqu’un d’autre."


def _verrouiller(demande_pk: int) -> DemandeSubvention:
    """Démarche, fiche, puis demande : rien d'elles ne change jusqu'à la fin de la transaction.

    Lève ValidationError si la demande vient d'être supprimée.
    """
    lue = DemandeSubvention.objects.filter(pk=demande_pk).values_list("fiche", "demarche").first()
    if lue is None:
        raise ValidationError(DISPARUE)
    fiche = fiches.verrouiller(*lue)
    demandes = DemandeSubvention.objects.select_related("enveloppe", "beneficiaire")
    demande = demandes.select_for_update(of=("self",)).filter(pk=demande_pk).first()
    if demande is None:
        raise ValidationError(DISPARUE)
    demande.fiche, demande.demarche = fiche, fiche.demarche
    return demande


def _verifier(demande: DemandeSubvention, transition: Transition, suite: Suite) -> None:
    if demande.etat not in transition.depuis:
        raise ValidationError(
            f"La demande est « {demande.get_etat_display()} » : cet acte n’est plus possible."
        )
    if transition.motif and not suite.motif.strip():
        raise ValidationError({"motif": "Dites pourquoi, pour que le demandeur sache quoi faire."})
    if not transition.accorde:
        return
    if suite.accorde is None or suite.accorde <= 0:
        raise ValidationError({"accorde": "Donnez le montant accordé, supérieur à zéro."})
    if suite.accorde > demande.montant:
        phrase = f"La demande est de {dire(demande.montant)} : on ne peut pas accorder {dire(suite.accorde)}."
        raise ValidationError({"accorde": phrase})


def _verifier_le_depot(demande: DemandeSubvention) -> None:
    """Ce qu'une demande doit avoir pour partir : une fiche proposée, un montant, et la première fois une
    enveloppe ouverte ; le plafond se vérifie à chaque dépôt.
    """
    if demande.fiche.etat == EtatFiche.BROUILLON:
        raise ValidationError({"fiche": "Cette fiche est un brouillon : proposez-la avant de déposer."})
    if demande.fiche.etat == EtatFiche.ECARTEE:
        raise ValidationError({"fiche": "Cette fiche est écartée : une demande ne peut s’y appuyer."})
    if demande.montant <= 0:
        raise ValidationError(
            {"montant_prestation": "Demandez un montant, pour des postes ou des prestations."}
        )
    refus = enveloppes.motif_de_fermeture(demande.enveloppe)
    if refus and demande.etat == EtatDemande.BROUILLON:
        raise ValidationError({"enveloppe": refus})
    _tenir_sous_le_plafond(demande)


def _tenir_sous_le_plafond(demande: DemandeSubvention) -> None:
    """Verrouille le plafond du département, et refuse ce qui le dépasserait. Le verrou tient jusqu'à la fin :
    de deux dépôts simultanés, le second attend et compte le premier.
    """
    departement = demande.demarche.departement
    plafond = enveloppes.verrouiller(demande.enveloppe_id, departement.pk)
    if plafond is None:
        phrase = f"L’enveloppe « {demande.enveloppe} » ne prévoit rien pour {departement}."
        raise ValidationError({"enveloppe": phrase})
    reste = plafond.montant - enveloppes.engage(plafond, sauf=demande.pk)
    if demande.montant > reste:
        raise ValidationError({"montant_prestation": (
            f"Il reste {dire(max(reste, Decimal(0)))} sur les {dire(plafond.montant)} de l’enveloppe pour "
            f"{departement}, et vous en demandez {dire(demande.montant)}. Réduisez la demande de "
            f"{dire(demande.montant - max(reste, Decimal(0)))}."
        )})  # fmt: skip
