"""Une demande renvoyée « à modifier » revient, même après la clôture : sa place, sa date, son plafond."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from feuille_de_route.argent import enveloppes, subventions
from feuille_de_route.argent.subventions import Suite
from feuille_de_route.forms.subventions import FormulaireDemandeModifiee
from feuille_de_route.models import DemandeSubvention, Enveloppe
from gouvernance.models import Courriel, Etape
from tests.feuille_de_route.fabriques import DemandeFactory, FicheFactory, FinancementFactory, PlafondFactory
from tests.feuille_de_route.saisies import envoi
from tests.gouvernance.fabriques import MembreFactory, StructureFactory, UtilisateurFactory
from tests.robustesse.scene import mettre_a

MOTIF = "Séparez le poste de la prestation."


@pytest.fixture
def plafond(demarche):
    return PlafondFactory(departement=demarche.departement, montant=12_000)


@pytest.fixture
def renvoyee(demarche, plafond, gens):
    """Déposée à temps pour 5 000 €, renvoyée ; puis l'enveloppe s'est close."""
    demande = DemandeFactory(fiche__demarche=demarche, enveloppe=plafond.enveloppe)
    MembreFactory(gouvernance=demarche.gouvernance, structure=demande.beneficiaire)
    subventions.effectuer("deposer", demande.pk, par=gens["coordination"])
    subventions.effectuer("instruire", demande.pk, par=gens["administration"])
    suite = Suite(motif=MOTIF)
    subventions.effectuer("renvoyer", demande.pk, par=gens["administration"], suite=suite)
    depot = timezone.now() - timedelta(days=40)
    DemandeSubvention.objects.filter(pk=demande.pk).update(deposee_le=depot)
    clore(plafond.enveloppe)
    demande.refresh_from_db()
    return demande


def clore(enveloppe):
    Enveloppe.objects.filter(pk=enveloppe.pk).update(close_le="2020-01-31")


def url(nom, demande, *suite):
    return reverse(nom, args=[demande.demarche.uuid, demande.uuid, *suite])


def test_deposee_a_temps_elle_revient_apres_la_cloture_sous_le_plafond(client, renvoyee, gens, plafond):
    """Elle garde sa date de dépôt et sa part ; le plafond la tient encore, et l'instruction reprend."""
    client.force_login(gens["coordination"])
    depot = renvoyee.deposee_le
    assert (
        "close depuis le 31 janvier 2020"
        in client.get(reverse("subventions", args=[renvoyee.demarche.uuid])).content.decode()
    )
    page = url("subvention_modifier", renvoyee)
    ouverte = client.get(page)
    assert MOTIF in ouverte.content.decode()
    assert "y revient avec sa fiche, son enveloppe et son bénéficiaire" in ouverte.content.decode()
    saisie = envoi(ouverte.context["formulaire"], budget="20 000", deposer="1")
    trop = client.post(page, saisie | {"montant_prestation": "12 000"})
    assert trop.status_code == 422
    assert "Il reste 12\u202f000" in trop.context["formulaire"].errors["montant_prestation"][0]
    suite = client.post(page, saisie | {"montant_prestation": "6 999,50"}, follow=True).content.decode()
    assert "La demande est déposée" in suite
    renvoyee.refresh_from_db()
    assert (renvoyee.etat, renvoyee.deposee_le) == ("deposee", depot)
    assert renvoyee.montant == enveloppes.engage(plafond) <= plafond.montant
    client.force_login(gens["administration"])
    assert MOTIF in client.get(url("subvention", renvoyee)).content.decode()  # ce qu'elle avait demandé
    client.post(url("subvention_agir", renvoyee, "instruire"))
    accepter = url("subvention_decider", renvoyee, "accepter")
    client.post(accepter, envoi(client.get(accepter).context["formulaire"], accorde="5 000"))
    renvoyee.refresh_from_db()
    assert (renvoyee.etat, renvoyee.accorde) == ("acceptee", 5_000)


