"""Le fichier contre ce que la base contient déjà : identifiant, recouvrement, parente, valeurs publiées."""

from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Sum
from django.utils.text import slugify

from diagnostic.models import Mesure
from feuille_de_route.argent.enveloppes import ENGAGE, VIVANTES
from feuille_de_route.axes.strategie import numerotes
from feuille_de_route.echange.erreurs import Erreur
from feuille_de_route.echange.regles import elements, faute
from feuille_de_route.echange.regles_plan import axes_et_sous_axes, engagee
from feuille_de_route.models import Axe, DemandeSubvention, Plafond
from gouvernance.models import Demarche, DemarcheEpci, Epci, Etape, Perimetre

FINIES = [Etape.CLOSE, Etape.ABANDONNEE]


def fautes(donnees: dict) -> list[Erreur]:
    demarche = donnees.get("demarche") or {}
    parties = (
        _identifiant(demarche), _perimetre(demarche), _parente(donnees), _mesures(donnees),
        _plafonds(donnees),
    )  # fmt: skip
    return [f for partie in parties for f in partie]


def code_departement(demarche: dict) -> str | None:
    return (demarche.get("departement") or {}).get("code")


def identifiant_libre(voulu: str) -> str:
    """`voulu` s'il est libre, sinon le même suivi de -2, -3…"""
    longueur = Demarche._meta.get_field("identifiant").max_length
    racine = voulu[: longueur - 6].strip("-") or "demarche"
    pris = set(Demarche.objects.filter(identifiant__startswith=racine).values_list("identifiant", flat=True))
    suite = (f"{racine}-{n}" for n in range(2, len(pris) + 3))
    return next(libre for libre in (racine, *suite) if libre not in pris)


def identifiant_derive(demarche: dict) -> str:
    return identifiant_libre(slugify(f"{code_departement(demarche)} {demarche['nom']}"))


def _identifiant(demarche: dict) -> Iterator[Erreur]:
    voulu = demarche.get("identifiant")
    if voulu and Demarche.objects.filter(identifiant=voulu).exists():
        libre = identifiant_libre(voulu)
        message = f"L’identifiant « {voulu} » est déjà pris ; « {libre} » est libre."
        yield faute(message, "demarche", "identifiant")


def _perimetre(demarche: dict) -> Iterator[Erreur]:
    departement, perimetre = code_departement(demarche), demarche.get("perimetre") or Perimetre.DEPARTEMENTAL
    sirens = {e.get("siren"): rang for rang, e in elements(demarche, "epcis") if e.get("siren")}
    if perimetre != Perimetre.GROUPEMENT and sirens:
        message = "La liste des EPCI est réservée au périmètre « groupement »."
        yield faute(message, "demarche", "epcis")
    if perimetre == Perimetre.DEPARTEMENTAL:
        yield from _departement_pris(departement)
    if perimetre == Perimetre.GROUPEMENT and departement:
        yield from _recouvrements(departement, sirens)


def _departement_pris(departement: str | None) -> Iterator[Erreur]:
    autres = Demarche.objects.filter(
        gouvernance__departement=departement, perimetre=Perimetre.DEPARTEMENTAL
    ).exclude(etape__in=FINIES)
    for autre in autres:
        message = f"Une démarche départementale est déjà en cours : « {autre.nom} » ({autre.identifiant})."
        yield faute(message, "demarche", "perimetre")


def _recouvrements(departement: str, sirens: dict[str, int]) -> Iterator[Erreur]:
    for epci in Epci.objects.filter(siren__in=sirens):
        if departement not in epci.departements:
            message = f"« {epci.nom} » n’a pas de commune dans le département {departement}."
            yield faute(message, "demarche", "epcis", sirens[epci.siren], "siren")
    couverts = DemarcheEpci.objects.filter(epci__in=sirens, departement=departement, actif=True)
    for pris in couverts.select_related("epci", "demarche"):
        autre = f"« {pris.demarche.nom} » ({pris.demarche.identifiant})"
        message = f"« {pris.epci.nom} » est déjà couvert par la démarche {autre}."
        yield faute(message, "demarche", "epcis", sirens[pris.epci_id], "siren")


