"""La page « Diagnostic » : constats par thématique, leurs chiffres, les regards croisés."""

from collections import Counter
from itertools import groupby

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from diagnostic import constats as regles
from diagnostic import indicateurs
from diagnostic.forms.constats import (
    ACCORDS,
    FormulaireChoixMesures,
    FormulaireConstat,
    FormulaireConstatModifie,
    FormulaireMesure,
    FormulaireRegard,
)
from diagnostic.models import Constat, Mesure, NatureConstat, Posture, Regard, Thematique
from diagnostic.views.commun import manques_a_montrer, page_d_ajout, page_de_saisie, passee, sur
from gouvernance.forms.commun import en_edition
from gouvernance.models import Demarche, Etape
from gouvernance.socle.vues import lecture_seule
from gouvernance.views.commun import agir, ouvrir, une_fois

COULEURS = {
    NatureConstat.ATOUT: "success",
    NatureConstat.OPPORTUNITE: "info",
    NatureConstat.FREIN: "error",
    NatureConstat.MANQUE: "warning",
    NatureConstat.MENACE: "error",
}
SANS_THEMATIQUE = Thematique(code="sans-thematique", libelle="Sans thématique", ordre=9999)


@lecture_seule
def constats(request, uuid):
    demarche, acces = ouvrir(request, uuid)
    lignes = [_ligne(c) for c in _constats(demarche)]
    fige = passee(demarche, Etape.DIAGNOSTIC)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        "page": "Diagnostic",
        "groupes": _par_thematique(lignes),
        "nb_constats": len(lignes),
        "fige": fige,
        **manques_a_montrer(demarche, [] if fige else regles.manques(demarche), "constats"),
    }
    return render(request, "diagnostic/constats.html", contexte)


def _constats(demarche: Demarche):
    return (
        Constat.objects.filter(demarche=demarche)
        .select_related("thematique")
        .prefetch_related(Prefetch("mesures", Mesure.objects.select_related("serie")), "regards")
    )


def _ligne(constat: Constat) -> dict:
    postures = Counter(r.posture for r in constat.regards.all())
    return {
        "constat": constat,
        "couleur": COULEURS.get(constat.nature, ""),
        "mesures": list(constat.mesures.all()),
        "postures": [(p.label, postures[p.value]) for p in Posture if p.value in postures],
        "nb_regards": sum(postures.values()),
    }


def _par_thematique(lignes: list[dict]) -> list[tuple[Thematique, list[dict]]]:
    def thematique(ligne):
        return ligne["constat"].thematique or SANS_THEMATIQUE

    triees = sorted(lignes, key=lambda ligne: (thematique(ligne).ordre, thematique(ligne).pk))
    return [(groupe, list(membres)) for groupe, membres in groupby(triees, key=thematique)]


@lecture_seule
def constat(request, uuid, constat):
    demarche, acces = ouvrir(request, uuid)
    objet = get_object_or_404(_constats(demarche), uuid=constat)
    accords = dict(ACCORDS)
    contexte = {
        "demarche": demarche,
        "acces": acces,
        **_ligne(objet),
        "graphiques": _graphiques(list(objet.mesures.all())),
        "regards": [
            (r, accords[r.accord], acces.peut["regarder"] and regles.peut_retirer(r, acces))
            for r in objet.regards.all()
        ],
        "enjeux": objet.enjeux.all(),
    }
    return render(request, "diagnostic/constat.html", contexte)


def _graphiques(mesures: list[Mesure]) -> list[tuple]:
    """(titre, lignes, identifiant) des séries qui ont plusieurs mesures."""
    series = {}
    for mesure in mesures:
        series.setdefault(mesure.serie, []).append(mesure)
    return [
        (
            serie.libelle,
            [(f"{m.territoire_nom} ({m.annee})", m.valeur, serie.unite) for m in groupe],
            f"barres-{rang}",
        )
        for rang, (serie, groupe) in enumerate(series.items())
        if len(groupe) > 1
    ]


