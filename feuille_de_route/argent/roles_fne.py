"""Les rôles FNE que disent les fiches et les signatures : co-financeur, bénéficiaire, signataire.

Un financeur est écrit en toutes lettres dans la fiche : il désigne un membre s'il en porte le nom ou le
sigle, ou si son type (État, Département) n'a qu'un membre confirmé dans le collège correspondant.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from feuille_de_route.financement import montant
from feuille_de_route.models import EtatFiche, EtatFinancement, FicheAction, Financement, TypeFinanceur
from gouvernance.acteurs.roles_fne import Fait, Faits, RoleFne, connus
from gouvernance.models import Demarche, Membre, StatutMembre, Utilisateur
from gouvernance.socle.tri import cle_francaise

SOLLICITES = (EtatFinancement.SOLLICITE, EtatFinancement.ACQUIS)
EN_PROPRE = (TypeFinanceur.AUTOFINANCEMENT, TypeFinanceur.VALORISATION)  # ce que la porteuse met elle-même
COLLEGES = {TypeFinanceur.ETAT: "etat", TypeFinanceur.DEPARTEMENT: "departement"}


class Deduction(NamedTuple):
    """`faits` par structure ; `inconnus` : les financeurs cités qui ne sont pas des membres."""

    faits: Faits
    inconnus: list[str]


class _Compte(NamedTuple):
    """Fiches concernées, euros acquis."""

    fiches: set
    acquis: list

    def dire(self, verbe: str) -> str:
        nombre, total = len(self.fiches), sum(self.acquis, Decimal(0))
        quoi = f"{nombre} fiche action" if nombre == 1 else f"{nombre} fiches actions"
        suite = f", {montant(total)} acquis" if total else ", rien d’acquis encore"
        return f"{verbe} {quoi}{suite}"


def deduire(demarche: Demarche, membres: list[Membre], *, par: Utilisateur) -> Deduction:
    """Tous les rôles FNE des membres, sur les seules fiches que cette personne voit ; trois requêtes."""
    faits = connus(demarche, membres)
    reconnaitre = _annuaire(membres)
    co_financeurs, beneficiaires, inconnus = defaultdict(_vide), defaultdict(_vide), set()
    for financement in _financements(demarche, par):
        porteuse = financement.fiche.structure_porteuse_id
        financeur = reconnaitre(financement)
        if financeur is None:
            inconnus.add(financement.financeur)
        elif financeur != porteuse:
            _compter(co_financeurs[financeur], financement)
        if porteuse is not None and financeur != porteuse:
            _compter(beneficiaires[porteuse], financement)
    for structure, compte in co_financeurs.items():
        faits[structure].append(Fait(RoleFne.CO_FINANCEUR, compte.dire("finance")))
    for structure, compte in beneficiaires.items():
        faits[structure].append(Fait(RoleFne.BENEFICIAIRE, compte.dire("porte")))
    for signataire in demarche.signataires.all():
        faits[signataire.structure_id].append(Fait(RoleFne.SIGNATAIRE, str(signataire)))
    return Deduction(faits, sorted(inconnus, key=cle_francaise))


def _vide() -> _Compte:
    return _Compte(set(), [])


def _compter(compte: _Compte, financement: Financement) -> None:
    compte.fiches.add(financement.fiche_id)
    if financement.etat == EtatFinancement.ACQUIS:
        compte.acquis.append(financement.obtenu)


def _financements(demarche: Demarche, par: Utilisateur):
    fiches = FicheAction.objects.visibles_par(par).filter(demarche=demarche).exclude(etat=EtatFiche.ECARTEE)
    return (
        Financement.objects.filter(fiche__in=fiches, etat__in=SOLLICITES)
        .exclude(type__in=EN_PROPRE)
        .select_related("fiche")
        .only("financeur", "type", "etat", "obtenu", "fiche__structure_porteuse")
        .order_by("pk")
    )


def _annuaire(membres: Iterable[Membre]):
    """Une fonction : le financement → la structure membre qu'il nomme, ou None."""
    par_nom, par_college = {}, defaultdict(list)
    for membre in membres:
        if membre.statut != StatutMembre.CONFIRME:
            continue
        par_college[membre.structure.college_id].append(membre.structure_id)
        for nom in (membre.structure.sigle, membre.structure.nom):
            if nom:
                par_nom.setdefault(cle_francaise(nom)[0], membre.structure_id)

    def reconnaitre(financement: Financement) -> int | None:
        nomme = par_nom.get(cle_francaise(financement.financeur)[0])
        seuls = par_college.get(COLLEGES.get(financement.type), [])
        return nomme or (seuls[0] if len(seuls) == 1 else None)

    return reconnaitre
