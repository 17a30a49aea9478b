"""Écrire le diagnostic, les enjeux, les ateliers, les axes, les fiches et ce qui les compose."""

from django.utils import timezone

from ateliers.models import Atelier, ChantierCle, Contribution, EtatChantier, SousGroupe
from diagnostic.models import Constat, Enjeu, Mesure, Regard, SerieIndicateur
from feuille_de_route.echange import base
from feuille_de_route.echange.ecriture import Ecriture, numerotes, objets, valeurs
from feuille_de_route.echange.valeurs import lire_jour
from feuille_de_route.models import (
    Axe,
    BesoinIngenierie,
    EtapeFiche,
    EtatFiche,
    FicheAction,
    Financement,
    Indicateur,
    LigneBudget,
    Partenariat,
    Signataire,
)

CONCLUS = {EtatChantier.CONCLUANT, EtatChantier.ABANDONNE}


def ecrire_contenu(e: Ecriture) -> None:
    _constats(e)
    for ordre, dit in enumerate(objets(e.donnees, "enjeux"), start=1):
        enjeu = e.creer(Enjeu, dit, demarche=e.demarche, ordre=ordre, **valeurs("enjeu", dit))
        enjeu.constats.set(e.liens(dit, "constats"))
    _chantiers(e)
    for dit in objets(e.donnees, "ateliers"):
        _atelier(e, dit)
    _axes(e)
    for numero, dite in numerotes(objets(e.donnees, "fiches"), "numero"):
        _fiche(e, dite, numero)
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
            e.avertissements.append(f"La série « {code} » n’est citée nulle part : elle n’est pas reprise.")
        elif code not in series:
            series[code] = e.creer(SerieIndicateur, {}, **champs)
        elif any(dite.get(cle) is not None and getattr(series[code], cle) != v for cle, v in champs.items()):
            e.avertissements.append(f"La série « {code} » est déjà décrite autrement, et gardée ainsi.")
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
        e.creer(Contribution, {}, atelier=atelier, **fixe, **valeurs("contribution", dite))


def _axes(e: Ecriture) -> None:
    servis = base.axes_de_la_parente(e.donnees["demarche"])
    for ordre, dit in enumerate(objets(e.donnees, "axes"), start=1):
        axe = _axe(e, dit, servis, ordre=ordre)
        for place, sous_axe in enumerate(objets(dit, "sous_axes"), start=1):
            _axe(e, sous_axe, servis, ordre=place, parent=axe)


def _axe(e: Ecriture, dit: dict, servis: dict[str, Axe], **place) -> Axe:
    numero = (dit.get("axe_departemental") or {}).get("numero")
    servi = servis[numero] if numero else None
    axe = e.creer(Axe, dit, demarche=e.demarche, axe_departemental=servi, **place, **valeurs("axe", dit))
    axe.enjeux.set(e.liens(dit, "enjeux"))
    return axe


def _fiche(e: Ecriture, dite: dict, numero: int) -> None:
    champs = valeurs("fiche", dite) | {"numero": numero, "demarche": e.demarche}
    liens = ("axe", "chantier", "structure_porteuse", "elu_referent", "decision")
    champs |= {cle: e.lien(dite, cle) for cle in liens}
    decision = champs["decision"]
    if champs["etat"] == EtatFiche.PROPOSEE:
        champs["proposee_le"] = timezone.now()
    if champs["etat"] == EtatFiche.RETENUE:
        champs["retenue_le"] = decision.seance.debut if decision else timezone.now()
    fiche = e.creer(FicheAction, dite, **champs)
    fiche.enjeux.set(e.liens(dite, "enjeux"))
    fiche.territoires.set([t["siren"] for t in objets(dite, "territoires")])
    for partenaire in objets(dite, "partenaires"):
        apport = partenaire.get("apport") or ""
        Partenariat.objects.create(fiche=fiche, structure=e.lien(partenaire, "structure"), apport=apport)
    composants = {"etapes": ("etape", EtapeFiche), "indicateurs": ("indicateur", Indicateur),
                  "budget": ("ligne", LigneBudget), "financements": ("financement", Financement)}  # fmt: skip
    for cle, (nom, modele) in composants.items():
        for element in objets(dite, cle):
            modele.objects.create(fiche=fiche, **valeurs(nom, element))
