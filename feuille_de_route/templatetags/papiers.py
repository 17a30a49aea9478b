"""La section « Papiers » d'une page de la gouvernance, qui ne connaît pas l'application du dessus."""

from itertools import groupby

from django import template

from feuille_de_route import papiers
from feuille_de_route.mise_en_oeuvre import bilans
from feuille_de_route.models import NaturePapier

register = template.Library()


@register.inclusion_tag("papiers/_papiers.html", takes_context=True)
def papiers_de(context, demarche, acces, seance=None, seul=None):
    """`{% papiers_de demarche acces seance %}` ; sans séance, le cahier des charges ; `seul` : la revue d'une
    séance, ou le bilan d'une année (papiers.Seul).
    """
    lignes = papiers.lignes(demarche, acces, seance, seul)
    groupes = [
        {"nature": NaturePapier(nature), "aide": papiers.MODELES[nature].aide, "lignes": list(suite)}
        for nature, suite in groupby(lignes, key=lambda ligne: ligne.nature)
    ]
    refus = {ligne.refus for ligne in lignes}
    commun = refus.pop() if len(refus) == 1 else ""
    for groupe in groupes:
        groupe["refus"] = "" if commun else groupe["lignes"][0].refus
    return {
        "refus": commun,
        "demarche": demarche,
        "seance": seance,
        "seul": seul.nature if seul else "",
        "revue": seance is not None and not seul and not bilans.refus(demarche),
        "annee": seul.annee if seul else None,
        "groupes": groupes,
        "csrf_token": context.get("csrf_token"),
    }