def constat_ajouter(request, uuid):
    """Ajouter mène à la page du constat, où l'on rattache chiffres et regards."""

    def preparer(demarche):
        return {
            "formulaire": FormulaireConstat(request.POST or None, instance=Constat(demarche=demarche)),
            "ecrire": lambda f: regles.enregistrer(f, par=request.user, demarche=demarche),
            "retour": reverse("constats", args=[uuid]),
            "titre": "Ajouter un constat",
            "aide": "Dites ce que l’on observe. Vous rattacherez ensuite des chiffres et des regards.",
            "succes": "Le constat est ajouté. Rattachez-lui un chiffre, puis des regards.",
        }

    return page_d_ajout(request, uuid, "diagnostiquer", "constat", preparer)


def constat_modifier(request, uuid, constat):
    def preparer(demarche, objet):
        return {
            "formulaire": en_edition(FormulaireConstatModifie, request, objet),
            "ecrire": lambda f: regles.enregistrer(f, par=request.user, demarche=demarche),
            "titre": "Modifier le constat",
        }

    return page_de_saisie(request, uuid, "diagnostiquer", sur(Constat, "constat", constat, preparer))


@require_POST
def constat_supprimer(request, uuid, constat):
    demarche, _ = ouvrir(request, uuid)
    objet = get_object_or_404(Constat, demarche=demarche, uuid=constat)
    reponse = agir(
        request,
        lambda: regles.supprimer(objet.pk, par=request.user),
        reverse("constat", args=[uuid, constat]),
        "Le constat est supprimé.",
    )
    return reponse if Constat.objects.filter(pk=objet.pk).exists() else redirect("constats", uuid)


def mesures_choisir(request, uuid, constat):
    def preparer(demarche, objet):
        return {
            "formulaire": FormulaireChoixMesures(
                request.POST if request.method == "POST" else None,
                mesures=indicateurs.mesures_de(demarche),
                territoires=indicateurs.territoires_de(demarche),
                initial={"mesures": list(objet.mesures.all())},
            ),
            "ecrire": lambda f: indicateurs.choisir_mesures(
                objet.pk, list(f.cleaned_data["mesures"]), par=request.user
            ),
            "titre": "Choisir des chiffres enregistrés",
            "aide": f"Pour le constat « {objet} ».",
        }

    return page_de_saisie(request, uuid, "diagnostiquer", sur(Constat, "constat", constat, preparer))


def mesure_ajouter(request, uuid, constat):
    def preparer(demarche, objet):
        def ecrire(formulaire):
            une_fois(
                formulaire,
                request.user,
                lambda: indicateurs.ajouter_mesure(objet.pk, formulaire.saisie(), par=request.user),
            )

        return {
            "formulaire": FormulaireMesure(
                request.POST or None,
                series=indicateurs.series_de(demarche),
                territoires=indicateurs.territoires_de(demarche),
            ),
            "ecrire": ecrire,
            "titre": "Ajouter un chiffre",
            "aide": f"Pour le constat « {objet} ».",
            "succes": "Le chiffre est rattaché au constat.",
        }

    return page_de_saisie(request, uuid, "diagnostiquer", sur(Constat, "constat", constat, preparer))


def regard_ajouter(request, uuid, constat):
    def preparer(demarche, objet):
        formulaire = FormulaireRegard(
            request.POST or None,
            instance=Regard(constat=objet),
            initial={"auteur": request.user.nom_complet},
        )
        return {
            "formulaire": formulaire,
            "ecrire": lambda f: regles.donner_regard(f, par=request.user, constat=objet),
            "titre": "Donner un regard",
            "aide": f"Sur le constat « {objet} ».",
            "succes": "Merci, ce regard est ajouté au diagnostic.",
        }

    return page_de_saisie(request, uuid, "regarder", sur(Constat, "constat", constat, preparer))


@require_POST
def regard_retirer(request, uuid, constat, regard):
    demarche, _ = ouvrir(request, uuid)
    objet = get_object_or_404(Regard, constat__demarche=demarche, constat__uuid=constat, uuid=regard)
    return agir(
        request,
        lambda: regles.retirer_regard(objet.pk, par=request.user),
        reverse("constat", args=[uuid, constat]),
        "Le regard est retiré.",
    )
