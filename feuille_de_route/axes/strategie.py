"""Les axes : un verbe d'action à l'infinitif, au moins un enjeu, deux niveaux au plus."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, prefetch_related_objects

from diagnostic.models import Enjeu, EtatEnjeu
from feuille_de_route.models import Axe
from gouvernance import edition
from gouvernance.conduite.demarches import jalon_non_acquis
from gouvernance.models import CodeJalon, Demarche, Etape, Evenement, Perimetre, Utilisateur
from gouvernance.permissions import exiger
from gouvernance.socle.manques import Manque
from gouvernance.socle.modeles import Conflit

PREMIER_MOT = re.compile(r"^(?:ne pas |se |s['’])?\s*([a-zàâçéèêëîïôûùüÿœæ-]+)", re.IGNORECASE)
# Finales en -er, -ir, -re qui ne sont pas des verbes.
FAUX_INFINITIFS = frozenset(
    """
    affaire air atelier autre avenir cadre cahier carrière centre chantier contre couverture culture
    dernier dernière dossier démesure entre espoir fichier filière foyer heure hier histoire hiver
    infrastructure lecture livre loisir lumière manière matière membre mesure mémoire métier nature
    nombre notre offre ordre ouverture pair papier premier première quartier salaire structure terre
    territoire titre victoire votre œuvre
    """.split()  # noqa: SIM905
)


def commence_par_infinitif(intitule: str) -> bool:
    """Vrai si l'intitulé s'ouvre par un verbe à l'infinitif (« Renforcer… », « S’appuyer… », « Construire…
    »).
    """
    trouve = PREMIER_MOT.match(intitule.strip())
    if not trouve:
        return False
    mot = trouve.group(1).lower()
    return mot.endswith(("er", "ir", "oir", "re")) and mot not in FAUX_INFINITIFS


# Les noms qui ouvrent d'ordinaire un intitulé, et le verbe qu'ils cachent ; puis les terminaisons régulières.
VERBES = {
    "accueil": "accueillir", "achat": "acheter", "aide": "aider", "appui": "appuyer", "conduite": "conduire",
    "construction": "construire", "coordination": "coordonner", "déploiement": "déployer",
    "diffusion": "diffuser", "lutte": "lutter", "maintien": "maintenir", "mise": "mettre",
    "production": "produire", "promotion": "promouvoir", "réduction": "réduire", "réponse": "répondre",
    "soutien": "soutenir", "suivi": "suivre",
}  # fmt: skip
TERMINAISONS = (
    ("isation", "iser"),
    ("fication", "fier"),
    ("ication", "iquer"),
    ("ation", "er"),
    ("ement", "er"),
    ("age", "er"),
)
ARTICLES = (
    ("de la ", "la "), ("de l’", "l’"), ("de l'", "l’"), ("du ", "le "), ("des ", "les "), ("d’un", "un"),
    ("d'un", "un"), ("de ", "des "),
)  # fmt: skip


def proposer_infinitif(intitule: str) -> str:
    """« Développement de la médiation » → « Développer la médiation » ; vide si rien ne vient."""
    nom, _, suite = intitule.strip().partition(" ")
    verbe = VERBES.get(nom.lower(), "")
    if not verbe:
        fin = next(((f, v) for f, v in TERMINAISONS if nom.lower().endswith(f)), None)
        verbe = nom.lower().removesuffix(fin[0]) + fin[1] if fin else ""
    return f"{verbe.capitalize()} {_sans_preposition(suite)}" if verbe and suite else ""


def _sans_preposition(suite: str) -> str:
    """« de la médiation » → « la médiation » ; « en place d’un réseau » → « en place un réseau »."""
    locution = re.match(r"en \S+ ", suite)
    tete = locution.group() if locution else ""
    reste = suite.removeprefix(tete)
    for article, remplace in ARTICLES:
        if reste.startswith(article):
            return tete + remplace + reste.removeprefix(article)
    return suite


def avis_sur_intitule(intitule: str) -> str:
    """La phrase qui aide à reformuler un intitulé sans infinitif ; vide s'il en a un."""
    if commence_par_infinitif(intitule):
        return ""
    essai = proposer_infinitif(intitule) or "Renforcer… », « Rapprocher… », « Former…"
    return (
        f"« {intitule} » ne commence pas par un verbe à l’infinitif. Essayez par exemple « {essai} » : "
        "la stratégie ne pourra pas être close sans cela."
    )


