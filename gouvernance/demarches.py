"""Ouvrir une démarche, la cadrer : périmètre, calendrier, cahier des charges, adhésions, membres."""

from datetime import date

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from gouvernance import calendriers
from gouvernance.models import (
    Adhesion,
    CahierDesCharges,
    CodeJalon,
    College,
    DefinitionCommune,
    Demarche,
    DemarcheEpci,
    Epci,
    EtatJalon,
    Evenement,
    Instance,
    Jalon,
    Mandat,
    Membre,
    Perimetre,
    Qualite,
    Role,
    StatutMembre,
    Structure,
    TypeInstance,
    Utilisateur,
)
from gouvernance.permissions import exiger
from gouvernance.socle.manques import Manque


@transaction.atomic
def ouvrir_demarche(
    demarche: Demarche, *, par: Utilisateur | None, epcis: list[Epci] = (), coordination=None
) -> Demarche:
    """Enregistre une démarche neuve avec ses jalons, son cahier des charges vide et le mandat de qui l'ouvre.

    `coordination` : le compte qui la conduira, si ce n'est pas celui qui l'ouvre.
    Lève ValidationError (phrase) si une démarche en cours couvre déjà le département ou l'un des EPCI.
    """
    demarche.attribuer(par)
    demarche.full_clean()
    demarche.save()
    etablir_perimetre(demarche, epcis)
    CahierDesCharges.objects.create(demarche=demarche, cree_par=par)
    DefinitionCommune.objects.create(demarche=demarche, cree_par=par)
    for ordre, code in enumerate(CodeJalon.values, start=1):
        etat = EtatJalon.EN_COURS if ordre == 1 else EtatJalon.A_VENIR
        Jalon.objects.create(demarche=demarche, code=code, ordre=ordre, etat=etat, cree_par=par)
    if titulaire := coordination or par:
        Mandat.objects.create(utilisateur=titulaire, demarche=demarche, role=Role.COORDINATION)
    Evenement.consigner(demarche, "ouvrir la démarche", par=par, vers=demarche.get_perimetre_display())
    return demarche


def etablir_perimetre(demarche: Demarche, epcis: list[Epci]) -> None:
    """Rattache les EPCI d'une démarche infra-départementale ; nomme l'autre démarche si l'un est déjà
    couvert.
    """
    if demarche.perimetre != Perimetre.GROUPEMENT:
        return
    departement = demarche.gouvernance.departement_id
    for epci in epcis:
        try:
            with transaction.atomic():
                DemarcheEpci.objects.create(demarche=demarche, epci=epci, departement_id=departement)
        except IntegrityError as erreur:
            autre = DemarcheEpci.objects.filter(epci=epci, departement=departement, actif=True).first()
            nom = autre.demarche if autre else "en cours"
            raise ValidationError(
                f"« {epci} » est déjà couvert par la démarche « {nom} » : "
                "deux feuilles de route infra-départementales ne couvrent pas le même territoire."
            ) from erreur


@transaction.atomic
def planifier_jalons(demarche: Demarche, echeances: dict[str, date], *, par: Utilisateur | None) -> None:
    """Fixe les échéances des jalons qui ne sont pas acquis.

    Lève ValidationError si elles ne sont pas croissantes dans l'ordre des jalons.
    """
    exiger(par, demarche, "cadrer")
    jalons = list(demarche.jalons.select_for_update(of=("self",)).order_by("ordre"))
    futures = {j.code: j.echeance if j.acquis else echeances.get(j.code, j.echeance) for j in jalons}
    verifier_echeances(futures)
    for jalon in jalons:
        if jalon.echeance != futures[jalon.code]:
            Evenement.consigner(
                jalon, "fixer l’échéance", par=par, de=_jour(jalon.echeance), vers=_jour(futures[jalon.code])
            )
            jalon.echeance = futures[jalon.code]
            jalon.version += 1
            jalon.attribuer(par)
            jalon.save()


