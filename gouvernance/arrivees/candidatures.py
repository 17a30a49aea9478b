"""Se porter candidat : une structure se présente sur la page publique, la coordination répond."""

from datetime import timedelta
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from gouvernance import courriels, edition
from gouvernance.courriels import Lettre
from gouvernance.models import (
    College,
    Demarche,
    Etape,
    Evenement,
    Gouvernance,
    Mandat,
    Membre,
    Perimetre,
    Role,
    StatutMembre,
    Structure,
    TentativeDeConnexion,
)

PAR_HEURE = 10  # candidatures d'une même origine : une administration entière sort souvent par une adresse
TROP = "Trop de candidatures viennent d’arriver de votre connexion : réessayez dans une heure."
FERMEE = "Cette gouvernance ne reçoit pas de candidature en ligne."


class Candidature(NamedTuple):
    """Ce que la structure dit d'elle ; `siret` peut manquer (un collectif d'habitants n'en a pas)."""

    structure: str
    college: College
    siret: str | None
    nom: str
    email: str
    message: str
    contact_politique: str = ""
    contact_technique: str = ""


def demarche_ouverte(departement: str) -> Demarche | None:
    """La démarche qui reçoit les candidatures d'un département : celle du département, sinon la première."""
    en_cours = Demarche.objects.filter(
        gouvernance__departement=departement, gouvernance__candidatures_ouvertes=True
    ).exclude(etape__in=[Etape.CLOSE, Etape.ABANDONNEE])
    demarches = list(en_cours.select_related("gouvernance__departement").order_by("pk"))
    demarches.sort(key=lambda d: d.perimetre != Perimetre.DEPARTEMENTAL)
    return demarches[0] if demarches else None


@transaction.atomic
def presenter(demarche: Demarche, candidature: Candidature, *, origine: str, jeton=None) -> Membre | None:
    """Inscrit la structure comme candidate ; None si elle l'est déjà, ou est déjà membre.

    `origine` : l'adresse réseau, gardée en empreinte une heure, pour compter. Lève ValidationError, DejaFait.
    Ce que la plateforme sait déjà d'une structure ne change pas : on ne fait que s'y rattacher.
    """
    gouvernance = Gouvernance.objects.select_for_update(of=("self",)).get(pk=demarche.gouvernance_id)
    if not gouvernance.candidatures_ouvertes:
        raise ValidationError(FERMEE)
    edition.consommer(jeton, None)
    _compter(origine)
    structure = _connue(candidature, gouvernance) or _enregistrer(candidature, demarche)
    membre = Membre.objects.filter(gouvernance=gouvernance, structure=structure).first()
    if membre and membre.statut in {StatutMembre.CANDIDAT, StatutMembre.CONFIRME}:
        return None
    membre = membre or Membre(gouvernance=gouvernance, structure=structure)
    membre.statut, membre.motif_refus, membre.co_porteur = StatutMembre.CANDIDAT, "", False
    membre.candidature_nom, membre.candidature_email = candidature.nom, candidature.email
    membre.candidature_message = candidature.message
    membre.contact_politique = candidature.contact_politique
    membre.contact_technique = candidature.contact_technique
    membre.save()
    Evenement.consigner(membre, "se porter candidate", par=None, demarche=demarche, vers=structure.college)
    _prevenir(membre, demarche)
    return membre


def _compter(origine: str) -> None:
    """Compte la candidature ; le verrou de la gouvernance tenu, deux envois passent l'un après l'autre."""
    cle = salted_hmac("candidature", origine, algorithm="sha256").hexdigest()
    depuis = timezone.now() - timedelta(hours=1)
    passees = TentativeDeConnexion.objects.filter(cle=cle)
    passees.filter(le__lt=depuis).delete()
    if passees.count() >= PAR_HEURE:
        raise ValidationError(TROP)
    TentativeDeConnexion.objects.create(cle=cle)


def _connue(candidature: Candidature, gouvernance: Gouvernance) -> Structure | None:
    """Celle qui porte ce SIRET ; sinon celle du département qui porte ce nom, si les SIRET ne se
    contredisent pas.
    """
    if candidature.siret and (trouvee := Structure.objects.filter(siret=candidature.siret).first()):
        return trouvee
    homonymes = Structure.objects.filter(
        nom__iexact=candidature.structure, departement=gouvernance.departement_id
    )
    if candidature.siret:
        homonymes = homonymes.filter(siret=None)
    return homonymes.order_by("pk").first()


def _enregistrer(candidature: Candidature, demarche: Demarche) -> Structure:
    structure = Structure(
        nom=candidature.structure, siret=candidature.siret, college=candidature.college,
        departement_id=demarche.gouvernance.departement_id,
    )  # fmt: skip
    try:
        with transaction.atomic():
            structure.save()
    except IntegrityError:  # une autre gouvernance vient de l'enregistrer
        return Structure.objects.get(siret=candidature.siret)
    Evenement.consigner(structure, "créer", par=None, demarche=demarche, vers=structure.nom)
    return structure


def _prevenir(membre: Membre, demarche: Demarche) -> None:
    """Un mot à chaque coordination : quelqu'un attend une réponse."""
    mandats = Mandat.objects.filter(demarche=demarche, role=Role.COORDINATION, utilisateur__is_active=True)
    for mandat in mandats.select_related("utilisateur"):
        courriels.deposer(Lettre(
            genre="candidature", destinataire=mandat.utilisateur.email, gabarit="candidature_recue",
            cle=f"candidature_recue:{membre.uuid}:{membre.modifie_le.isoformat()}:{mandat.utilisateur_id}",
            demarche=demarche, objet_lie=membre.uuid,
            contexte={
                "membre": membre, "demarche": demarche, "departement": demarche.departement,
                "lien": courriels.adresse("gouvernance", demarche.uuid) + "#candidatures",
            },
        ))  # fmt: skip
