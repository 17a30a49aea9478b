"""L'accueil : la plateforme en cinq lignes pour le public, « mes démarches » pour qui est connecté."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.shortcuts import render

from gouvernance.conduite import ouverture, tableau_de_bord
from gouvernance.models import CodeJalon, Utilisateur
from gouvernance.permissions import RATTACHER, attendent_une_structure
from gouvernance.socle.vues import lecture_seule, parametre

PAR_PAGE = 20
METHODE = [
    ("Cadrer", "Un cahier des charges, un calendrier, des instances : chaque partie y adhère."),
    ("Diagnostiquer", "Des chiffres sourcés et des regards croisés sur le territoire."),
    ("Choisir les enjeux", "Des questions partagées, classées ensemble."),
    ("Écrire la stratégie", "Des axes qui commencent par un verbe."),
    ("Construire le plan d’actions", "Des fiches actions, leurs porteurs et leurs financements."),
    ("Valider, signer, transmettre", "Le COPIL décide, chacun signe, l’ANCT reçoit."),
]


@login_not_required
@lecture_seule
def accueil(request, gestes=None, lus=None):
    """`gestes(utilisateur, demarches)` : ce que les écrans d'au-dessus attendent d'elle, par démarche ;
    `lus(utilisateur)` : ce qu'ils ont à lire avec chacune pour le dire.
    """
    if not request.user.is_authenticated:
        contexte = {"methode": METHODE, "nb_jalons": len(CodeJalon)}
        return render(request, "gouvernance/accueil_public.html", contexte)
    recherche = parametre(request, "q")
    cles = tableau_de_bord.demarches_de(request.user, recherche).values_list("pk", flat=True)
    page = Paginator(cles, PAR_PAGE).get_page(request.GET.get("page"))
    demarches = tableau_de_bord.completer(list(page), request.user, **(lus(request.user) if lus else {}))
    attendus = gestes(request.user, demarches) if gestes else {}
    nationale = ouverture.est_administration(request.user)
    contexte = {
        "page": page,
        "demarches": [(d, attendus.get(d.pk, [])) for d in demarches],
        "recherche": recherche,
        "parametres": urlencode({"q": recherche}) if recherche else "",
        "nationale": nationale,
        "peut_ouvrir": nationale or ouverture.departements_ouvrables(request.user).exists(),
        "sans_structure": _sans_structure(request.user),
    }
    return render(request, "gouvernance/accueil.html", contexte)


def _sans_structure(utilisateur: Utilisateur) -> int:
    """Combien de comptes attendent une structure, pour qui peut la leur donner."""
    if not (utilisateur.is_staff and utilisateur.has_perm(RATTACHER)):
        return 0
    return attendent_une_structure().count()
