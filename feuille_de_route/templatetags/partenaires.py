"""Ce que la fiche et la décision montrent des partenaires : remarques, avis, liens envoyés."""

from django import template
from django.db.models import prefetch_related_objects
from django.urls import reverse

from feuille_de_route.dialogue import avis, liens_de_fiche
from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.forms.remarques import placer
from feuille_de_route.models import Avis, EtatFiche

register = template.Library()


@register.simple_tag
def remarques_de(fiche):
    """Les remarques d'une fiche, à revoir d'abord, avec l'adresse où chacune se corrige : une requête."""
    args = [fiche.demarche.uuid, fiche.uuid]
    prefetch_related_objects([fiche], "remarques")
    return placer(fiche.remarques.all(), {c: reverse("fiche_section", args=[*args, c]) for c in SECTIONS})


@register.simple_tag
def question_avant_de_proposer(fiche):
    """Ce que l'on demande avant de proposer une fiche dont des remarques restent à revoir ; vide sinon."""
    prefetch_related_objects([fiche], "remarques")
    ouvertes = sum(remarque.levee_le is None for remarque in fiche.remarques.all())
    if not ouvertes:
        return ""
    dit = "1 remarque n’est pas marquée" if ouvertes == 1 else f"{ouvertes} remarques ne sont pas marquées"
    return f"{dit} « corrigée » : proposer la fiche quand même ?"


@register.simple_tag
def avis_de(fiche):
    """Les avis rendus sur une fiche, le plus récent d'abord : une requête."""
    return avis.des_fiches([fiche.pk]).get(fiche.pk, [])


@register.simple_tag
def liens_de(fiche, acces):
    """Les liens vivants d'une fiche, pour qui les gère ; None pour les autres, sans requête."""
    if not acces.autorise_nom(liens_de_fiche.DROIT):
        return None
    return list(fiche.liens.filter(revoque_le=None).select_related("structure"))


@register.simple_tag
def avis_sur_les_proposees(demarche, objet):
    """Avant de décider : les avis sur la fiche visée, sinon sur toutes les fiches proposées ; une requête."""
    rendus = Avis.objects.filter(fiche__demarche=demarche).select_related(
        "fiche", "instance", "seance__instance"
    )
    if objet is not None and objet.type == "fiche":
        return list(rendus.filter(fiche__uuid=objet.cible))
    if objet is not None and objet.type not in {"jalon", ""}:
        return []
    return list(rendus.filter(fiche__etat=EtatFiche.PROPOSEE).order_by("fiche__numero", "-pk"))
