"""Ce qu'une décision de l'État change au plan de financement de la fiche.

Acceptée, la part de l'État devient acquise : la ligne qui l'espérait, ou une ligne neuve s'il n'y en a pas.
Refusée, la ligne qui l'espérait sous ce nom d'enveloppe est refusée. La fiche signée garde sa version figée :
un accord venu plus tard est un fait de suivi, écrit dans la fiche vivante et au journal (ADR 19).
"""

from django.utils import timezone

from feuille_de_route.financement import ESPERES
from feuille_de_route.financement import montant as dire
from feuille_de_route.models import DemandeSubvention, EtatFinancement, Financement, TypeFinanceur
from gouvernance.models import Evenement, Utilisateur
from gouvernance.socle.tri import cle_francaise

ETAT = "État"


def accorder(demande: DemandeSubvention, *, par: Utilisateur | None) -> Financement:
    """La part de l'État acquise dans la fiche. Le verrou de la fiche est tenu par l'appelant."""
    part = ligne_esperee(demande) or Financement(
        fiche=demande.fiche, financeur=ETAT, type=TypeFinanceur.ETAT, annee=demande.enveloppe.annee
    )
    avant = _dire(part) if part.pk else "–"
    part.dispositif = part.dispositif or demande.enveloppe.nom
    part.demande, part.obtenu, part.etat = demande.montant, demande.accorde, EtatFinancement.ACQUIS
    _ecrire(demande, part, avant, "subvention accordée", par)
    return part


def refuser(demande: DemandeSubvention, *, par: Utilisateur | None) -> Financement | None:
    """La ligne qui nommait cette enveloppe ne compte plus ; sans elle, la fiche ne change pas."""
    part = next((f for f in _esperees(demande) if _nomme(f, demande)), None)
    if part is not None:
        avant = _dire(part)
        part.etat = EtatFinancement.REFUSE
        _ecrire(demande, part, avant, "subvention refusée", par)
    return part


def ligne_esperee(demande: DemandeSubvention) -> Financement | None:
    """La ligne de la fiche qui attend cette subvention : celle qui nomme l'enveloppe ou son dispositif, sinon
    la seule part espérée de l'État sans dispositif. Dans le doute, aucune : une ligne neuve se voit, une
    ligne prise à tort non.
    """
    esperees = _esperees(demande)
    if nommees := [f for f in esperees if _nomme(f, demande)]:
        return nommees[0]
    anonymes = [f for f in esperees if not f.dispositif.strip()]
    return anonymes[0] if len(anonymes) == 1 else None


def _esperees(demande: DemandeSubvention) -> list[Financement]:
    """Les parts espérées de l'État pour l'année de l'enveloppe, puis celles sans année."""
    parts = demande.fiche.financements.filter(type=TypeFinanceur.ETAT, etat__in=ESPERES).order_by("pk")
    siennes = [f for f in parts if f.annee in {None, demande.enveloppe.annee}]
    return sorted(siennes, key=lambda f: f.annee is None)


def _nomme(part: Financement, demande: DemandeSubvention) -> bool:
    noms = {cle_francaise(nom)[0] for nom in (demande.enveloppe.nom, demande.enveloppe.dispositif) if nom}
    return cle_francaise(part.dispositif)[0] in noms


def _ecrire(demande: DemandeSubvention, part: Financement, avant: str, action: str, par) -> None:
    """La ligne, la version de la fiche (une saisie ouverte avant sera en conflit), le journal."""
    fiche = demande.fiche
    part.save()
    fiche.verrouiller_version(fiche.version, modifie_par=par, modifie_le=timezone.now())
    details = [[f"Financement de l’État, {demande.enveloppe}", avant, _dire(part)]]
    Evenement.consigner_saisie(fiche, action, par=par, details=details)


def _dire(part: Financement) -> str:
    somme = part.obtenu if part.etat == EtatFinancement.ACQUIS else part.demande
    return f"{part.get_etat_display()}, {dire(somme) if somme is not None else 'montant inconnu'}"
