"""Écrire les axes, les fiches et ce qui les compose, les partages, les demandes de subvention."""

from datetime import datetime, time
from decimal import Decimal

from django.utils import timezone

from feuille_de_route.echange import base
from feuille_de_route.echange.ecriture import Ecriture, numerotes, objets, valeurs
from feuille_de_route.echange.valeurs import lire_jour
from feuille_de_route.models import (
    Avis,
    Axe,
    DemandeSubvention,
    Enveloppe,
    EtapeFiche,
    EtatDemande,
    EtatFiche,
    FicheAction,
    Financement,
    Indicateur,
    LigneBudget,
    PartageDeFiche,
    Partenariat,
    Plafond,
    PointDeSuivi,
    Releve,
)

LIENS = (
    "axe", "chantier", "contribution", "structure_porteuse", "elu_referent", "instance_suivi", "decision",
)  # fmt: skip
COMPOSANTS = {
    "etapes": ("etape", EtapeFiche), "budget": ("ligne", LigneBudget),
    "financements": ("financement", Financement),
}  # fmt: skip
DECIDEES = {EtatDemande.ACCEPTEE, EtatDemande.REFUSEE}


def ecrire_plan(e: Ecriture) -> None:
    servis = base.axes_de_la_parente(e.donnees["demarche"])
    for ordre, dit in enumerate(objets(e.donnees, "axes"), start=1):
        axe = _axe(e, dit, servis, ordre=ordre)
        for place, sous_axe in enumerate(objets(dit, "sous_axes"), start=1):
            _axe(e, sous_axe, servis, ordre=place, parent=axe)
    fiches = [(dite, _fiche(e, dite, n)) for n, dite in numerotes(objets(e.donnees, "fiches"), "numero")]
    _reprises(e, fiches)
    _partages(e)
    enveloppes = {dite["nom"]: _enveloppe(e, dite) for dite in objets(e.donnees, "enveloppes")}
    for dite in objets(e.donnees, "demandes_subvention"):
        _demande(e, dite, enveloppes[dite["enveloppe"]])


def _axe(e: Ecriture, dit: dict, servis: dict[str, Axe], **place) -> Axe:
    numero = (dit.get("axe_departemental") or {}).get("numero")
    servi = servis[numero] if numero else None
    axe = e.creer(Axe, dit, demarche=e.demarche, axe_departemental=servi, **place, **valeurs("axe", dit))
    axe.enjeux.set(e.liens(dit, "enjeux"))
    return axe


def _fiche(e: Ecriture, dite: dict, numero: int) -> FicheAction:
    champs = valeurs("fiche", dite) | {"numero": numero, "demarche": e.demarche}
    champs |= {cle: e.lien(dite, cle) for cle in LIENS} | _suivie(dite)
    decision = champs["decision"]
    if champs["etat"] == EtatFiche.PROPOSEE:
        champs["proposee_le"] = timezone.now()
    if champs["etat"] == EtatFiche.RETENUE:
        champs["retenue_le"] = decision.seance.debut if decision else timezone.now()
    fiche = e.creer(FicheAction, dite, **champs)
    fiche.enjeux.set(e.liens(dite, "enjeux"))
    fiche.copilotes.set(e.liens(dite, "copilotes"))
    fiche.territoires.set([t["siren"] for t in objets(dite, "territoires")])
    for partenaire in objets(dite, "partenaires"):
        apport = partenaire.get("apport") or ""
        Partenariat.objects.create(fiche=fiche, structure=e.lien(partenaire, "structure"), apport=apport)
    for cle, (nom, modele) in COMPOSANTS.items():
        for element in objets(dite, cle):
            modele.objects.create(fiche=fiche, **valeurs(nom, element))
    _mesure_et_avis(e, dite, fiche)
    return fiche


def _suivie(dite: dict) -> dict:
    """Où en est l'action : ce que dit son dernier point de suivi."""
    points = objets(dite, "suivi")
    if not points:
        return {}
    dernier = max(enumerate(points), key=lambda p: (p[1]["le"], p[0]))[1]
    lu = valeurs("point_de_suivi", dernier)
    midi = timezone.make_aware(datetime.combine(lu["le"], time(12)))
    return {
        "etat_realisation": lu["etat"],
        "meteo": lu["meteo"],
        "freins": lu["freins"],
        "suivie_le": midi,
    }


