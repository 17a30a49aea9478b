"""Une démarche où rien ne manque, à aucune étape : chaque essai du parcours en retire une chose."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from feuille_de_route import versions
from feuille_de_route.models import Papier
from gouvernance.models import Demarche, Etape, EtatJalon, Jalon
from tests.diagnostic.fabriques import (
    ConstatFactory,
    EnjeuFactory,
    MesureFactory,
    RegardFactory,
    SessionFactory,
    ThematiqueFactory,
    VoteFactory,
)
from tests.feuille_de_route.fabriques import AxeFactory, FicheFactory, FinancementFactory, SignataireFactory
from tests.gouvernance.fabriques import DecisionFactory, DemarcheFactory, UtilisateurFactory

INSTANT = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Europe/Paris"))
DATES = {"soumise_le": Etape.SOUMISE, "validee_le": Etape.VALIDEE, "signee_le": Etape.SIGNEE}


def demarche_mure() -> Demarche:
    demarche = DemarcheFactory(avec_cadre=True)
    decision = DecisionFactory(seance__instance=demarche.instances.get(), seance__debut=INSTANT)
    Jalon.objects.filter(demarche=demarche).update(etat=EtatJalon.VALIDE, decision=decision)
    enjeu = _diagnostic_et_enjeu(demarche)
    axe = AxeFactory(demarche=demarche, enjeux=[enjeu])
    fiche = FicheFactory(demarche=demarche, axe=axe, complete=True, retenue=True)
    FinancementFactory(fiche=fiche, demande=10_000)
    SignataireFactory(demarche=demarche, utilisateur=UtilisateurFactory(password=None))
    Papier.objects.create(
        demarche=demarche, nature="bilan", annee=timezone.localdate().year, etat="pret", empreinte="b" * 64,
        pret_le=INSTANT,
    )  # fmt: skip
    return demarche


def _diagnostic_et_enjeu(demarche: Demarche):
    constats = [
        ConstatFactory(
            demarche=demarche, nature=nature, thematique=ThematiqueFactory(code=nature), tendance="hausse",
            mesures=[MesureFactory()],
        )
        for nature in ("atout", "frein")
    ]  # fmt: skip
    for posture in ("elu", "habitant"):
        RegardFactory(constat=constats[0], posture=posture)
    enjeu = EnjeuFactory(demarche=demarche, retenu=True, constats=constats)
    session = SessionFactory(demarche=demarche, close_le=timezone.now())
    VoteFactory(session=session, enjeu=enjeu)
    return enjeu


def mettre_a(demarche: Demarche, etape: str) -> None:
    """Pose l'étape, les dates qu'elle implique et la version figée, sans passer par le parcours."""
    champs = {champ: INSTANT if Etape(etape).rang >= seuil.rang else None for champ, seuil in DATES.items()}
    champs["transmise_le"] = INSTANT if Etape(etape).rang >= Etape.TRANSMISE.rang else None
    abandon = etape == Etape.ABANDONNEE
    champs |= {"abandonnee_le": INSTANT if abandon else None, "motif": "Faute de moyens." if abandon else ""}
    Demarche.objects.filter(pk=demarche.pk).update(etape=etape, **champs)
    demarche.refresh_from_db()
    if Etape(etape).rang >= Etape.SOUMISE.rang and not demarche.versions.exists():
        versions.figer(demarche, par=None)