def _jour(jour: date | None) -> str:
    return f"{jour:%d/%m/%Y}" if jour else "–"


def verifier_echeances(echeances: dict[str, date | None]) -> None:
    """Les échéances ne reculent jamais dans l'ordre des jalons (DOMAINE §5)."""
    precedent = None
    for code in CodeJalon.values:
        echeance = echeances.get(code)
        if echeance and precedent and echeance < precedent[1]:
            phrase = (
                f"L’échéance de « {CodeJalon(code).label} » ({echeance:%d/%m/%Y}) précède celle de "
                f"« {CodeJalon(precedent[0]).label} » ({precedent[1]:%d/%m/%Y})."
            )
            raise ValidationError({code: phrase})
        if echeance:
            precedent = (code, echeance)


def appliquer_calendrier(demarche: Demarche, preset: str, *, par: Utilisateur | None) -> None:
    """Remplit les échéances depuis un calendrier type (gouvernance/donnees/calendriers.json)."""
    choisi = next((p for p in calendriers.presets() if p.nom == preset), None)
    if choisi is None:
        raise ValidationError("Ce calendrier type n’existe pas.")
    debut = demarche.debut or timezone.localdate()
    planifier_jalons(demarche, calendriers.echeances(choisi, debut), par=par)


@transaction.atomic
def adherer(demarche: Demarche, structure: Structure, *, par: Utilisateur | None) -> Adhesion:
    """La structure accepte l'édition courante du cahier des charges. Chacun n'adhère que pour la sienne.

    La coordination peut consigner l'accord d'une structure membre qui n'a pas de compte.
    """
    exiger(par, demarche, "adherer")
    cahier = CahierDesCharges.objects.select_for_update(of=("self",)).get(demarche=demarche)
    if not cahier.objectifs.strip():
        raise ValidationError(
            "Le cahier des charges n’a pas encore d’objectifs : on n’adhère pas à une page vide."
        )
    if not membres_confirmes(demarche).filter(structure=structure).exists():
        raise ValidationError(f"« {structure} » n’est pas membre confirmé de la gouvernance.")
    if par is not None and par.structure_id != structure.pk:
        coordonne = Mandat.objects.filter(utilisateur=par, demarche=demarche, role=Role.COORDINATION).exists()
        if not coordonne:
            raise PermissionDenied("On n’adhère que pour sa propre structure.")
    adhesion, cree = Adhesion.objects.get_or_create(
        cahier=cahier, structure=structure, edition=cahier.edition, defaults={"par": par}
    )
    if cree:
        Evenement.consigner(
            adhesion, "adhérer au cahier des charges", par=par, demarche=demarche, vers=structure
        )
    return adhesion


def membres_confirmes(demarche: Demarche):
    return Membre.objects.filter(gouvernance=demarche.gouvernance_id, statut=StatutMembre.CONFIRME)


@transaction.atomic
def changer_statut(membre_pk: int, statut: str, *, par: Utilisateur | None, demarche: Demarche) -> Membre:
    """Confirme un candidat ou retire un membre ; ses sièges et ses fiches restent dans l'histoire."""
    exiger(par, demarche, "cadrer")
    membre = Membre.objects.select_for_update(of=("self",)).get(
        pk=membre_pk, gouvernance=demarche.gouvernance_id
    )
    if membre.statut == statut:
        raise ValidationError(f"« {membre} » est déjà « {membre.get_statut_display()} ».")
    ancien, membre.statut = membre.get_statut_display(), statut
    membre.confirme_le = timezone.now() if statut == StatutMembre.CONFIRME else None
    membre.attribuer(par)
    membre.save()
    Evenement.consigner(
        membre, "changer le statut", par=par, demarche=demarche, de=ancien, vers=membre.get_statut_display()
    )
    return membre


