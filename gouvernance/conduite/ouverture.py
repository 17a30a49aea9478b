"""Qui peut ouvrir une démarche, et où : l'administration partout, une coordination dans sa gouvernance."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

from gouvernance.acteurs import membres
from gouvernance.arrivees import invitations
from gouvernance.conduite import demarches
from gouvernance.geographie import perimetres
from gouvernance.models import (
    Demarche,
    Departement,
    Evenement,
    Gouvernance,
    Invitation,
    Mandat,
    Membre,
    Role,
    StatutMembre,
    Structure,
    Utilisateur,
)


def est_administration(utilisateur: Utilisateur) -> bool:
    return utilisateur.administration or utilisateur.is_superuser


def departements_ouvrables(utilisateur: Utilisateur):
    """Les départements où cette personne peut ouvrir une démarche."""
    if est_administration(utilisateur):
        return Departement.objects.all()
    coordonnees = Mandat.objects.filter(utilisateur=utilisateur, role=Role.COORDINATION)
    return Departement.objects.filter(pk__in=coordonnees.values("demarche__gouvernance__departement"))


@transaction.atomic
def ouvrir_dans(
    departement: Departement,
    demarche: Demarche,
    *,
    par: Utilisateur,
    epcis=(),
    coordination=None,
    structure: Structure | None = None,
) -> Demarche:
    """Ouvre une démarche dans un département, dont la gouvernance est créée si elle manque (administration).

    `coordination` : un compte, ou une adresse sans compte, qui reçoit une invitation ; `structure` : celle au
    nom de laquelle elle agira, qui entre dans la gouvernance.
    Lève PermissionDenied ; ValidationError qui nomme l'autre démarche si le territoire est déjà couvert.
    """
    if not departements_ouvrables(par).filter(pk=departement.pk).exists():
        raise PermissionDenied("Vous ne coordonnez aucune démarche dans ce département.")
    gouvernance, neuve = Gouvernance.objects.get_or_create(
        departement=departement, defaults={"cree_par": par}
    )
    Gouvernance.objects.select_for_update(of=("self",)).get(pk=gouvernance.pk)
    if neuve:
        Evenement.consigner(gouvernance, "créer la gouvernance", par=par, vers=departement)
    demarche.gouvernance = gouvernance
    perimetres.verifier(demarche, epcis)
    demarche.identifiant = identifiant_libre(departement, demarche)
    adresse, compte = (coordination, None) if isinstance(coordination, str) else ("", coordination)
    demarches.ouvrir_demarche(demarche, par=par, epcis=epcis, coordination=compte, invitee=adresse)
    if structure:
        structure = _mettre_a_la_table(structure, demarche, par)
    if adresse:
        invitation = Invitation(demarche=demarche, email=adresse, role=Role.COORDINATION, structure=structure)
        invitations.inviter(invitation, par=par)
    elif structure:
        _rattacher(compte, structure, demarche, par)
    return demarche


def _mettre_a_la_table(structure: Structure, demarche: Demarche, par: Utilisateur) -> Structure:
    """Membre confirmé : sans cela, sa coordination ne pourrait ni adhérer, ni voter, ni signer pour elle."""
    connues = Structure.objects.filter(departement=structure.departement, nom__iexact=structure.nom)
    structure = connues.order_by("pk").first() or structure
    presents = Membre.objects.filter(gouvernance=demarche.gouvernance_id, structure=structure.pk)
    membre = presents.filter(statut__in=[StatutMembre.CANDIDAT, StatutMembre.CONFIRME]).first()
    membre = membre or membres.ajouter(demarche, structure, par=par)
    if membre.statut == StatutMembre.CANDIDAT:
        membres.changer_statut(membre.pk, StatutMembre.CONFIRME, par=par, demarche=demarche)
    return structure


def _rattacher(compte: Utilisateur, structure: Structure, demarche: Demarche, par: Utilisateur) -> None:
    """Comme à l'invitation : un compte qui agit déjà pour une structure la garde."""
    compte = Utilisateur.objects.select_for_update(of=("self",), no_key=True).get(pk=compte.pk)
    if compte.structure_id is None:
        compte.structure = structure
        compte.save(update_fields=["structure"])
        Evenement.consigner(
            compte, "rattacher à une structure", par=par, demarche=demarche, vers=structure.nom
        )


def identifiant_libre(departement: Departement, demarche: Demarche) -> str:
    """« 24-departemental », puis « 24-departemental-2 »… ; gouvernance verrouillée, donc sans course."""
    base = f"{departement.pk.lower()}-{demarche.perimetre}"
    pris = set(Demarche.objects.filter(identifiant__startswith=base).values_list("identifiant", flat=True))
    suites = (f"{base}-{n}" for n in range(2, len(pris) + 3))
    return base if base not in pris else next(s for s in suites if s not in pris)
