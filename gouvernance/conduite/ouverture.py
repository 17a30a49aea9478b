"""Qui peut ouvrir une démarche, et où : l'administration partout, une coordination dans sa gouvernance."""

from django.core.exceptions import PermissionDenied
from django.db import transaction

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
    Role,
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
    departement: Departement, demarche: Demarche, *, par: Utilisateur, epcis=(), coordination=None
) -> Demarche:
    """Ouvre une démarche dans un département, dont la gouvernance est créée si elle manque (administration).

    `coordination` : un compte, ou une adresse sans compte, qui reçoit une invitation.
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
    if not isinstance(coordination, str):
        return demarches.ouvrir_demarche(demarche, par=par, epcis=epcis, coordination=coordination)
    demarches.ouvrir_demarche(demarche, par=par, epcis=epcis, invitee=coordination)
    invitation = Invitation(demarche=demarche, email=coordination, role=Role.COORDINATION)
    invitations.inviter(invitation, par=par)
    return demarche


def identifiant_libre(departement: Departement, demarche: Demarche) -> str:
    """« 24-departemental », puis « 24-departemental-2 »… ; gouvernance verrouillée, donc sans course."""
    base = f"{departement.pk.lower()}-{demarche.perimetre}"
    pris = set(Demarche.objects.filter(identifiant__startswith=base).values_list("identifiant", flat=True))
    suites = (f"{base}-{n}" for n in range(2, len(pris) + 3))
    return base if base not in pris else next(s for s in suites if s not in pris)