def axes_de_la_parente(demarche: dict) -> dict[str, Axe]:
    """Les axes de la démarche parente par numéro (« 2 », « 2.1 »)."""
    parente = demarche.get("parente")
    axes = Axe.objects.filter(demarche__identifiant=parente).order_by("ordre", "pk") if parente else []
    return dict(numerotes(list(axes)))


def _parente(donnees: dict) -> Iterator[Erreur]:
    demarche = donnees.get("demarche") or {}
    parente = demarche.get("parente")
    if parente and not Demarche.objects.filter(identifiant=parente).exists():
        message = f"Aucune démarche « {parente} » : importez-la d’abord, ou retirez ce lien."
        yield faute(message, "demarche", "parente")
    connus = axes_de_la_parente(demarche)
    for lieu, axe in axes_et_sous_axes(donnees):
        numero = (axe.get("axe_departemental") or {}).get("numero")
        if numero and numero not in connus:
            message = f"La démarche parente n’a pas d’axe {numero}."
            yield faute(message, *lieu, "axe_departemental", "numero")


def cle_mesure(mesure: dict) -> tuple:
    return tuple(mesure.get(c) for c in ("serie", "echelle", "territoire", "annee"))


def mesures_en_base(codes: set[str]) -> dict[tuple, Mesure]:
    """Les valeurs déjà publiées de ces séries, par (série, échelle, territoire, année)."""
    mesures = Mesure.objects.filter(serie__code__in=codes).select_related("serie")
    return {(m.serie.code, m.echelle, m.territoire, m.annee): m for m in mesures}


def _mesures(donnees: dict) -> Iterator[Erreur]:
    """Deux valeurs d'un même fait publié ne peuvent être justes toutes les deux."""
    citees = [
        (("diagnostic", "constats", rang, "mesures", place), mesure)
        for rang, constat in elements(donnees.get("diagnostic"), "constats")
        for place, mesure in elements(constat, "mesures")
    ]
    connues = mesures_en_base({m["serie"] for _, m in citees if m.get("serie")})
    for lieu, mesure in citees:
        connue = connues.get(cle_mesure(mesure))
        if connue is None or mesure.get("valeur") is None:
            continue
        if connue.valeur != Decimal(mesure["valeur"]):
            dite = "non disponible" if connue.valeur is None else f"{connue.valeur.normalize():f}"
            message = f"La plateforme a déjà une autre valeur pour ce fait : {dite}."
            yield faute(message, *lieu, "valeur")


def _plafonds(donnees: dict) -> Iterator[Erreur]:
    """Les demandes vivantes d'un département ne dépassent pas ce qui lui revient d'une enveloppe."""
    departement = code_departement(donnees.get("demarche") or {})
    connus = dict(Plafond.objects.filter(departement=departement).values_list("enveloppe__nom", "montant"))
    demandes = [d for _, d in elements(donnees, "demandes_subvention")]
    for rang, enveloppe in elements(donnees, "enveloppes"):
        nom, plafond = enveloppe.get("nom"), connus.get(enveloppe.get("nom"), enveloppe.get("plafond"))
        if plafond is None:
            continue
        engage = sum((engagee(d) for d in demandes if d.get("enveloppe") == nom), _engage(nom, departement))
        if engage > Decimal(plafond):
            message = f"Les demandes dépassent ce qui revient au département de « {nom} » ({plafond} €)."
            yield faute(message, "enveloppes", rang, "plafond")


def _engage(enveloppe: str, departement: str) -> Decimal:
    """Ce que les démarches du département demandent ou ont obtenu d'une enveloppe, en euros."""
    vivantes = DemandeSubvention.objects.filter(
        enveloppe__nom=enveloppe, demarche__gouvernance__departement=departement, etat__in=VIVANTES
    )
    return vivantes.aggregate(somme=Sum(ENGAGE))["somme"] or Decimal(0)
