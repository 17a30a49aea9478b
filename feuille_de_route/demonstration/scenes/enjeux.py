"""Les ateliers, les enjeux qui en naissent, leur classement collectif, les chantiers clés."""

from ateliers import animation
from ateliers.forms.ateliers import FormulaireAtelier, FormulaireContribution, FormulaireSousGroupe
from ateliers.forms.chantiers import FormulaireChantier, FormulaireChantierModifie
from ateliers.models import Atelier, ChantierCle, Contribution, EtatChantier, SousGroupe
from diagnostic import priorisation
from diagnostic.forms.enjeux import FormulaireEnjeu, FormulaireEnjeuModifie
from diagnostic.models import Enjeu, EtatEnjeu, SessionPriorisation
from feuille_de_route.demonstration.jeu import Jeu, Pas
from feuille_de_route.demonstration.saisie import remplir


def tenir_atelier(cle: str) -> Pas:
    """L'atelier, ses sous-groupes, ce que chacun y apporte."""

    def faire(jeu: Jeu) -> None:
        dit, demarche = jeu.lire("ateliers")[cle], jeu.demarche
        anime = {"par": jeu.compte(dit["par"]), "demarche": demarche}
        champs = {c: dit[c] for c in ("titre", "type", "lieu", "participants", "synthese")}
        champs["date"] = jeu.jour(dit["jour"])
        atelier = animation.enregistrer(remplir(FormulaireAtelier, Atelier(), champs), **anime)
        for nom, animateur in dit["sous_groupes"]:
            champs = {"nom": nom, "animateur": animateur}
            saisie = remplir(FormulaireSousGroupe, SousGroupe(atelier=atelier), champs)
            animation.enregistrer(saisie, **anime)
        for apport in dit["contributions"]:
            champs = {"texte": apport["texte"], "auteur": apport["auteur"]}
            champs["sous_groupe"] = atelier.sous_groupes.get(nom=apport["sous_groupe"])
            saisie = remplir(FormulaireContribution, Contribution(atelier=atelier), champs)
            par = jeu.compte(apport["par"])
            animation.enregistrer(saisie, par=par, demarche=demarche, droit="contribuer")

    def fait(jeu: Jeu) -> bool:
        return jeu.demarche.ateliers.filter(titre=jeu.lire("ateliers")[cle]["titre"]).exists()

    return Pas(f"Un atelier se tient ({cle}).", fait, faire)


def _contribution(jeu: Jeu, debut: str) -> Contribution:
    return Contribution.objects.get(atelier__demarche=jeu.demarche, texte__startswith=debut)


def _formuler(jeu: Jeu) -> None:
    """Les enjeux se formulent ; celui qui vient d'une contribution se relie ensuite à ses constats."""
    constats = list(jeu.demarche.constats.all())
    for dit in jeu.lire("enjeux"):
        par = jeu.compte(dit["par"])
        champs = {"question": dit["question"], "precision": dit["precision"]}
        champs["constats"] = [constats[rang - 1] for rang in dit["constats"]]
        classe, enjeu = FormulaireEnjeu, Enjeu(demarche=jeu.demarche)
        if debut := dit.get("contribution"):
            contribution = _contribution(jeu, debut)
            enjeu = animation.convertir_en_enjeu(contribution.pk, dit["question"], par=par)
            classe = FormulaireEnjeuModifie
        priorisation.enregistrer(remplir(classe, enjeu, champs), par=par, demarche=jeu.demarche)


def _classer(jeu: Jeu) -> None:
    """Chaque structure répartit ses points, puis la session se clôt."""
    enjeux = list(jeu.demarche.enjeux.order_by("ordre"))
    coordination = jeu.compte("departement")
    session = priorisation.ouvrir_session(jeu.demarche, par=coordination)
    for compte, points in jeu.lire("votes"):
        par = jeu.compte(compte)
        repartis = {enjeu.pk: valeur for enjeu, valeur in zip(enjeux, points, strict=True)}
        priorisation.voter(session.pk, par.structure, repartis, par=par)
    priorisation.clore_session(session.pk, par=coordination)


def _classes(jeu: Jeu) -> bool:
    return SessionPriorisation.objects.filter(demarche=jeu.demarche, close_le__isnull=False).exists()


def _retenir(jeu: Jeu) -> None:
    for enjeu in jeu.demarche.enjeux.filter(etat=EtatEnjeu.PROPOSE):
        priorisation.trancher(enjeu.pk, EtatEnjeu.RETENU, par=jeu.compte("departement"))


def _signaler_les_chantiers(jeu: Jeu) -> None:
    """L'un vient d'une contribution, l'autre du débat du COPIL ; une structure pilote chacun."""
    demarche = jeu.demarche
    for dit in jeu.lire("chantiers"):
        anime = {"par": jeu.compte(dit["par"]), "demarche": demarche}
        champs = {"moyens": dit["moyens"], "echeance": jeu.jour(dit["jour"])}
        champs["pilote"] = jeu.structure(dit["pilote"])
        classe, chantier = FormulaireChantierModifie, None
        if debut := dit.get("contribution"):
            contribution = _contribution(jeu, debut)
            chantier = animation.convertir_en_chantier(contribution.pk, dit["question"], par=anime["par"])
        else:
            champs |= {"question": dit["question"], "origine": dit["origine"]}
            classe, chantier = FormulaireChantier, ChantierCle(demarche=demarche)
        animation.enregistrer(remplir(classe, chantier, champs), **anime)
        animation.effectuer("investiguer", chantier.pk, par=anime["par"])


def _conclure(jeu: Jeu) -> None:
    for dit in jeu.lire("chantiers"):
        if conclusion := dit.get("conclusion"):
            chantier = ChantierCle.objects.get(demarche=jeu.demarche, question=dit["question"])
            animation.effectuer("conclure", chantier.pk, par=jeu.compte(dit["par"]), conclusion=conclusion)


def _conclus(jeu: Jeu) -> bool:
    return ChantierCle.objects.filter(demarche=jeu.demarche, etat=EtatChantier.CONCLUANT).exists()


FORMULER = Pas("Les enjeux sont formulés en questions.", lambda j: j.demarche.enjeux.exists(), _formuler)
CLASSER = Pas("Les structures classent les enjeux ensemble.", _classes, _classer)
RETENIR = Pas(
    "Les enjeux classés sont retenus.",
    lambda jeu: not jeu.demarche.enjeux.filter(etat=EtatEnjeu.PROPOSE).exists(),
    _retenir,
)
CHANTIERS = Pas(
    "Les chantiers clés sont ouverts à l’investigation.",
    lambda jeu: jeu.demarche.chantiers.exists(),
    _signaler_les_chantiers,
)
CONCLURE = Pas("Un chantier clé est conclu.", _conclus, _conclure)
