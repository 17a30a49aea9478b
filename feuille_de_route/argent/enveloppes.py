"""Les enveloppes de l'État : ce que chaque département peut demander, a demandé, a reçu, et ce qui reste."""

from decimal import Decimal
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import Case, F, Q, Sum, When
from django.utils import timezone

from feuille_de_route.financement import ZERO
from feuille_de_route.financement import montant as dire
from feuille_de_route.models import (
    DemandeSubvention,
    Enveloppe,
    EtatDemande,
    EtatFiche,
    EtatFinancement,
    Plafond,
    TypeFinanceur,
)
from gouvernance.models import Demarche
from gouvernance.socle.manques import Manque
from gouvernance.templatetags.feuille import date_longue

EN_ATTENTE = (EtatDemande.DEPOSEE, EtatDemande.EN_COURS, EtatDemande.A_MODIFIER)
VIVANTES = (*EN_ATTENTE, EtatDemande.ACCEPTEE)
DEMANDE = F("montant_etp") + F("montant_prestation")
ENGAGE = Case(When(etat=EtatDemande.ACCEPTEE, then=F("accorde")), default=DEMANDE)
A_DECIDER_MAX = 200
DEPARTEMENT = "demarche__gouvernance__departement"


class Part(NamedTuple):
    """La part d'un département, en euros : `demande` en attente de décision, `accorde` acquis."""

    plafond: Plafond
    demande: Decimal = ZERO
    accorde: Decimal = ZERO
    demandes: int = 0

    @property
    def engage(self) -> Decimal:
        return self.demande + self.accorde

    @property
    def reste(self) -> Decimal:
        return self.plafond.montant - self.engage

    @property
    def periode(self) -> str:
        return periode(self.plafond.enveloppe)

    @property
    def pourcent(self) -> int:
        """Part engagée du plafond, de 0 à 100 : la longueur de la barre."""
        if not self.plafond.montant:
            return 100 if self.engage else 0
        return min(100, round(100 * self.engage / self.plafond.montant))


def engage(plafond: Plafond, *, sauf: int | None = None) -> Decimal:
    """Ce que retiennent les demandes vivantes du département, l'une d'elles exceptée."""
    vivantes = DemandeSubvention.objects.filter(
        **{DEPARTEMENT: plafond.departement_id}, enveloppe=plafond.enveloppe_id, etat__in=VIVANTES
    )
    return vivantes.exclude(pk=sauf).aggregate(somme=Sum(ENGAGE))["somme"] or ZERO


def verrouiller(enveloppe_pk: int, departement: str) -> Plafond | None:
    """Le plafond d'un département, tenu jusqu'à la fin de la transaction."""
    plafonds = Plafond.objects.select_for_update(of=("self",))
    return plafonds.filter(enveloppe=enveloppe_pk, departement=departement).first()


def parts(*, departement: str | None = None, enveloppe: Enveloppe | None = None) -> list[Part]:
    """Les parts d'un département (ses enveloppes) ou d'une enveloppe (ses départements) : deux requêtes."""
    plafonds = Plafond.objects.select_related("enveloppe", "departement")
    demandes = DemandeSubvention.objects.all()
    if departement:
        plafonds = plafonds.filter(departement=departement)
        demandes = demandes.filter(**{DEPARTEMENT: departement})
    if enveloppe:
        plafonds, demandes = plafonds.filter(enveloppe=enveloppe), demandes.filter(enveloppe=enveloppe)
    sommes = {
        (ligne["enveloppe"], ligne[DEPARTEMENT]): ligne
        for ligne in demandes.filter(etat__in=VIVANTES).values("enveloppe", DEPARTEMENT).order_by().annotate(
            en_attente=Sum(DEMANDE, filter=Q(etat__in=EN_ATTENTE)),
            accordes=Sum("accorde", filter=Q(etat=EtatDemande.ACCEPTEE)),
            nombre=Sum(1),
        )
    }  # fmt: skip
    return [
        _part(plafond, sommes.get((plafond.enveloppe_id, plafond.departement_id)))
        for plafond in plafonds.order_by("-enveloppe__annee", "enveloppe__nom", "departement")
    ]


def _part(plafond: Plafond, somme: dict | None) -> Part:
    if somme is None:
        return Part(plafond)
    return Part(plafond, somme["en_attente"] or ZERO, somme["accordes"] or ZERO, somme["nombre"])


def avant_et_apres(demande: DemandeSubvention) -> dict:
    """Ce qui reste du plafond avant et après une demande ; `part` : None si le département n'en a pas."""
    departement = demande.demarche.gouvernance.departement_id
    part = next(iter(parts(departement=departement, enveloppe=demande.enveloppe)), None)
    vivante = demande.etat in VIVANTES
    retenu = ZERO if demande.etat == EtatDemande.REFUSEE else demande.montant
    retenu = demande.accorde if demande.etat == EtatDemande.ACCEPTEE else retenu
    reste = part.reste if part else ZERO
    avant = reste + retenu if vivante else reste
    return {
        "part": part,
        "vivante": vivante,
        "retenu": retenu,
        "reste_avant": avant,
        "reste_apres": avant - retenu,
    }


