"""La bibliothèque : rien de non signé, rien des personnes ; chercher, filtrer, lire, s'en inspirer."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from feuille_de_route.echelles import bibliotheque
from feuille_de_route.echelles.personnes import sans_personnes
from feuille_de_route.models import EtatFiche, FicheAction, OrigineFiche, Public, Service
from feuille_de_route.plan_d_actions import recherche
from gouvernance.models import Demarche, Etape, Evenement, Role
from gouvernance.permissions import DROITS
from tests.feuille_de_route.fabriques import (
    EtapeFicheFactory,
    FicheFactory,
    IndicateurFactory,
    LigneBudgetFactory,
)
from tests.gouvernance.fabriques import DemarcheFactory, MandatFactory, PersonneFactory, StructureFactory
from tests.robustesse.scene import mettre_a

pytestmark = pytest.mark.django_db
CANARI = "Jonquille-Secrete"


def signee(code="33", **options):
    demarche = DemarcheFactory(
        gouvernance__departement__code=code, nom=f"Feuille de route du {code}", **options
    )
    mettre_a(demarche, Etape.SIGNEE)
    return demarche


@pytest.fixture
def ailleurs(db):
    return signee()


@pytest.fixture
def source(ailleurs):
    """Une fiche signée, pleine de gens."""
    elue = PersonneFactory(
        structure=StructureFactory(), gouvernance=ailleurs.gouvernance, prenom="Odile", nom="Marchand"
    )
    fiche = FicheFactory(
        demarche=ailleurs, retenue=True, titre="Un bus du numérique avec Odile Marchand",
        objectifs="Aller vers les habitants. Écrire à bus@mairie.example ou au 05 56 01 02 03.",
        description="Jeanne Martin conduit le bus, deux médiateurs l’accompagnent.",
        pilote="Jeanne Martin, chargée de mission", elu_referent=elue, publics=[Public.SENIORS],
        services=[Service.DEMARCHES], structure_porteuse=StructureFactory(nom="Médiathèque de Blaye"),
    )  # fmt: skip
    EtapeFicheFactory(fiche=fiche, libelle="Recruter avec Jeanne Martin")
    IndicateurFactory(fiche=fiche, libelle="Personnes vues")
    LigneBudgetFactory(fiche=fiche, montant=12000)
    return fiche


GENS = ("Marchand", "Jeanne", "bus@mairie", "05 56")


@pytest.fixture
def moi(client, demarche, gens):
    client.force_login(gens["coordination"])
    return gens["coordination"]


def page(client, demarche, **filtres):
    return client.get(reverse("bibliotheque", args=[demarche.uuid]), filtres)


def titres(reponse):
    return [ligne["titre"] for ligne in reponse.context["fiches"]]


def lire(client, demarche, fiche):
    return client.get(reverse("bibliotheque_fiche", args=[demarche.uuid, fiche.uuid]))


def reprendre(client, demarche, fiche, jeton=None):
    adresse = reverse("bibliotheque_reprendre", args=[demarche.uuid, fiche.uuid])
    return client.post(adresse, {"jeton": jeton or uuid4()})


def test_une_fiche_signee_se_trouve_et_se_lit_sans_personne(client, demarche, moi, source):
    liste = page(client, demarche)
    assert titres(liste) == ["Un bus du numérique avec [nom retiré]"]
    fiche = lire(client, demarche, source)
    for dit in (liste.content.decode(), fiche.content.decode()):
        assert not [mot for mot in GENS if mot in dit]
        assert "Médiathèque de Blaye" in dit
    assert "[adresse retirée]" in fiche.content.decode()
    assert "12\u202f000\u00a0€" in fiche.content.decode()
    assert "signée le" in fiche.content.decode()


@pytest.mark.parametrize("etape", [e for e in Etape if e.rang < Etape.SIGNEE.rang])
def test_rien_de_non_signe_ne_parait(client, demarche, moi, etape):
    canari = DemarcheFactory(gouvernance__departement__code="47", nom=f"{CANARI} {etape}")
    fiche = FicheFactory(demarche=canari, retenue=True, titre=CANARI, objectifs=CANARI)
    mettre_a(canari, etape)
    _rien(client, demarche, fiche)


def _rien(client, demarche, fiche):
    for filtres in ({}, {"q": CANARI}, {"departement": fiche.demarche.departement.pk}, {"page": "9"}):
        assert CANARI not in page(client, demarche, **filtres).content.decode().replace(
            f'value="{CANARI}"', ""
        )
    assert lire(client, demarche, fiche).status_code == 404
    assert reprendre(client, demarche, fiche).status_code == 404
    assert not demarche.fiches.exists()


@pytest.mark.parametrize("etape", [Etape.TRANSMISE, Etape.MISE_EN_OEUVRE])
def test_une_transmission_sans_signature_complete_ne_parait_pas(client, demarche, moi, etape):
    canari = signee("47")
    Demarche.objects.filter(pk=canari.pk).update(
        etape=etape, signee_le=None, transmise_le=timezone.now(), nom=CANARI
    )
    _rien(client, demarche, FicheFactory(demarche=canari, retenue=True, titre=CANARI))


@pytest.mark.parametrize("etat", [e for e in EtatFiche if e != EtatFiche.RETENUE])
def test_une_fiche_non_retenue_ne_parait_pas(client, demarche, moi, ailleurs, etat):
    traits = {"motif": "Trop chère."} if etat in {"ecartee", "a_completer"} else {}
    fiche = FicheFactory(
        demarche=ailleurs, titre=CANARI, objectifs=CANARI, etat=etat, proposee_le=timezone.now(), **traits
    )
    _rien(client, demarche, fiche)


@pytest.mark.parametrize("datee", [False, True])
def test_un_avenant_la_retire_le_temps_d_etre_signe(client, demarche, moi, source, datee):
    """Même si la date de la première signature était restée."""
    champs = {} if datee else {"signee_le": None}
    Demarche.objects.filter(pk=source.demarche_id).update(
        etape=Etape.PLAN_ACTIONS, soumise_le=None, validee_le=None, **champs
    )
    assert titres(page(client, demarche)) == []
    assert lire(client, demarche, source).status_code == 404


def test_ses_propres_fiches_n_y_sont_pas(client, source):
    compte = MandatFactory(demarche=source.demarche, role=Role.LECTURE).utilisateur
    client.force_login(compte)
    assert titres(page(client, source.demarche)) == []
    assert lire(client, source.demarche, source).status_code == 404


def test_chercher_comprend_les_pluriels_et_les_accents_mais_ni_pilote_ni_rien_d_autre(
    client, demarche, moi, source, ailleurs
):
    autre = FicheFactory(demarche=ailleurs, retenue=True, titre="Recycler les ordinateurs")
    FicheFactory(demarche=ailleurs, retenue=True, titre="Chargée de rien", objectifs="Chargée d’autre chose.")
    trouve = {
        "mediateurs": [source], "habitant": [source], "ordinateur": [autre], "zzz": [],
        "Jeanne Martin": [source],  # la description la nomme : le texte signé reste cherché…
        "chargée": ["Chargée de rien"],  # … mais la fonction du pilote, non
        "chargée de mission": [],
    }  # fmt: skip
    for mots, attendus in trouve.items():
        vus = [ligne["fiche"] for ligne in page(client, demarche, q=mots).context["fiches"]]
        assert [f.titre for f in vus] == [getattr(a, "titre", a) for a in attendus], mots
    FicheAction.objects.filter(pk=source.pk).update(description="Un bus.", pilote="Jeanne Martin")
    assert titres(page(client, demarche, q="Jeanne Martin")) == []
    assert titres(page(client, demarche, q="bus Jeanne")) == []
    assert recherche.requete_de("Jeanne Martin") is not None


def test_le_titre_compte_plus_que_le_reste(client, demarche, moi, ailleurs):
    FicheFactory(demarche=ailleurs, retenue=True, titre="Autre chose", description="Un bus passe.")
    FicheFactory(demarche=ailleurs, retenue=True, titre="Un bus pour tous")
    assert titres(page(client, demarche, q="bus")) == ["Un bus pour tous", "Autre chose"]


def test_les_filtres_se_combinent_et_restent_dans_l_adresse(client, demarche, moi, source):
    loin = signee("47")
    FicheFactory(demarche=loin, retenue=True, titre="Pour tous", publics=[Public.TOUS])
    FicheFactory(demarche=loin, retenue=True, titre="Pour les jeunes", publics=[Public.JEUNES])
    bus = "Un bus du numérique avec [nom retiré]"
    assert set(titres(page(client, demarche, public="seniors"))) == {bus, "Pour tous"}
    assert titres(page(client, demarche, public="seniors", departement="33")) == [bus]
    assert titres(page(client, demarche, service="demarches")) == [bus]
    assert titres(page(client, demarche, service="demarches", departement="47")) == []
    assert len(titres(page(client, demarche, public="x", service="y", departement="2A"))) == 3
    choix = page(client, demarche).context["filtre"].fields["departement"].queryset
    assert [d.pk for d in choix] == ["33", "47"]


def test_vingt_par_page(client, demarche, moi, ailleurs):
    for _ in range(21):
        FicheFactory(demarche=ailleurs, retenue=True, publics=[Public.JEUNES])
    premiere = page(client, demarche, public="jeunes")
    assert len(titres(premiere)) == 20
    assert "?public=jeunes&amp;page=2" in premiere.content.decode()
    assert len(titres(page(client, demarche, public="jeunes", page=2))) == 1


def test_s_en_inspirer_ouvre_un_brouillon_qui_cite_sa_source(client, demarche, moi, source):
    jeton = uuid4()
    reponse = reprendre(client, demarche, source, jeton)
    assert reponse.url == reverse("fiche", args=[demarche.uuid, jeton])
    neuve = demarche.fiches.get()
    assert (neuve.etat, neuve.origine, neuve.reprise_de) == ("brouillon", OrigineFiche.BIBLIOTHEQUE, source)
    le = timezone.localtime(source.demarche.signee_le)
    nom = source.demarche.departement.nom
    assert (
        neuve.source
        == f"Fiche n° 1, « Feuille de route du 33 » ({nom}, 33), signée le {date_format(le, 'j F Y')}"
    )
    assert neuve.titre == "Un bus du numérique avec [nom retiré]"
    assert "Aller vers les habitants" in neuve.objectifs
    assert (neuve.publics, neuve.services) == (source.publics, source.services)
    assert (neuve.pilote, neuve.elu_referent, neuve.structure_porteuse, neuve.debut) == ("", None, None, None)
    assert neuve.etapes.get().libelle == "Recruter avec [nom retiré]"
    assert neuve.indicateurs.get().libelle == "Personnes vues"
    textes = [str(v) for v in FicheAction.objects.filter(pk=neuve.pk).values_list()[0]]
    journal = [f"{e.objet} {e.de} {e.vers}" for e in Evenement.objects.filter(demarche=demarche)]
    assert not [mot for mot in GENS for dit in [*textes, *journal] if mot in dit]
    assert reprendre(client, demarche, source, jeton).url == reponse.url  # le second clic y mène aussi
    assert demarche.fiches.count() == 1


@pytest.mark.parametrize("role", [*Role.values, "administration", "dehors"])
def test_qui_lit_et_qui_s_en_inspire(client, demarche, gens, source, role):
    client.force_login(gens[role])
    attendu = 404 if role == "dehors" else 200
    assert page(client, demarche).status_code == lire(client, demarche, source).status_code == attendu
    permis = role in DROITS["creer_fiche"].roles
    assert reprendre(client, demarche, source).status_code == (
        404 if role == "dehors" else 302 if permis else 403
    )
    assert demarche.fiches.exists() is permis


def test_hors_du_plan_d_actions_on_lit_sans_reprendre(client, demarche, moi, source):
    mettre_a(demarche, Etape.SOUMISE)
    assert "Ce bouton est inactif" in lire(client, demarche, source).content.decode()
    reprendre(client, demarche, source)
    assert not demarche.fiches.exists()


def test_dix_requetes_au_plus_quel_que_soit_le_nombre(client, demarche, moi, source, compter_requetes):
    liste = reverse("bibliotheque", args=[demarche.uuid]) + "?q=numérique&public=seniors"
    une = reverse("bibliotheque_fiche", args=[demarche.uuid, source.uuid])
    avant = compter_requetes(liste), compter_requetes(une)
    for code in ("47", "64", "40"):
        for _ in range(4):
            FicheFactory(
                demarche=signee(code, groupement=True), retenue=True, titre="Numérique",
                publics=[Public.SENIORS], structure_porteuse=StructureFactory(),
            )  # fmt: skip
    for _ in range(5):
        EtapeFicheFactory(fiche=source)
        IndicateurFactory(fiche=source)
    apres = compter_requetes(liste), compter_requetes(une)
    assert apres == avant
    assert max(apres) <= 10


@pytest.mark.parametrize(
    ("texte", "reste"),
    [
        ("Écrire à jean.dupont@ville.fr.", "Écrire à [adresse retirée]."),
        ("Tél. 06.12.34.56.78 le matin", "Tél. [téléphone retiré] le matin"),
        ("+33 6 12 34 56 78", "[téléphone retiré]"),
        ("En 2026, 0123 habitants et 12 000 €", "En 2026, 0123 habitants et 12 000 €"),
        ("JEANNE MARTIN et Jeanne Martinez", "[nom retiré] et Jeanne Martinez"),
    ],
)
def test_ce_qui_designe_une_personne_est_ote(texte, reste):
    assert sans_personnes(texte, ["Jeanne Martin"]) == reste


def test_la_regle_ne_se_fie_pas_a_la_page(demarche, gens, ailleurs):
    brouillon = FicheFactory(demarche=ailleurs)
    with pytest.raises(bibliotheque.ValidationError, match="n’est pas, ou plus"):
        bibliotheque.s_inspirer(brouillon.pk, demarche, par=gens["coordination"])