def _mesure_et_avis(e: Ecriture, dite: dict, fiche: FicheAction) -> None:
    for element in objets(dite, "indicateurs"):
        indicateur = Indicateur.objects.create(fiche=fiche, **valeurs("indicateur", element))
        for releve in objets(element, "releves"):
            e.creer(Releve, {}, indicateur=indicateur, **valeurs("releve", releve))
    for avis in objets(dite, "avis"):
        rendu = {"instance": e.lien(avis, "instance"), "seance": e.lien(avis, "seance")}
        e.creer(Avis, {}, fiche=fiche, **rendu, **valeurs("avis", avis))
    for point in objets(dite, "suivi"):
        e.creer(PointDeSuivi, {}, fiche=fiche, **valeurs("point_de_suivi", point))


def _reprises(e: Ecriture, fiches: list[tuple[dict, FicheAction]]) -> None:
    """Relie chaque fiche à celle dont elle est reprise ; une fiche que la plateforme ignore est citée."""
    uuids = [d["reprise_de"]["uuid"] for d, _ in fiches if (d.get("reprise_de") or {}).get("uuid")]
    connues = {str(f.uuid): f for f in FicheAction.objects.filter(uuid__in=uuids)}
    for dite, fiche in fiches:
        reprise = dite.get("reprise_de") or {}
        fiche.reprise_de = e.lien(reprise, "ref") or connues.get(reprise.get("uuid"))
        if fiche.reprise_de is None and reprise.get("uuid"):
            titre = reprise.get("libelle")
            fiche.source = fiche.source or (titre or "")
            e.avertissements.append(
                f"« {fiche.titre} » est reprise d’une fiche que la plateforme n’a pas"
                f"{f' (« {titre} »)' if titre else ''} : le lien n’est pas gardé."
            )
        fiche.save(update_fields=["reprise_de", "source"])


def _partages(e: Ecriture) -> None:
    dits = objets(e.donnees, "fiches_partagees")
    connues = {str(f.uuid): f for f in FicheAction.objects.filter(uuid__in=[d["uuid"] for d in dits])}
    for dit in dits:
        if fiche := connues.get(dit["uuid"]):
            e.creer(PartageDeFiche, {}, fiche=fiche, demarche=e.demarche, **valeurs("partage", dit))
        else:
            nom = dit.get("titre") or dit["uuid"]
            e.avertissements.append(f"La fiche partagée « {nom} » n’est pas sur la plateforme : ôtée.")


def _enveloppe(e: Ecriture, dite: dict) -> Enveloppe:
    """Les enveloppes sont communes à tous : une enveloppe connue, ou son plafond, est gardée telle quelle."""
    departement = e.demarche.gouvernance.departement_id
    enveloppe = Enveloppe.objects.filter(nom=dite["nom"]).first()
    if enveloppe is None:
        enveloppe = e.creer(Enveloppe, {}, **valeurs("enveloppe", dite))
    if dite.get("plafond") is not None:
        montant = Decimal(dite["plafond"])
        cle = {"enveloppe": enveloppe, "departement_id": departement}
        plafond, _ = Plafond.objects.get_or_create(**cle, defaults={"montant": montant})
        if plafond.montant != montant:
            e.avertissements.append(f"« {enveloppe} » a déjà un autre plafond ({plafond.montant} €), gardé.")
    return enveloppe


def _demande(e: Ecriture, dite: dict, enveloppe: Enveloppe) -> None:
    champs = valeurs("demande", dite) | {"enveloppe": enveloppe, "demarche": e.demarche}
    champs |= {"fiche": e.lien(dite, "fiche"), "beneficiaire": e.lien(dite, "beneficiaire")}
    if champs["etat"] != EtatDemande.BROUILLON:
        champs["deposee_le"] = _jour(dite.get("deposee_le"))
    if champs["etat"] in DECIDEES:
        champs["decidee_le"] = _jour(dite.get("decidee_le"))
    e.creer(DemandeSubvention, {}, **champs)


def _jour(dit: str | None) -> datetime:
    return lire_jour(dit) if dit else timezone.now()
