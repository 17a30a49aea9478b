"""Rien de B ne paraît dans ce que A produit, et la note privée ne sort pas de l'équipe de la préfecture.

Les pages de chaque rôle sont parcourues par test_adresses ; ici, les formats : PDF, Word, rendez-vous, JSON,
courriels, pages publiques, administration.
"""

import io
import subprocess
import zipfile

import pytest
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from feuille_de_route import papiers
from feuille_de_route.dialogue import mentions
from feuille_de_route.documents import demandes
from feuille_de_route.documents import production as documents
from feuille_de_route.documents.papiers import production
from feuille_de_route.echange.canonique import canonique
from feuille_de_route.echange.exporter import exporter
from feuille_de_route.models import Document, NaturePapier, Papier
from gouvernance import courriels
from gouvernance.acteurs import membres
from gouvernance.arrivees import invitations
from gouvernance.cadre import adhesions
from gouvernance.models import (
    Courriel,
    Etape,
    Evenement,
    Gouvernance,
    Invitation,
    Personne,
    PieceDeCourriel,
    Role,
    Seance,
)
from gouvernance.reunions import convocations
from gouvernance.socle import coffre
from tests.gouvernance.fabriques import (
    MandatFactory,
    PersonneFactory,
    PointFactory,
    SeanceFactory,
    StructureFactory,
    UtilisateurFactory,
)
from tests.robustesse.matrice import ACTES, FORMULAIRES, PAGES, ROLES
from tests.robustesse.scene import CANARI, adresse, adresses, mettre_a
from tests.robustesse.test_adresses import DES_DEMARCHES, texte, visite  # noqa: F401 — un témoin d'essai

NOTE = "Pivoine-Confidentielle"
HORS_ETAT = "coordination_departementale"  # coordonne sans être de la préfecture
EQUIPE = {("coordination", "gouvernance"), ("coordination", "note_privee")}


@pytest.fixture
def deux(db, lieux, settings):
    """A et B, la note de A marquée ; ce que l'essai écrit est défait."""
    settings.MEDIA_ROOT = lieux[0].coffre
    with transaction.atomic():
        for lieu in lieux:
            Gouvernance.objects.filter(pk=lieu.demarche.gouvernance_id).update(note_privee=NOTE)
        hors_etat = UtilisateurFactory(password=None, structure=StructureFactory(college__code="departement"))
        lieux[0].gens[HORS_ETAT] = MandatFactory(
            demarche=lieux[0].demarche, utilisateur=hors_etat
        ).utilisateur
        yield lieux
        transaction.set_rollback(True)


def lu(octets: bytes, format_: str) -> str:
    """Le texte d'un fichier, et ses parties jointes ou cachées."""
    if format_ == "docx":
        with zipfile.ZipFile(io.BytesIO(octets)) as archive:
            return "".join(archive.read(nom).decode("utf-8", "replace") for nom in archive.namelist())
    sortie = subprocess.run(["pdftotext", "-", "-"], input=octets, capture_output=True, check=True)
    return " ".join(sortie.stdout.decode().split())


def papiers_de(lieu) -> dict[str, str]:
    """Chaque papier possible, fait par la fonction du travailleur."""
    seance, faits = Seance.objects.get(uuid=lieu.ids["seance"]), {}
    seuls = {NaturePapier.CAHIER: {}, NaturePapier.BILAN: {"annee": timezone.localdate().year}}
    with transaction.atomic():  # la revue et le bilan attendent une feuille de route signée
        lieu.demarche.fiches.update(etat="retenue", retenue_le=timezone.now())
        mettre_a(lieu.demarche, Etape.SIGNEE)
        for nature, modele in papiers.MODELES.items():
            for format_ in modele.formats:
                ou = seuls.get(nature, {"seance": seance})
                papier = papiers.demander(nature, format_, demarche=lieu.demarche, par=None, **ou)
                production.produire(papier.pk)
                papier = Papier.objects.get(pk=papier.pk)
                faits[f"{nature}.{format_}"] = lu(coffre.lire(papier.empreinte, format_), format_)
        transaction.set_rollback(True)
    lieu.demarche.refresh_from_db()
    return faits


def courriels_de(lieu) -> str:
    """Convoquer, relancer, inviter : ce qui part, pièces comprises."""
    demarche = lieu.demarche
    coordination = lieu.gens["coordination"]
    carnet = Personne.objects.filter(gouvernance=demarche.gouvernance_id)
    carnet.update(email=f"elue{demarche.pk}@essais.example")
    PersonneFactory(gouvernance=demarche.gouvernance, structure=lieu.autre, email="absente@essais.example")
    seance = SeanceFactory(instance=demarche.instances.get(), debut="2099-03-03T10:00+01:00")
    PointFactory(seance=seance)
    convocations.convoquer(seance.pk, par=coordination)
    adhesions.relancer(demarche, par=coordination)
    invitee = Invitation(demarche=demarche, email="invitee@essais.example", role=Role.LECTURE)
    invitations.inviter(invitee, par=coordination)
    mentions.prevenir()
    partis = Courriel.objects.filter(demarche=demarche)
    pieces = PieceDeCourriel.objects.filter(courriel__in=partis).values_list("nom", "contenu")
    textes = [f"{c.sujet} {c.corps}" for c in partis]
    assert len(textes) >= 3
    assert pieces
    assert {c.genre for c in partis} >= {"convocation", "invitation", adhesions.GENRE, mentions.GENRE}
    assert courriels.envoyer(partis.first().pk)
    return "\n".join([*textes, *(f"{nom} {contenu}" for nom, contenu in pieces)])


