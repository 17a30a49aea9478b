"""La masse : des territoires entiers de démarches, de fiches et d'événements, versés par COPY."""

from collections.abc import Iterator
from datetime import date
from uuid import uuid4

from django.db import connection
from django.utils import timezone

from feuille_de_route.models import Axe, EtatFiche, FicheAction, NatureFiche
from gouvernance.models import (
    CodeJalon,
    Demarche,
    Departement,
    Etape,
    Evenement,
    Jalon,
    Perimetre,
    Utilisateur,
)
from tests.bench.donnees import PARAGRAPHE, copier, gouvernance, structures

FICHES_DE_DEPARTEMENT, FICHES_D_EPCI, JOURNAL_PAR_FICHE = 40, 20, 10


def masse(echelle: float, par: Utilisateur) -> tuple[int, int, int]:
    """Échelle 1 : 101 départements × 5 démarches × 40 fiches et 600 EPCI × 20, dix événements par fiche.

    Rend les nombres de démarches, de fiches et d'événements ajoutés.
    """
    gouvernances = [gouvernance(i) for i in range(Departement.objects.count())]
    porteuses = structures(50)
    departementales, total = round(505 * echelle), round(1105 * echelle)
    lot = uuid4().hex[:8]
    copier(
        Demarche,
        (
            Demarche(
                gouvernance=gouvernances[i % len(gouvernances)],
                nom=f"Feuille de route du territoire {i}",
                identifiant=f"masse-{lot}-{i}",
                perimetre=Perimetre.GROUPEMENT,
                etape=Etape.PLAN_ACTIONS,
                porteur=porteuses[i % 50],
            )
            for i in range(total)
        ),
    )
    demarches = list(Demarche.objects.filter(identifiant__startswith=f"masse-{lot}-").order_by("pk"))
    copier(
        Jalon, (Jalon(demarche=d, code=c, ordre=i + 1) for d in demarches for i, c in enumerate(CodeJalon))
    )
    copier(
        Axe, (Axe(demarche=d, ordre=i + 1, intitule="Rapprocher l’aide") for d in demarches for i in range(5))
    )
    portees = [
        (d, FICHES_DE_DEPARTEMENT if i < departementales else FICHES_D_EPCI) for i, d in enumerate(demarches)
    ]
    copier(FicheAction, _fiches_de_masse(portees, porteuses, _axes(demarches)))
    copier(Evenement, _evenements_de_masse(portees, par))
    with connection.cursor() as curseur:
        curseur.execute("ANALYZE")
    fiches = sum(nombre for _, nombre in portees)
    return total, fiches, fiches * JOURNAL_PAR_FICHE


def _axes(demarches: list[Demarche]) -> dict[int, list[int]]:
    axes: dict[int, list[int]] = {}
    rangees = Axe.objects.filter(demarche__in=demarches).order_by("ordre")
    for pk, demarche in rangees.values_list("pk", "demarche"):
        axes.setdefault(demarche, []).append(pk)
    return axes


def _fiches_de_masse(portees, porteuses, axes) -> Iterator[FicheAction]:
    """Un seul objet, réécrit : construire un modèle coûte plus que le verser."""
    fiche = FicheAction(
        nature=NatureFiche.NOUVELLE,
        titre="Permanences itinérantes du secteur",
        objectifs=PARAGRAPHE,
        description=PARAGRAPHE,
        etat=EtatFiche.PROPOSEE,
        proposee_le=timezone.now(),
        debut=date(2026, 9, 1),
    )
    for demarche, nombre in portees:
        fiche.demarche_id = demarche.pk
        for i in range(nombre):
            fiche.uuid, fiche.numero, fiche.axe_id = uuid4(), i + 1, axes[demarche.pk][i % 5]
            fiche.structure_porteuse_id = porteuses[i % len(porteuses)].pk
            yield fiche


def _evenements_de_masse(portees, par) -> Iterator[Evenement]:
    evenement = Evenement(
        action="modifier",
        objet_type="ficheaction",
        objet="Permanences itinérantes du secteur",
        de="Une",
        vers="Deux",
        par=par,
    )
    for demarche, nombre in portees:
        evenement.demarche_id = demarche.pk
        for i in range(nombre * JOURNAL_PAR_FICHE):
            evenement.objet_id = str(i)
            yield evenement