@transaction.atomic
def enregistrer_axe(formulaire, *, par: Utilisateur | None, demarche: Demarche) -> Axe:
    """Enregistre un axe, à la suite des siens s'il est neuf ou s'il change de parent.

    Lève PermissionDenied, ValidationError (étape, deux niveaux au plus), Conflit, DejaFait.
    """
    demarche = Demarche.objects.verrouiller(demarche.pk, no_key=True)
    axe = formulaire.instance
    axe.demarche = demarche
    verifier_parent(axe)
    _rattacher(demarche, axe.axe_departemental, par)
    ancien = Axe.objects.filter(pk=axe.pk).values_list("parent", "ordre").first()
    axe.ordre = ancien[1] if ancien and ancien[0] == axe.parent_id else _dernier(demarche, axe.parent_id) + 1
    return edition.enregistrer(formulaire, par=par, demarche=demarche, droit="structurer")


def _dernier(demarche: Demarche, parent_pk: int | None) -> int:
    return Axe.objects.filter(demarche=demarche, parent=parent_pk).aggregate(m=Max("ordre"))["m"] or 0


@transaction.atomic
def deplacer_axe(axe_pk: int, sens: int, *, par: Utilisateur | None) -> Axe:
    """Monte (-1) ou descend (+1) un axe d'un rang parmi les siens ; sans effet au bout de la liste."""
    demarche_pk = Axe.objects.values_list("demarche", flat=True).get(pk=axe_pk)
    demarche = Demarche.objects.verrouiller(demarche_pk, no_key=True)
    exiger(par, demarche, "structurer")
    axe = Axe.objects.get(pk=axe_pk)
    freres = list(Axe.objects.filter(demarche=demarche, parent=axe.parent_id))
    ancien = freres.index(axe)
    nouveau = ancien + sens
    if not 0 <= nouveau < len(freres):
        return axe
    freres[ancien], freres[nouveau] = freres[nouveau], freres[ancien]
    for rang, frere in enumerate(freres, start=1):
        Axe.objects.filter(pk=frere.pk).exclude(ordre=rang).update(ordre=rang)
    Evenement.consigner(axe, "déplacer", par=par, de=f"rang {ancien + 1}", vers=f"rang {nouveau + 1}")
    return axe


def empreinte_de_l_ordre(axes: Iterable[Axe]) -> str:
    """Ce que l'on a vu de la stratégie : les axes et leur place. Un autre rangement, ou un axe de plus, la
    change.
    """
    vus = "|".join(f"{axe.parent_id or 0}:{axe.pk}" for axe in axes)
    return hashlib.sha256(vus.encode()).hexdigest()[:16]


@transaction.atomic
def ordonner_axes(
    demarche: Demarche, ordre: list[str], *, parent: Axe | None, vu: str, par: Utilisateur | None
) -> None:
    """Range d'un geste les axes (ou les sous-axes de `parent`) dans l'ordre de leurs uuid.

    `vu` : l'empreinte de l'ordre que la personne avait sous les yeux. Lève PermissionDenied, ValidationError
    (étape), Conflit si la stratégie a changé depuis ou si la liste n'est pas la sienne.
    """
    demarche = Demarche.objects.verrouiller(demarche.pk, no_key=True)
    exiger(par, demarche, "structurer")
    tous = list(demarche.axes.all())
    freres = {str(a.uuid): a for a in tous if a.parent_id == (parent.pk if parent else None)}
    if vu != empreinte_de_l_ordre(tous) or sorted(ordre) != sorted(freres):
        raise Conflit(
            "Quelqu’un d’autre a changé la stratégie pendant votre geste : rien n’est déplacé. Voici l’ordre "
            "actuel, recommencez."
        )
    if ordre == list(freres):
        return
    for rang, uuid in enumerate(ordre, start=1):
        Axe.objects.filter(pk=freres[uuid].pk).exclude(ordre=rang).update(ordre=rang)
    avant, apres = (" ; ".join(freres[u].intitule for u in suite) for suite in (freres, ordre))
    Evenement.consigner(parent or demarche, "ranger les axes", par=par, de=avant, vers=apres)


def numerotes(axes: Sequence[Axe]) -> Iterator[tuple[str, Axe]]:
    """Chaque axe, suivi de ses sous-axes, avec son rang (« 2 », « 2.1 »). `axes` : dans leur ordre."""
    for rang, racine in enumerate((a for a in axes if a.parent_id is None), start=1):
        yield str(rang), racine
        for place, sous in enumerate((a for a in axes if a.parent_id == racine.pk), start=1):
            yield f"{rang}.{place}", sous


