"""Les situations que partagent les essais des écrans de la gouvernance : qui est là, avec quel rôle."""

from types import SimpleNamespace

from gouvernance.models import Role
from tests.gouvernance.fabriques import (
    CollegeFactory,
    DemarcheFactory,
    MandatFactory,
    MembreFactory,
    StructureFactory,
    UtilisateurFactory,
)

ROLES = [*Role.values, "administration", "etranger"]


def situation(**champs) -> SimpleNamespace:
    """Une démarche cadrée, sa préfecture membre, et un compte par rôle (`gens["coordination"]`…)."""
    demarche = DemarcheFactory(avec_cadre=True, **champs)
    prefecture = StructureFactory(nom="Préfecture", college=CollegeFactory(code="etat"))
    MembreFactory(gouvernance=demarche.gouvernance, structure=prefecture, co_porteur=True)
    gens = {role: UtilisateurFactory(prenom="Compte", nom=role) for role in Role.values}
    gens["coordination"].structure = prefecture
    gens["coordination"].save()
    for role, compte in gens.items():
        MandatFactory(utilisateur=compte, demarche=demarche, role=role)
    gens["administration"] = UtilisateurFactory(anct=True)
    gens["etranger"] = UtilisateurFactory()
    return SimpleNamespace(
        demarche=demarche, gens=gens, prefecture=prefecture, copil=demarche.instances.get(),
        uuid=demarche.uuid,
    )  # fmt: skip


def statut_attendu(role: str, permis: set[str]) -> int:
    """404 à qui ne voit pas la démarche, 403 à qui n'a pas le rôle, 302 à qui l'a."""
    if role == "etranger":
        return 404
    return 302 if role in permis else 403