def manques_cadrage(demarche: Demarche) -> list[Manque]:
    """Ce qui manque pour ouvrir le diagnostic (DOMAINE §5, ouvrir_diagnostic)."""
    manques = []
    cahier = CahierDesCharges.objects.filter(demarche=demarche).first()
    if cahier is None or not cahier.objectifs.strip():
        manques.append(Manque("Écrire les objectifs dans le cahier des charges.", ecran="cahier"))
    jalons = list(demarche.jalons.all())
    manques += _manques_calendrier(demarche, jalons)
    manques += jalon_non_acquis(jalons, CodeJalon.CADRAGE)
    return manques + _avertissements_cadrage(demarche, cahier)


def _manques_calendrier(demarche: Demarche, jalons: list[Jalon]) -> list[Manque]:
    """Une phrase par jalon incomplet ; une seule pour tous, quand un même geste les remplit."""
    sans_date = [j for j in jalons if j.echeance is None]
    sans_instance = [j for j in jalons if j.instance_id is None]
    manques = [Manque(f"Fixer l’échéance du jalon « {j} ».", ecran="jalons") for j in sans_date]
    if len(sans_date) > 1:
        phrase = f"Fixer l’échéance de {len(sans_date)} jalons : un calendrier type les remplit d’un coup."
        manques = [Manque(phrase, ecran="jalons")]
    if sans_instance and not Instance.objects.filter(demarche=demarche).exists():
        phrase = "Créer l’instance qui validera les jalons, par exemple le comité de pilotage (COPIL)."
        manques.append(Manque(phrase, ecran="gouvernance"))
    if len(sans_instance) > 1:
        phrase = f"Désigner l’instance qui valide {len(sans_instance)} jalons."
        return [*manques, Manque(phrase, ecran="jalons")]
    return manques + [
        Manque(f"Désigner l’instance qui valide « {j} ».", ecran="jalons") for j in sans_instance
    ]


def jalon_non_acquis(jalons: list[Jalon], code: str) -> list[Manque]:
    jalon = next((j for j in jalons if j.code == code), None)
    if jalon is not None and jalon.acquis:
        return []
    qui = f" par « {jalon.instance} »" if jalon is not None and jalon.instance_id else ""
    return [
        Manque(f"Faire valider le jalon « {CodeJalon(code).label} »{qui}, en séance.", ecran="faire_valider")
    ]


def _avertissements_cadrage(demarche: Demarche, cahier: CahierDesCharges | None) -> list[Manque]:
    manques = []
    adherents = set()
    if cahier is not None:
        adherents = set(cahier.adhesions.filter(edition=cahier.edition).values_list("structure", flat=True))
    membres = list(membres_confirmes(demarche).select_related("structure__college"))
    manques += [
        Manque(f"« {m} », co-porteur, n’a pas encore adhéré au cahier des charges.", False, "cahier")
        for m in membres
        if m.co_porteur and m.structure_id not in adherents
    ]
    definition = DefinitionCommune.objects.filter(demarche=demarche).first()
    if definition is None or not definition.texte.strip():
        manques.append(Manque("Convenir d’une définition commune de l’inclusion numérique.", False, "cahier"))
    return manques + _representativite(membres) + _groupe_projet(demarche)


def _representativite(membres: list[Membre]) -> list[Manque]:
    presents = {m.structure.college_id for m in membres}
    absents = [c.libelle for c in College.objects.filter(attendu=True) if c.pk not in presents]
    return (
        [Manque(f"Collèges absents de la gouvernance : {', '.join(absents)}.", False, "gouvernance")]
        if absents
        else []
    )


def _groupe_projet(demarche: Demarche) -> list[Manque]:
    sieges = Instance.objects.filter(demarche=demarche, type=TypeInstance.GROUPE_PROJET)
    if not sieges.exists():
        return []
    qualites = set(sieges.values_list("sieges__personne__qualite", flat=True))
    if {Qualite.ELU, Qualite.TECHNICIEN} <= qualites:
        return []
    return [Manque("Le groupe projet doit réunir au moins un élu et un technicien.", False, "gouvernance")]