def departementale(demarche: Demarche) -> Demarche | None:
    """La démarche départementale dont une démarche locale reste cohérente : celle qu'elle a désignée, sinon
    celle de la même gouvernance.
    """
    if demarche.perimetre != Perimetre.GROUPEMENT:
        return None
    if demarche.parente_id:
        return demarche.parente
    candidates = Demarche.objects.filter(
        gouvernance=demarche.gouvernance_id, perimetre=Perimetre.DEPARTEMENTAL
    )
    return candidates.exclude(etape=Etape.ABANDONNEE).order_by("-pk").first()


def axes_departementaux(demarche: Demarche):
    """Les axes que peut servir un axe de cette démarche locale ; aucun pour une démarche départementale.

    Une feuille de route locale doit être cohérente avec celle du département (règle de l'ANCT) : l'intitulé
    des axes départementaux se lit donc sans mandat dans la démarche départementale, et même encore en
    discussion. Rien d'autre d'elle ne se lit ainsi.
    """
    if demarche.perimetre != Perimetre.GROUPEMENT:
        return Axe.objects.none()
    memes = Axe.objects.filter(demarche__gouvernance=demarche.gouvernance_id, parent=None)
    if demarche.parente_id:
        return memes.filter(demarche=demarche.parente_id)
    departement = departementale(demarche)
    return memes.filter(demarche=departement) if departement else Axe.objects.none()


def _rattacher(demarche: Demarche, servi: Axe | None, par: Utilisateur | None) -> None:
    """Servir un axe départemental, c'est dépendre de sa démarche : le lien se pose s'il manquait."""
    if servi is None:
        return
    if not axes_departementaux(demarche).filter(pk=servi.pk).exists():
        raise ValidationError({"axe_departemental": "Cet axe n’est pas celui de votre département."})
    if demarche.parente_id is None:
        demarche.parente = servi.demarche
        demarche.save(update_fields=["parente"])
        Evenement.consigner(demarche, "rattacher", par=par, vers=str(servi.demarche))


@transaction.atomic
def supprimer_axe(axe_pk: int, *, par: Utilisateur | None) -> None:
    """Supprime un axe que rien n'utilise. Lève ValidationError s'il porte des fiches ou des sous-axes."""
    axe = Axe.objects.select_related("demarche").get(pk=axe_pk)
    edition.supprimer(axe, par=par, demarche=axe.demarche, droit="structurer")


def verifier_parent(axe: Axe) -> None:
    """Deux niveaux au plus, dans la même démarche."""
    if axe.parent is None:
        return
    if axe.parent.demarche_id != axe.demarche_id:
        raise ValidationError({"parent": "Cet axe appartient à une autre démarche."})
    if axe.parent.parent_id or axe.parent_id == axe.pk or (axe.pk and axe.sous_axes.exists()):
        raise ValidationError({"parent": "La stratégie a deux niveaux au plus : un axe et ses sous-axes."})


def manques(demarche: Demarche) -> list[Manque]:
    """Ce qui manque pour ouvrir le plan d'actions.

    `axes` et `jalons` de la démarche servent tels quels s'ils sont préchargés.
    """
    axes = list(demarche.axes.all())
    prefetch_related_objects(axes, "enjeux")
    relies = {axe.parent_id or axe.pk for axe in axes if axe.enjeux.all()}
    racines = [axe for axe in axes if axe.parent_id is None]
    manques = [] if racines else [Manque("Écrire au moins un axe.", ecran="axes")]
    for axe in racines:
        if not commence_par_infinitif(axe.intitule):
            manques.append(Manque(f"Commencer par un verbe à l’infinitif l’axe « {axe} ».", ecran="axes"))
        if axe.pk not in relies:
            manques.append(Manque(f"Relier l’axe « {axe} » à un enjeu.", ecran="axes"))
    manques += jalon_non_acquis(list(demarche.jalons.all()), CodeJalon.STRATEGIE)
    orphelins = Enjeu.objects.filter(demarche=demarche, etat=EtatEnjeu.RETENU, axes=None)
    manques += [Manque(f"Aucun axe ne répond à l’enjeu « {e} ».", False, "axes") for e in orphelins]
    return manques
