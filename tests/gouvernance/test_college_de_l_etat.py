"""Le collège « État » ouvre la note privée : on ne s’y range pas soi-même."""

import pytest
from django.urls import reverse

from gouvernance.models import Gouvernance, Role, Structure
from tests.gouvernance.fabriques import CollegeFactory, MandatFactory, MembreFactory, StructureFactory
from tests.gouvernance.situations import situation

pytestmark = pytest.mark.django_db


def corriger(client, lieu, membre, college):
    structure = Structure.objects.get(pk=membre.structure_id)
    saisie = {
        "version": structure.version,
        "nom": structure.nom,
        "sigle": "",
        "siret": "",
        "college": college,
    }
    return client.post(reverse("structure_modifier", args=[lieu.uuid, membre.uuid]), saisie)


def test_une_coordination_hors_de_l_etat_ne_s_y_range_pas_pour_lire_la_note_privee(client):
    lieu = situation()
    Gouvernance.objects.update(note_privee="PRIVEE-7")
    associations = CollegeFactory(code="associations")
    structure = StructureFactory(college=associations)
    membre = MembreFactory(gouvernance=lieu.demarche.gouvernance, structure=structure, statut="confirme")
    hors = MandatFactory(
        demarche=lieu.demarche, role=Role.COORDINATION, utilisateur__structure=structure
    ).utilisateur
    client.force_login(hors)
    reponse = corriger(client, lieu, membre, "etat")
    assert reponse.status_code == 422
    assert "Seule l’équipe de la préfecture" in reponse.content.decode()
    assert client.get(reverse("note_privee", args=[lieu.uuid])).status_code == 403

    client.force_login(lieu.gens["coordination"])
    assert corriger(client, lieu, membre, "etat").status_code == 302
    assert corriger(client, lieu, membre, "associations").status_code == 302
