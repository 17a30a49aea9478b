"""Les démarches entières que les essais parcourent : montées une fois par module, défaites à la fin."""

from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings

from gouvernance.models import EtatSeance, Seance
from gouvernance.permissions import ADMINISTRATION
from tests.gouvernance.fabriques import (
    EpciFactory,
    MandatFactory,
    MembreFactory,
    StructureFactory,
    UtilisateurFactory,
)
from tests.robustesse.scene import scene


@pytest.fixture(scope="module")
def lieux(django_db_setup, django_db_blocker, tmp_path_factory):
    """A, B (canari dans chaque texte), les comptes et leurs sessions."""
    coffre = override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("coffre"))
    with django_db_blocker.unblock(), transaction.atomic(), coffre:
        a, b = scene("24"), scene("33", canari=True)
        a.gens |= {
            ADMINISTRATION: UtilisateurFactory(password=None, anct=True),
            "superutilisateur": UtilisateurFactory(password=None, admin=True),
            "etranger": UtilisateurFactory(password=None),
            "des deux": MandatFactory(demarche=a.demarche, utilisateur__password=None).utilisateur,
        }
        a.coffre = Path(coffre.options["MEDIA_ROOT"])
        MandatFactory(demarche=b.demarche, utilisateur=a.gens["des deux"])
        yield a, b
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def lieu(django_db_setup, django_db_blocker, tmp_path_factory):
    """Une démarche, et de quoi remplir chacun de ses formulaires."""
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("coffre")):
            lieu = scene("24")
        lieu.gens[ADMINISTRATION] = UtilisateurFactory(password=None, anct=True)
        nouvelle = StructureFactory(departement=lieu.departement)
        MembreFactory(gouvernance=lieu.demarche.gouvernance, structure=nouvelle)
        planifiee = Seance.objects.get(instance__demarche=lieu.demarche, etat=EtatSeance.PLANIFIEE)
        lieu.a_deplacer = planifiee.uuid
        lieu.epci = EpciFactory(departement=lieu.departement)
        lieu.libre = UtilisateurFactory(password=None)
        yield lieu
        transaction.set_rollback(True)
