"""Structures, personnes, gouvernance et membres : ce qui existe déjà est repris, jamais modifié."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from feuille_de_route.echange.ecriture import Ecriture, objets, valeurs
from feuille_de_route.echange.format import OBJETS
from gouvernance.models import Gouvernance, Membre, Personne, StatutMembre, Structure

NOMS = {"college_id": "collège", "epci_id": "EPCI", "sigle": "sigle", "siret": "SIRET"}


def ecrire_acteurs(e: Ecriture, departement: str, citees: set[str]) -> Gouvernance:
    """Rend la gouvernance du département, créée s'il n'en a pas. `citees` : les références utilisées."""
    _structures(e, departement, citees)
    gouvernance = _gouvernance(e, departement)
    for dite in objets(e.donnees, "personnes"):
        if dite["ref"] in citees:
            _personne(e, dite, gouvernance)
        else:
            nom = f"{dite.get('prenom') or ''} {dite['nom']}".strip()
            e.avertissements.append(f"« {nom} » n’est citée nulle part : cette personne n’est pas reprise.")
    _membres(e, gouvernance)
    return gouvernance


def _structures(e: Ecriture, departement: str, citees: set[str]) -> None:
    dites = objets(e.donnees, "structures")
    sirets = [d["siret"] for d in dites if d.get("siret")]
    connues = list(
        Structure.objects.filter(
            Q(siret__in=sirets) | Q(nom__in=[d["nom"] for d in dites]) & Q(departement=departement)
            | Q(nom__in=[d["nom"] for d in dites]) & Q(departement=None)
        ).order_by("pk")
    )  # fmt: skip
    prises: set[int] = set()
    for dite in dites:
        if dite["ref"] not in citees:
            e.avertissements.append(f"« {dite['nom']} » n’est citée nulle part : elle n’est pas reprise.")
            continue
        connue = _retrouver(dite, [c for c in connues if c.pk not in prises])
        champs = valeurs("structure", dite) | {
            "college_id": dite["college"]["code"], "epci_id": (dite.get("epci") or {}).get("siren"),
        }  # fmt: skip
        if connue is None:
            e.creer(Structure, dite, **champs, departement_id=departement)
            continue
        prises.add(connue.pk)
        e.refs[dite["ref"]] = connue
        _comparer(e, connue, {cle: champs[cle] for cle in NOMS})


def _retrouver(dite: dict, connues: list[Structure]) -> Structure | None:
    """La même structure : même SIRET, sinon même nom si aucun des deux SIRET ne contredit l'autre."""
    siret = dite.get("siret")
    par_siret = [c for c in connues if siret and c.siret == siret]
    par_nom = [c for c in connues if c.nom == dite["nom"] and not (siret and c.siret)]
    return next(iter(par_siret or sorted(par_nom, key=lambda c: c.departement_id is None)), None)


def _comparer(e: Ecriture, connue: Structure, dits: dict) -> None:
    for cle, dit in dits.items():
        garde = getattr(connue, cle)
        if dit and dit != garde:
            e.avertissements.append(
                f"« {connue.nom} » existe déjà avec un autre {NOMS[cle]} (« {garde or '–'} ») : il est gardé."
            )


def _personne(e: Ecriture, dite: dict, gouvernance: Gouvernance) -> None:
    champs = valeurs("personne", dite) | {"structure": e.lien(dite, "structure"), "gouvernance": gouvernance}
    prises = {p.pk for p in e.refs.values() if isinstance(p, Personne)}
    connue = Personne.objects.filter(**champs).exclude(pk__in=prises).order_by("pk").first()
    if connue is None:
        e.creer(Personne, dite, **champs)
    else:
        e.refs[dite["ref"]] = connue


def _gouvernance(e: Ecriture, departement: str) -> Gouvernance:
    dite = e.donnees.get("gouvernance") or {}
    connue = Gouvernance.objects.filter(departement=departement).first()
    if connue is None:
        return e.creer(Gouvernance, {}, departement_id=departement, **valeurs("gouvernance", dite))
    _signaler_ecarts(e, "gouvernance", connue, dite)
    return connue


def _signaler_ecarts(e: Ecriture, nom: str, connue: models.Model, dite: dict) -> None:
    for cle, dit in valeurs(nom, dite).items():
        if dite.get(cle) is not None and dit != getattr(connue, cle):
            verbeux = OBJETS[nom].champ(cle).verbose_name
            e.avertissements.append(f"« {connue} » : « {verbeux} » est déjà renseigné autrement, et gardé.")


def _membres(e: Ecriture, gouvernance: Gouvernance) -> None:
    presents = Membre.objects.filter(gouvernance=gouvernance).select_related("structure")
    connus = {membre.structure_id: membre for membre in presents}
    for dit in objets(e.donnees, "membres"):
        structure = e.lien(dit, "structure")
        if structure.pk in connus:
            _signaler_ecarts(e, "membre", connus[structure.pk], dit)
            continue
        champs = valeurs("membre", dit)
        confirme_le = timezone.now() if champs["statut"] == StatutMembre.CONFIRME else None
        e.creer(Membre, {}, gouvernance=gouvernance, structure=structure, confirme_le=confirme_le, **champs)