def test_un_bouton_suffit_a_la_redeposer_telle_quelle(client, renvoyee, gens):
    client.force_login(gens["coordination"])
    client.post(url("subvention_agir", renvoyee, "deposer"))
    renvoyee.refresh_from_db()
    assert renvoyee.etat == "deposee"


def test_un_brouillon_ne_se_depose_toujours_pas_apres_la_cloture(client, demarche, gens, plafond):
    demande = DemandeFactory(fiche__demarche=demarche, enveloppe=plafond.enveloppe)
    clore(plafond.enveloppe)
    client.force_login(gens["coordination"])
    client.post(url("subvention_agir", demande, "deposer"))
    demande.refresh_from_db()
    assert demande.etat == "brouillon"


@pytest.mark.parametrize("champ", ["enveloppe", "fiche", "beneficiaire"])
def test_sur_une_enveloppe_close_rien_ne_se_presente_de_neuf(client, demarche, gens, renvoyee, champ):
    """Ni par la page, qui ne les laisse plus changer, ni par une page ouverte avant la clôture."""
    autre = {
        "enveloppe": PlafondFactory(departement=demarche.departement, enveloppe__nom="Autre").enveloppe,
        "fiche": FicheFactory(demarche=demarche, proposee=True),
        "beneficiaire": StructureFactory(nom="Une autre"),
    }[champ]
    if champ == "beneficiaire":
        MembreFactory(gouvernance=demarche.gouvernance, structure=autre)
    client.force_login(gens["coordination"])
    page = url("subvention_modifier", renvoyee)
    formulaire = client.get(page).context["formulaire"]
    assert formulaire.fields[champ].disabled
    avant = getattr(renvoyee, f"{champ}_id")
    assert client.post(page, envoi(formulaire, **{champ: autre.pk, "objet": "Mieux dit"})).status_code == 302
    renvoyee.refresh_from_db()
    assert (getattr(renvoyee, f"{champ}_id"), renvoyee.objet) == (avant, "Mieux dit")
    Enveloppe.objects.update(close_le=None)
    parts = enveloppes.parts(departement=demarche.departement.pk)
    saisie = envoi(client.get(page).context["formulaire"], **{champ: autre.pk})
    ouvert = FormulaireDemandeModifiee(saisie, instance=renvoyee, demarche=demarche, parts=parts)
    assert ouvert.is_valid()
    clore(renvoyee.enveloppe if champ != "enveloppe" else autre)
    ouvert.instance.enveloppe.refresh_from_db()
    with pytest.raises(ValidationError) as refus:
        subventions.enregistrer(ouvert, par=gens["coordination"], demarche=demarche)
    assert list(refus.value.message_dict) == [champ]
    assert "déposée à temps" in str(refus.value)


def test_jamais_reprise_elle_se_refuse_et_rend_sa_part(client, renvoyee, gens, plafond):
    client.force_login(gens["administration"])
    assert renvoyee in client.get(reverse("enveloppes")).context["a_decider"]
    refuser = url("subvention_decider", renvoyee, "refuser")
    saisie = envoi(client.get(refuser).context["formulaire"], motif="Sans nouvelles depuis six mois.")
    assert client.post(refuser, saisie).status_code == 302
    assert enveloppes.engage(plafond) == Decimal(0)
    assert not client.get(reverse("enveloppes")).context["a_decider"]