class Total(NamedTuple):
    """La somme des parts d'une enveloppe, en euros."""

    plafond: Decimal
    demande: Decimal
    accorde: Decimal
    demandes: int = 0

    @property
    def reste(self) -> Decimal:
        return self.plafond - self.demande - self.accorde


def total(parts_: list[Part]) -> Total:
    return Total(
        sum((p.plafond.montant for p in parts_), ZERO),
        sum((p.demande for p in parts_), ZERO),
        sum((p.accorde for p in parts_), ZERO),
        sum(p.demandes for p in parts_),
    )


def a_decider(enveloppe: Enveloppe | None) -> list[DemandeSubvention]:
    """Celles qui attendent une décision, la plus ancienne d'abord ; puis celles que l'on a renvoyées, qui
    retiennent toujours leur part.
    """
    demandes = DemandeSubvention.objects.filter(enveloppe=enveloppe, etat__in=EN_ATTENTE)
    renvoyee = Case(When(etat=EtatDemande.A_MODIFIER, then=1), default=0)
    relations = ("demarche__gouvernance__departement", "beneficiaire", "fiche")
    return list(demandes.select_related(*relations).order_by(renvoyee, "deposee_le")[:A_DECIDER_MAX])


def motif_de_fermeture(enveloppe: Enveloppe) -> str:
    """Pourquoi on ne peut pas déposer aujourd'hui ; vide si l'on peut."""
    jour = timezone.localdate()
    if enveloppe.ouverte_le and jour < enveloppe.ouverte_le:
        return f"Cette enveloppe n’ouvre que le {date_longue(enveloppe.ouverte_le)}."
    if enveloppe.close_le and jour > enveloppe.close_le:
        return f"Cette enveloppe est close depuis le {date_longue(enveloppe.close_le)}."
    return ""


def periode(enveloppe: Enveloppe) -> str:
    """Quand l'enveloppe reçoit des demandes, en une phrase ; vide si rien ne le borne."""
    if refus := motif_de_fermeture(enveloppe):
        return refus
    return f"On y dépose jusqu’au {date_longue(enveloppe.close_le)}." if enveloppe.close_le else ""


def verifier_plafond(plafond: Plafond) -> None:
    """Un plafond ne descend pas sous ce qui est déjà engagé. Lève ValidationError."""
    deja = engage(plafond)
    if plafond.montant < deja:
        raise ValidationError(
            f"{plafond.departement} a déjà engagé {dire(deja)} : son plafond ne peut descendre à "
            f"{dire(plafond.montant)}."
        )


# En SQL : la page d'une démarche fait ce calcul à chaque visite ; l'ORM y passait plus de temps que la base.
DEPASSEMENTS = """
SELECT e.nom, d.nom || ' (' || d.code || ')', p.montant,
       SUM(CASE WHEN f.etat = %(acquis)s THEN f.obtenu ELSE f.demande END) AS inscrit
FROM feuille_de_route_plafond p
JOIN feuille_de_route_enveloppe e ON e.id = p.enveloppe_id
JOIN gouvernance_departement d ON d.code = p.departement_id
JOIN feuille_de_route_ficheaction a ON a.demarche_id = %(demarche)s AND a.etat = %(retenue)s
JOIN feuille_de_route_financement f ON f.fiche_id = a.id AND f.type = %(type)s AND f.etat <> %(refuse)s
    AND f.dispositif <> '' AND UPPER(f.dispositif) IN (UPPER(e.nom), UPPER(e.dispositif))
    AND (f.annee IS NULL OR f.annee = e.annee)
WHERE p.departement_id = %(departement)s
GROUP BY p.id, e.id, d.code
HAVING SUM(CASE WHEN f.etat = %(acquis)s THEN f.obtenu ELSE f.demande END) > p.montant
ORDER BY e.annee, e.nom
"""


def manques(demarche: Demarche) -> list[Manque]:
    """Ce que le plan inscrit à une enveloppe de l'État au-delà du plafond du département.

    Une requête. Une part nomme son enveloppe par son dispositif ; sans année, elle compte dans la sienne.
    """
    valeurs = {
        "demarche": demarche.pk,
        "departement": demarche.gouvernance.departement_id,
        "retenue": EtatFiche.RETENUE,
        "type": TypeFinanceur.ETAT,
        "acquis": EtatFinancement.ACQUIS,
        "refuse": EtatFinancement.REFUSE,
    }
    with connection.cursor() as curseur:
        curseur.execute(DEPASSEMENTS, valeurs)
        depasses = curseur.fetchall()
    return [
        Manque(
            f"Le plan de financement inscrit {dire(inscrit)} sur « {enveloppe} », dont le plafond pour "
            f"{departement} est {dire(plafond)} : réduisez de {dire(inscrit - plafond)}.",
            ecran="plan_financement",
        )
        for enveloppe, departement, plafond, inscrit in depasses
    ]
