"""Le fil d'or : complet quand tout est relié ; un lien retiré se voit partout, et se répare d'un clic."""

import html
import re

import pytest
from django.urls import reverse

from diagnostic.models import Vote
from feuille_de_route import parcours, versions
from feuille_de_route.axes.fil_d_or import Genre, de_l_export, orphelins
from feuille_de_route.axes.lecture_du_fil import lire_avec_les_seances
from feuille_de_route.documents.contexte import html_du_document
from feuille_de_route.echange.exporter import exporter
from feuille_de_route.models import Document, EtatFiche, FicheAction, NatureDocument
from gouvernance.models import Demarche, Etape, EtatJalon, Jalon, Role
from tests.diagnostic.fabriques import ConstatFactory, EnjeuFactory
from tests.feuille_de_route.fabriques import AxeFactory, FicheFactory
from tests.feuille_de_route.parcours_mur import demarche_mure, mettre_a
from tests.gouvernance.fabriques import MandatFactory, StructureFactory, UtilisateurFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def mure(client):
    demarche = demarche_mure()
    mettre_a(demarche, Etape.PLAN_ACTIONS)
    FicheAction.objects.update(decision=demarche.jalons.first().decision)
    client.force_login(MandatFactory(demarche=demarche, role=Role.COORDINATION).utilisateur)
    return demarche


def page(client, demarche, vue=""):
    return client.get(reverse("fil_d_or", args=[demarche.uuid]), {"vue": vue} if vue else {})


def fil_de_la_base(demarche):
    demarche = Demarche.objects.get(pk=demarche.pk)
    fiches = demarche.fiches.exclude(etat=EtatFiche.ECARTEE).select_related("decision__seance__instance")
    return lire_avec_les_seances(demarche, list(fiches.order_by("numero")))


def decrire(fil):
    """Tout ce que dit un fil, sans ses clés : celui de la base et celui du fichier disent la même chose."""

    def noms(maillons):
        return [(m.numero, str(m)) for m in maillons]

    def valide(maillon):
        v = fil.validation(maillon)
        return (v.numero, v.le) if v else None

    def un(m):
        liens = sorted((genre, noms(autres)) for genre, autres in m.liens.items() if autres)
        return (m.genre, m.numero, str(m), m.etat, liens, valide(m))

    tous = [*fil.constats, *fil.enjeux, *fil.axes, *fil.fiches]
    return [un(m) for m in tous], [o.phrase for o in orphelins(fil)]


def imprime(demarche):
    """Le texte du document soumis : celui de la version figée, d'où vient le PDF."""
    version = versions.figer(demarche, par=None)
    document = Document.objects.create(demarche=demarche, version_figee=version, nature=NatureDocument.SOUMIS)
    return d_un_trait(html_du_document(document))