@pytest.mark.parametrize("etape", [Etape.ABANDONNEE, Etape.CLOSE])
@pytest.mark.parametrize("etat", ["deposee", "en_cours", "a_modifier"])
def test_une_demarche_finie_ne_retient_pas_le_plafond_sans_fin(client, renvoyee, gens, plafond, etape, etat):
    """Ce qui y attend encore s'instruit et se refuse, et rien d'autre ; la fiche, elle, ne change plus."""
    esperee = FinancementFactory(fiche=renvoyee.fiche, dispositif=plafond.enveloppe.nom, etat="sollicite")
    DemandeSubvention.objects.filter(pk=renvoyee.pk).update(etat=etat)
    mettre_a(renvoyee.demarche, etape)
    client.force_login(gens["administration"])
    if etat == "deposee":
        client.post(url("subvention_agir", renvoyee, "instruire"))
    assert {acte["nom"] for acte in client.get(url("subvention", renvoyee)).context["actes"]} == {"refuser"}
    for acte, saisi in (("renvoyer", {"motif": "À revoir."}), ("accepter", {"accorde": "100"})):
        page = url("subvention_decider", renvoyee, acte)
        assert client.post(page, envoi(client.get(page).context["formulaire"], **saisi)).status_code == 422
    refuser = url("subvention_decider", renvoyee, "refuser")
    saisie = envoi(client.get(refuser).context["formulaire"], motif="La démarche est finie.")
    assert client.post(refuser, saisie).status_code == 302
    assert enveloppes.engage(plafond) == Decimal(0)
    esperee.refresh_from_db()
    assert esperee.etat == "sollicite"


def test_ceux_qui_pilotent_apprennent_la_reponse_par_courriel(renvoyee, gens):
    lettres = Courriel.objects.filter(genre="subvention")
    attendus = {gens["coordination"].email, gens["co_porteur"].email}
    assert {lettre.destinataire for lettre in lettres.all()} == attendus
    assert all(
        MOTIF in lettre.corps and url("subvention", renvoyee) in lettre.corps for lettre in lettres.all()
    )
    subventions.effectuer("deposer", renvoyee.pk, par=gens["coordination"])
    assert lettres.all().count() == 2  # un dépôt n'écrit pas à ceux qui pilotent
    subventions.effectuer("instruire", renvoyee.pk, par=gens["administration"])
    accord = Suite(accorde=Decimal("4000.50"))
    subventions.effectuer("accepter", renvoyee.pk, par=gens["administration"], suite=accord)
    assert "Accordé : 4\u202f000,50\u00a0€" in lettres.latest("pk").corps
    assert lettres.all().count() == 4


def test_ceux_qui_instruisent_apprennent_chaque_depot_une_fois(renvoyee, gens, client):
    """À l'administration nationale, pas à l'administration du site ni à un compte désactivé."""
    UtilisateurFactory(admin=True, password=None)
    UtilisateurFactory(anct=True, is_active=False, password=None)
    lettres = Courriel.objects.filter(genre="subvention-deposee")
    premiere = lettres.get()
    assert premiere.destinataire == gens["administration"].email
    assert premiere.sujet == f"Demande de subvention à instruire : {renvoyee.beneficiaire}, 5 000 €"
    for dit in (
        f"{gens['coordination']} a déposé la demande", str(renvoyee.enveloppe), renvoyee.fiche.titre,
        renvoyee.demarche.nom, settings.ADRESSE_PUBLIQUE + url("subvention", renvoyee),
    ):  # fmt: skip
        assert dit in premiere.corps
    client.force_login(gens["coordination"])
    for _ in range(2):
        client.post(url("subvention_agir", renvoyee, "deposer"))
    assert lettres.count() == 2
    assert "déposé de nouveau" in lettres.latest("pk").corps
    assert lettres.latest("pk").sujet.startswith("Demande de subvention de nouveau à instruire")
    client.force_login(gens["administration"])
    assert client.get(url("subvention", renvoyee)).status_code == 200  # là où mène le lien


def test_un_depot_refuse_n_ecrit_a_personne(demarche, plafond, gens):
    demande = DemandeFactory(fiche__demarche=demarche, enveloppe=plafond.enveloppe)
    clore(plafond.enveloppe)
    with pytest.raises(ValidationError):
        subventions.effectuer("deposer", demande.pk, par=gens["coordination"])
    assert not Courriel.objects.exists()
