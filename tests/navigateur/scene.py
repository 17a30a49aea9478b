"""La démonstration, jouée une fois dans la base d'un essai."""

from django.core.management import call_command


def planter_la_demonstration() -> None:
    """Références et démarches de démonstration ; les documents se produisent dans ce processus."""
    call_command("charger_territoires", verbosity=0)
    call_command("charger_references", verbosity=0)
    call_command("jouer_demo", sur_place=True, verbosity=0)