def test_aucun_papier_de_a_ne_porte_b_ni_la_note(deux):
    a, b = deux
    for quoi, dit in papiers_de(a).items():
        assert len(dit) > 200, quoi
        assert CANARI.lower() not in dit.lower(), quoi
        assert NOTE not in dit, quoi
    de_b = papiers_de(b)
    assert all(CANARI in dit and NOTE not in dit for dit in de_b.values()), "le canari chante chez lui"


def test_le_document_et_le_json_de_a_ne_portent_ni_b_ni_la_note(deux):
    for lieu, chante in zip(deux, (False, True), strict=True):
        document = demandes.editer_projet(lieu.demarche, par=None)
        documents.produire(document.pk)
        document = Document.objects.get(pk=document.pk)
        assert document.empreinte, document.erreur
        dit = lu(coffre.lire(document.empreinte), "pdf") + canonique(
            exporter(lieu.demarche, seulement_retenues=False)
        )
        assert (CANARI in dit) == chante
        assert NOTE not in dit


def test_les_courriels_de_a_ne_portent_ni_b_ni_la_note(deux):
    for lieu, chante in zip(deux, (False, True), strict=True):
        dit = courriels_de(lieu)
        assert (CANARI in dit) == chante
        assert NOTE not in dit


@pytest.mark.parametrize("role", [*ROLES, HORS_ETAT, "etranger", "anonyme"])
def test_la_note_privee_n_est_lue_que_de_l_equipe_de_la_prefecture(role, deux, visite):  # noqa: F811
    a, _ = deux
    lues = {
        nom
        for nom in [*DES_DEMARCHES, "accueil"]
        if nom not in ACTES and NOTE in texte(visite(role, "get", adresse(nom, a.ids)))
    }
    assert lues == {nom for qui, nom in EQUIPE if qui == role}


def test_la_note_privee_ne_passe_ni_par_un_refus_ni_par_le_journal(deux, client):
    """Écrite, puis renvoyée fautive, en conflit : le journal n'en garde pas un mot."""
    a, _ = deux
    client.force_login(a.gens["coordination"])
    chemin = adresse("note_privee", a.ids)
    version = Gouvernance.objects.get(pk=a.demarche.gouvernance_id).version
    client.post(chemin, {"note_privee": f"{NOTE} bis", "version": version})
    client.post(chemin, {"note_privee": f"{NOTE} ter", "version": version})
    assert Gouvernance.objects.get(pk=a.demarche.gouvernance_id).note_privee == f"{NOTE} bis"
    for champ in ("de", "vers", "objet", "action"):
        assert not Evenement.objects.filter(**{f"{champ}__contains": NOTE[:7]}).exists()


def test_la_regle_de_la_note_ne_se_fie_pas_a_la_page(deux):
    """Appelée d'ailleurs que de sa page, la règle refuse encore."""
    a, _ = deux
    for qui in ("co_porteur", HORS_ETAT, "superutilisateur"):
        with pytest.raises(PermissionDenied):
            membres.rediger_note_privee(None, par=a.gens[qui], demarche=a.demarche)


def test_l_administration_du_site_ne_montre_pas_la_note(deux, client):
    a, _ = deux
    client.force_login(a.gens["superutilisateur"])
    for modele in admin.site._registry:
        nom = f"admin:{modele._meta.app_label}_{modele._meta.model_name}"
        assert NOTE not in client.get(reverse(f"{nom}_changelist")).content.decode(), nom
    trouvees = client.get(reverse("admin:gouvernance_gouvernance_changelist"), {"q": NOTE})
    assert trouvees.context["cl"].result_count == 0
    page = reverse("admin:gouvernance_gouvernance_change", args=[a.demarche.gouvernance_id])
    assert NOTE not in client.get(page).content.decode()


def test_les_pages_publiques_ne_disent_que_le_nom_de_la_demarche(deux, visite):  # noqa: F811
    """Le nom de la démarche où l'on candidate est public ; rien d'autre de B ne l'est."""
    _, b = deux
    publics = {"candidater": {"departement": "33"}, "candidature_recue": {"departement": "33"}}
    sans_demarche = set(adresses()) - PAGES - set(ACTES) - set(FORMULAIRES)
    for nom in sorted(sans_demarche):
        mots = publics.get(nom, {}) | dict.fromkeys(("jeton",), "a" * 43) | b.ids
        for methode in ("get", "post"):
            dit = texte(visite("anonyme", methode, adresse(nom, mots, {"departement": "33"})))
            assert CANARI not in dit.replace(b.demarche.nom, ""), (nom, methode)
            assert NOTE not in dit, nom