def d_un_trait(texte):
    """Sans balises, et les espaces insécables comme les autres."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.unescape(texte)).replace("\u202f", " ").split())


# nom → (ce que l'on retire, ce que l'on en dit, bloquant à la soumission par une autre règle)
RETRAITS = {
    "la fiche n’a plus d’axe": (
        lambda d: d.fiches.update(axe=None), "n’est rattachée à aucun axe", True,
    ),
    "l’axe n’a plus d’enjeu": (lambda d: d.axes.get().enjeux.clear(), "L’axe « 1. ", False),
    "la fiche n’a plus d’enjeu": (
        lambda d: d.axes.get().enjeux.clear(), "ne répond à aucun enjeu, ni par elle-même", False,
    ),
    "l’enjeu n’a plus d’axe": (lambda d: d.axes.get().enjeux.clear(), "Aucun axe ne répond à l’enjeu", False),
    "l’enjeu n’a plus de constat": (
        lambda d: d.enjeux.get().constats.clear(), "ne suit d’aucun constat", False,
    ),
    "le constat n’a plus d’enjeu": (
        lambda d: d.enjeux.get().constats.remove(d.constats.first()), "n’a conduit à aucun enjeu", False,
    ),
    "l’axe n’a plus de fiche": (
        lambda d: FicheFactory(demarche=d, retenue=True) and d.fiches.filter(numero=1).delete(),
        "n’a aucune fiche", True,
    ),
}  # fmt: skip


def test_un_fil_complet_le_dit_et_montre_chaque_seance(client, mure):
    reponse = page(client, mure)
    texte = reponse.content.decode()
    decision = mure.jalons.first().decision
    fiche, axe, enjeu = mure.fiches.get(), mure.axes.get(), mure.enjeux.get()
    assert reponse.context["orphelins"] == []
    assert "Le fil est complet" in texte
    for dit in (fiche, f"1. {axe}", enjeu, *mure.constats.all()):
        assert str(dit).replace("'", "&#x27;") in texte
    # la fiche, son axe, son enjeu, ses constats : chacun sa séance ; et les trois paliers du haut
    assert texte.count(f">{decision.numero}</a>") == 4 + 3
    assert "2 mars 2026" in texte
    assert [o.texte for o in parcours.manques(mure) if o.ecran == "fil_d_or"] == []
    assert "Aucun fil rompu" in imprime(mure)


@pytest.mark.parametrize("nom", RETRAITS)
def test_un_lien_retire_se_voit_sur_la_page_a_la_soumission_et_dans_le_document(client, mure, nom):
    retirer, phrase, bloquant_ailleurs = RETRAITS[nom]
    retirer(mure)
    reponse = page(client, mure)
    dites = [o.phrase for o, *_ in reponse.context["orphelins"]]
    trouvees = [p for p in dites if phrase in p]
    assert len(trouvees) == 1
    assert reponse.content.decode().count(trouvees[0].replace("'", "&#x27;")) == 1
    manques = {m.texte: m for m in parcours.manques(Demarche.objects.get(pk=mure.pk))}
    assert (trouvees[0] in manques) is not bloquant_ailleurs  # sinon la complétude le dit, et bloque
    if bloquant_ailleurs:
        assert any(m.bloquant for m in manques.values())
    else:
        assert not manques[trouvees[0]].bloquant
        assert manques[trouvees[0]].ecran == "fil_d_or"
    du_fichier = [o.phrase for o in orphelins(de_l_export(exporter(mure, seulement_retenues=True)))]
    assert du_fichier == dites
    document = imprime(mure)
    assert "Le fil est rompu" in document
    assert d_un_trait(trouvees[0]) in document


def test_le_fil_du_fichier_est_celui_de_la_base(mure):
    """Sous-axes, enjeux cités par la fiche, enjeu écarté, brouillon : deux lectures, un seul fil."""
    racine = mure.axes.get()
    sous = AxeFactory(demarche=mure, parent=racine, ordre=1)
    second = EnjeuFactory(demarche=mure, retenu=True, constats=list(mure.constats.all())[:1])
    EnjeuFactory(demarche=mure, etat="ecarte", motif="Hors sujet.", constats=[ConstatFactory(demarche=mure)])
    AxeFactory(demarche=mure)
    FicheFactory(demarche=mure, axe=sous)
    FicheFactory(demarche=mure).enjeux.add(second)
    FicheFactory(demarche=mure, ecartee=True)
    assert decrire(de_l_export(exporter(mure))) == decrire(fil_de_la_base(mure))


def test_une_fiche_sert_les_enjeux_de_son_axe_de_son_parent_ou_de_ses_sous_axes(mure):
    racine, enjeu = mure.axes.get(), mure.enjeux.get()
    sous = AxeFactory(demarche=mure, parent=racine, ordre=1)
    du_sous_axe = FicheFactory(demarche=mure, axe=sous)
    autre = EnjeuFactory(demarche=mure, retenu=True, constats=list(mure.constats.all()))
    du_sous_axe.enjeux.add(autre)
    fil = fil_de_la_base(mure)
    par_numero = {m.numero: m for m in fil.fiches}
    assert [str(e) for e in fil.enjeux_de_la_fiche(par_numero["2"])] == [str(autre), str(enjeu)]
    racine.enjeux.clear()
    sous.enjeux.add(enjeu)
    fil = fil_de_la_base(mure)
    assert [str(e) for e in fil.enjeux_par_l_axe(fil.fiches[0])] == [str(enjeu)]


def test_on_n_attend_un_lien_qu_une_fois_commence_ce_qu_il_relie(mure):
    FicheAction.objects.all().delete()
    assert orphelins(fil_de_la_base(mure)) == []  # un axe sans fiche, mais aucune fiche encore
    mure.axes.get().delete()
    assert orphelins(fil_de_la_base(mure)) == []
    Vote.objects.all().delete()
    mure.enjeux.get().delete()
    assert orphelins(fil_de_la_base(mure)) == []


def test_un_constat_dont_l_enjeu_est_ecarte_a_servi(mure):
    constat = ConstatFactory(demarche=mure)
    assert [o.maillon.genre for o in orphelins(fil_de_la_base(mure))] == [Genre.CONSTAT]
    EnjeuFactory(demarche=mure, etat="ecarte", motif="Hors sujet.", constats=[constat])
    assert orphelins(fil_de_la_base(mure)) == []


def test_un_jalon_renvoye_ne_valide_rien(mure):
    Jalon.objects.filter(demarche=mure, code="enjeux").update(etat=EtatJalon.RENVOYE)
    for fil in (fil_de_la_base(mure), de_l_export(exporter(mure))):
        assert set(fil.validations) == {Genre.CONSTAT, Genre.AXE}


def test_l_orphelin_mene_la_ou_il_se_repare(client, mure):
    mure.enjeux.get().constats.clear()
    FicheFactory(demarche=mure, titre="Seule")
    adresses = {o.phrase: adresse for o, adresse, *_ in page(client, mure).context["orphelins"]}
    sans_axe = next(a for p, a in adresses.items() if "rattachée à aucun axe" in p)
    assert 'name="axe"' in client.get(sans_axe).content.decode()
    # au plan, l'enjeu est clos : on le lit, et l'on apprend comment le rouvrir
    sans_constat = next(a for p, a in adresses.items() if "ne suit d’aucun constat" in p)
    assert sans_constat == reverse("enjeux", args=[mure.uuid])
    assert "Rouvrez le jalon" in page(client, mure).content.decode()
    mettre_a(mure, Etape.ENJEUX)
    adresses = {o.phrase: adresse for o, adresse, *_ in page(client, mure).context["orphelins"]}
    sans_constat = next(a for p, a in adresses.items() if "ne suit d’aucun constat" in p)
    assert 'name="constats"' in client.get(sans_constat).content.decode()
    assert all(client.get(adresse).status_code == 200 for adresse in adresses.values())


def test_le_filtre_ne_garde_que_les_chaines_rompues(client, mure):
    FicheFactory(demarche=mure, titre="Seule au monde")
    complete = mure.fiches.order_by("numero").first().titre
    texte = page(client, mure, "orphelins").content.decode()
    assert "2. Seule au monde</a>" in texte
    assert f"1. {complete}</a>" not in texte
    assert f"1. {complete}</a>" in page(client, mure).content.decode()


def test_depuis_les_constats(client, mure):
    texte = page(client, mure, "constats").content.decode()
    fiche = mure.fiches.get()
    assert texte.count(f">Fiche {fiche}</a>") == mure.constats.count()
    assert page(client, mure, "inconnue").context["vue"] == "fiches"


def test_un_partenaire_ne_lit_pas_le_brouillon_d_une_autre(client, mure):
    FicheFactory(demarche=mure, titre="Brouillon secret")
    compte = UtilisateurFactory(password=None, structure=StructureFactory())
    MandatFactory(demarche=mure, utilisateur=compte, role=Role.PARTENAIRE)
    client.force_login(compte)
    for vue in ("fiches", "constats", "orphelins"):
        assert "Brouillon secret" not in page(client, mure, vue).content.decode()


def test_la_page_tient_en_dix_requetes_et_n_en_fait_pas_plus_pour_plus_de_lignes(
    client, mure, compter_requetes
):
    def peupler(nombre):
        for _ in range(nombre):
            constats = [ConstatFactory(demarche=mure) for _ in range(3)]
            enjeu = EnjeuFactory(demarche=mure, retenu=True, constats=constats)
            axe = AxeFactory(demarche=mure, enjeux=[enjeu])
            AxeFactory(demarche=mure, parent=axe)
            fiche = FicheFactory(demarche=mure, axe=axe, retenue=True, decision=mure.jalons.first().decision)
            fiche.enjeux.add(enjeu)

    peupler(3)
    adresse = reverse("fil_d_or", args=[mure.uuid])
    avant = compter_requetes(adresse)
    peupler(12)
    assert compter_requetes(adresse) == avant <= 10
