"""Écrire le diagnostic, les enjeux, les ateliers ; le plan d'actions et les signataires les suivent."""

from django.utils import timezone

from ateliers.models import Atelier, ChantierCle, Contribution, EtatChantier, SousGroupe
from diagnostic.models import Constat, Enjeu, Mesure, Regard, SerieIndicateur
from feuille_de_route.echange import base
from feuille_de_route.echange.contenu_plan import ecrire_plan
from feuille_de_route.echange.ecriture import Ecriture, numerotes, objets, valeurs
from feuille_de_route.echange.valeurs import lire_jour
from feuille_de_route.models import BesoinIngenierie, Signataire

CONCLUS = {EtatChantier.CONCLUANT, EtatChantier.ABANDONNE}


def ecrire_contenu(e: Ecriture) -> None:
    _constats(e)
    for ordre, dit in enumerate(objets(e.donnees, "enjeux"), start=1):
        enjeu = e.creer(Enjeu, dit, demarche=e.demarche, ordre=ordre, **valeurs("enjeu", dit))
        enjeu.constats.set(e.liens(dit, "constats"))
    _chantiers(e)
    for dit in objets(e.donnees, "ateliers"):
        _atelier(e, dit)
    ecrire_plan(e)
    for rang, dit in numerotes(objets(e.donnees, "besoins"), "rang"):
        BesoinIngenierie.objects.create(demarche=e.demarche, **valeurs("besoin", dit) | {"rang": rang})
    for ordre, dit in enumerate(objets(e.donnees, "signataires"), start=1):
        fixe = {"demarche": e.demarche, "ordre": ordre, "structure": e.lien(dit, "structure")}
        e.creer(Signataire, {}, **fixe, **valeurs("signataire", dit))


def _series(e: Ecriture, citees: set[str]) -> dict[str, SerieIndicateur]:
    """Les séries sont communes à toutes les démarches : une série connue est reprise telle quelle."""
    diagnostic = e.donnees.get("diagnostic")
    series = {s.code: s for s in SerieIndicateur.objects.filter(code__in=citees)}
    for dite in objets(diagnostic, "series"):
        code, champs = dite["code"], valeurs("serie", dite)
        if code not in citees:
            e.avertissements.append(f"La série « {code} » n’est citée nulle part : elle n’est pas reprise.")
        elif code not in series:
            series[code] = e.creer(SerieIndicateur, {}, **champs)
        elif any(dite.get(cle) is not None and getattr(series[code], cle) != v for cle, v in champs.items()):
            e.avertissements.append(f"La série « {code} » est déjà décrite autrement, et gardée ainsi.")
    return series


def _constats(e: Ecriture) -> None:
    constats = objets(e.donnees.get("diagnostic"), "constats")
    citees = {mesure["serie"] for constat in constats for mesure in objets(constat, "mesures")}
    series, mesures = _series(e, citees), base.mesures_en_base(citees)
    for ordre, dit in enumerate(constats, start=1):
        thematique = (dit.get("thematique") or {}).get("code")
        fixe = {"demarche": e.demarche, "ordre": ordre, "thematique_id": thematique}
        constat = e.creer(Constat, dit, **fixe, **valeurs("constat", dit))
        for citee in objets(dit, "mesures"):
            cle = base.cle_mesure(citee)
            if cle not in mesures:
                mesures[cle] = Mesure.objects.create(serie=series[citee["serie"]], **valeurs("mesure", citee))
        constat.mesures.set([mesures[base.cle_mesure(citee)] for citee in objets(dit, "mesures")])
        for regard in objets(dit, "regards"):
            e.creer(Regard, {}, constat=constat, **valeurs("regard", regard))


def _chantiers(e: Ecriture) -> None:
    for ordre, dit in enumerate(objets(e.donnees, "chantiers"), start=1):
        champs = valeurs("chantier", dit)
        conclu_le = None
        if champs["etat"] in CONCLUS:
            conclu_le = lire_jour(dit["conclu_le"]) if dit.get("conclu_le") else timezone.now()
        fixe = {"demarche": e.demarche, "ordre": ordre, "conclu_le": conclu_le}
        e.creer(ChantierCle, dit, pilote=e.lien(dit, "pilote"), **fixe, **champs)


def _atelier(e: Ecriture, dit: dict) -> None:
    atelier = e.creer(Atelier, dit, demarche=e.demarche, **valeurs("atelier", dit))
    groupes = {
        groupe["nom"]: e.creer(SousGroupe, {}, atelier=atelier, **valeurs("sous_groupe", groupe))
        for groupe in objets(dit, "sous_groupes")
    }
    for dite in objets(dit, "contributions"):
        convertie = e.lien(dite, "convertie_en")
        fixe = {
            "sous_groupe": groupes.get(dite.get("sous_groupe")),
            "enjeu": convertie if isinstance(convertie, Enjeu) else None,
            "chantier": convertie if isinstance(convertie, ChantierCle) else None,
        }
        e.creer(Contribution, dite, atelier=atelier, **fixe, **valeurs("contribution", dite))
