"""Chaque formulaire, chaque champ, des valeurs hostiles : une phrase et un statut, jamais 500, rien d'écrit
à moitié.
"""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from feuille_de_route.forms.fiches import SECTIONS
from feuille_de_route.models import DemandeSubvention, Document, FicheAction, LienDeFiche, Transmission
from gouvernance.models import Demarche, Etape, Instance, JetonConsomme, Mandat, Membre, Role
from gouvernance.permissions import ADMINISTRATION
from tests.feuille_de_route.saisies import envoi
from tests.robustesse.matrice import FORMULAIRES
from tests.robustesse.scene import PDF, adresse, compter, mettre_a
from tests.robustesse.test_refus import ANGLAIS

LONG, CHIFFRES, NUL, HTML = "x" * 100_000, "9" * 5000, "a\x00b", "<script>alert(1)</script>' OR 1=1 --"
TEXTE = {"long": LONG, "nul": NUL, "octets": "\ud7ff\uffff\u202e", "blanc": "   "}
ENTIER = {
    "négatif": "-5",
    "gros": "9" * 20,
    "chiffres": CHIFFRES,
    "carré": "²",
    "nan": "NaN",
    "32 bits": "32768",
}
DECIMAL = {
    "négatif": "-5", "énorme": "1e30", "nan": "NaN", "infini": "Infinity", "virgules": "12,345,67",
    "exposant": "1e999999999", "zéro exposant": "0e999999999", "infime": "1e-999999999", "chiffres": CHIFFRES,
    "quinze": "9" * 15, "nul": NUL,
}  # fmt: skip
DATE = {
    "an 1": "0001-01-01", "an 9999": "9999-12-31", "30 février": "2026-02-30", "an 20266": "20266-01-01",
    "chiffres": CHIFFRES, "nul": NUL,
}  # fmt: skip
INSTANT = {
    "an 1": "0001-01-01T00:00", "an 9999": "9999-12-31T23:59", "heure d’été": "2026-03-29T02:30", "nul": NUL,
    "chiffres": CHIFFRES,
}  # fmt: skip
CHOIX = {"inconnu": "inconnu", "nul": NUL, "gros": "9" * 20, "chiffres": CHIFFRES}
JETON = {"vide": "", "malformé": "pas-un-jeton", "nul": NUL, "long": LONG}
VERSION = {"vide": "", "ancienne": "0", "gros": "9" * 20, "chiffres": CHIFFRES, "négative": "-1"}
PAR_TYPE = [
    (forms.UUIDField, JETON), (forms.ModelChoiceField, CHOIX), (forms.ChoiceField, CHOIX),
    (forms.MultipleChoiceField, CHOIX), (forms.DateTimeField, INSTANT), (forms.DateField, DATE),
    (forms.DecimalField, DECIMAL), (forms.IntegerField, ENTIER), (forms.BooleanField, {"html": HTML}),
    (forms.CharField, TEXTE),
]  # fmt: skip

ETAPES = {
    "diagnostiquer": Etape.DIAGNOSTIC, "regarder": Etape.DIAGNOSTIC, "formuler_enjeux": Etape.ENJEUX,
    "voter": Etape.ENJEUX, "consigner_vote": Etape.ENJEUX, "perimetrer": Etape.CADRAGE,
    "structurer": Etape.STRATEGIE, "signer": Etape.EN_SIGNATURE,
    "transmettre": Etape.EN_SIGNATURE, "accuser": Etape.TRANSMISE, "suivre_fiches": Etape.SIGNEE,
}  # fmt: skip
NATIONAUX = {"accuser", "instruire_subvention"}  # l'administration seule
INSTRUCTIONS = {"fiche_avis", "fiche_avis_modifier", "fiche_renvoyer"}
SUITES = {
    "rencontre_prevoir": "?type=entretien&epci=tous",  # la première question est posée
    "plan_lot": "?acte=rapide&valeur=oui&f=1",
}
PERMIS = {302, 400, 403, 404, 409, 422}
CAS = [
    *((nom, {}) for nom in sorted(set(FORMULAIRES) - {"fiche_section"})),
    *(("fiche_section", {"code": code}) for code in SECTIONS),
]


@pytest.fixture
def poste(db, client, lieu):
    """`poste(chemin, donnees)` : la réponse ; ce qui est écrit est défait, et rien ne l'est sans un 302."""
    client.raise_request_exception = False

    avant = compter()

    def poster(chemin, donnees, quoi="", *, lire_ensuite=False):
        with transaction.atomic():
            reponse = client.post(chemin, donnees)
            assert reponse.status_code in PERMIS, (quoi, reponse.status_code)
            if reponse.status_code == 302:
                suite = client.get(reponse.url) if lire_ensuite else None
                assert suite is None or suite.status_code in {200, 302}, (quoi, suite.status_code)
            else:
                assert compter() == avant, quoi
                exiger_une_phrase(reponse, quoi)
            transaction.set_rollback(True)
        return reponse

    return poster


def exiger_une_phrase(reponse, quoi):
    contenu = reponse.content.decode()
    assert '<html lang="fr"' in contenu, quoi
    assert not ANGLAIS.search(contenu), (quoi, ANGLAIS.search(contenu))
    assert "<script>alert" not in contenu, quoi
    if reponse.status_code == 422:
        assert re.search(r"fr-error-text|fr-alert--error|fr-message--error", contenu), quoi


def preparer(nom, lieu, client, **mots):
    """L'adresse du formulaire, à l'étape où il sert, ouverte par qui le peut."""
    droit = FORMULAIRES[nom]
    mettre_a(lieu.demarche, ETAPES.get(droit, Etape.PLAN_ACTIONS))
    client.force_login(lieu.gens[ADMINISTRATION if droit in NATIONAUX else "coordination"])
    for cle in (droit, nom):
        PREALABLES.get(cle, lambda _: None)(lieu)
    if nom in {"fiches_confier", "fiches_relancer"}:
        confiee = nom == "fiches_relancer"
        jadis = lieu.document.cree_le - timedelta(days=8)
        LienDeFiche.objects.update(envoye_le=jadis, revoque_le=None if confiee else jadis)
    if nom in INSTRUCTIONS:
        lieu.demarche.instances.update(type="cotech")
        proposee = {"etat": "proposee", "proposee_le": lieu.document.cree_le}
        lieu.demarche.fiches.filter(uuid=lieu.ids["fiche_uuid"]).update(**proposee)
    seance = {"seance": lieu.a_deplacer} if nom == "seance_modifier" else {}
    return adresse(nom, lieu.ids, **seance, **mots) + SUITES.get(nom, "")


def signer_la_fiche(lieu):
    """La fiche de la scène, comme une feuille de route signée la porte."""
    siennes = FicheAction.objects.filter(uuid=lieu.ids["fiche_uuid"])
    siennes.update(etat="retenue", retenue_le=lieu.document.cree_le)


def confier_la_fiche(lieu, *, confiee: bool):
    jadis = lieu.document.cree_le - timedelta(days=8)
    LienDeFiche.objects.update(envoye_le=jadis, revoque_le=None if confiee else jadis)


def instruire_la_fiche(lieu):
    lieu.demarche.instances.update(type="cotech")
    proposee = {"etat": "proposee", "proposee_le": lieu.document.cree_le}
    lieu.demarche.fiches.filter(uuid=lieu.ids["fiche_uuid"]).update(**proposee)


def rendre_candidat(lieu):
    Membre.objects.filter(uuid=lieu.ids["membre"]).update(statut="candidat", confirme_le=None)


# Ce que la règle d'un droit ou d'un formulaire attend de la scène.
PREALABLES = {
    "accuser": lambda _: Transmission.objects.update(etat="envoyee", complement=""),
    "transmettre": lambda lieu: Document.objects.filter(pk=lieu.document.pk).update(etat="pret"),
    "suivre_fiches": signer_la_fiche,
    "instruire_subvention": lambda _: DemandeSubvention.objects.update(etat="en_cours", motif=""),
    "session_ouvrir": lambda lieu: type(lieu.session).objects.update(close_le=lieu.document.cree_le),
    "membre_refuser": rendre_candidat,
    "membres_confirmer": rendre_candidat,
    "fiches_confier": lambda lieu: confier_la_fiche(lieu, confiee=False),
    "fiches_relancer": lambda lieu: confier_la_fiche(lieu, confiee=True),
    **dict.fromkeys(INSTRUCTIONS, instruire_la_fiche),
}


def ouvrir(client, chemin):
    reponse = client.get(chemin)
    assert reponse.status_code == 200, (chemin, reponse.status_code)
    return reponse.context["formulaire"]


def champs(formulaire) -> dict[str, forms.Field]:
    """Nom dans la page → champ, séries comprises."""
    morceaux = [formulaire]
    for serie in getattr(formulaire, "series", []):
        morceaux += [serie.management_form, *serie.forms]
    return {m[nom].html_name: m.fields[nom] for m in morceaux for nom in m.fields}


def complet(formulaire, lieu) -> dict:
    """Un envoi que le formulaire accepterait : ce qu'il propose, et une valeur juste où il en faut une."""
    donnees = envoi(formulaire)
    for nom, champ in champs(formulaire).items():
        if champ.required and not donnees.get(nom) and not re.match(r".+-\d+-", nom):
            donnees[nom] = _juste(champ, nom, lieu)
        if nom in A_COCHER and not donnees.get(nom):
            donnees[nom] = [_premier_choix(champ)]
    return donnees


def _premier_choix(champ) -> str:
    if isinstance(champ, forms.ModelMultipleChoiceField):
        return str(champ.queryset.first().pk)
    return next(str(valeur) for valeur, _ in champ.choices)


def _juste(champ, nom, lieu):
    if isinstance(champ, forms.ModelMultipleChoiceField | forms.MultipleChoiceField):
        return []
    if isinstance(champ, forms.ChoiceField):
        return next(str(valeur) for valeur, _ in champ.choices if str(valeur))
    if isinstance(champ, forms.EmailField):
        return lieu.libre.email
    for genre, valeur in (
        (forms.UUIDField, str(uuid4())), (forms.DateTimeField, "2026-05-05T10:00"),
        (forms.DateField, "2026-05-05"), (forms.DecimalField, "1"), (forms.IntegerField, "5"),
        (forms.BooleanField, "on"),
    ):  # fmt: skip
        if isinstance(champ, genre):
            return valeur
    return "Une phrase ?"


def hostiles(nom: str, champ) -> dict:
    if nom.endswith("version"):
        return VERSION
    return next((valeurs for genre, valeurs in PAR_TYPE if isinstance(champ, genre)), CHOIX)


A_COCHER = {"termes", "sieges", "elus"}  # au moins une case, que le champ lui-même ne réclame pas toujours
COMPLEMENTS = {
    "fiches_confier": lambda lieu: {
        f"adresses_{lieu.demarche.fiches.get(uuid=lieu.ids['fiche_uuid']).numero}": "qui@asso.example"
    },
    "suivi_rapide": lambda lieu: {f"etat_{lieu.demarche.fiches.get(numero=1).pk}": "en_cours"},
    "fiche_section": lambda _: {"titre": "Un titre changé"},
    "elu_ajouter": lambda lieu: {"nom": "Élue neuve", "structure": lieu.structure.pk},
    "fiche_commentaire_corriger": lambda _: {"texte": "Un mot corrigé"},
    "fiche_piece_joindre": lambda _: {"fichier": SimpleUploadedFile("devis.pdf", PDF)},
    "piece_joindre": lambda _: {"fichier": SimpleUploadedFile("compte.pdf", PDF)},
    "point_ajouter": lambda _: {"objet": "Point divers"},
    "transmission_demander": lambda _: {"confirmer": "oui"},  # ce qu'envoie le bouton d'une feuille signée
    "besoin_ajouter": lambda _: {"code": "appui_juridique"},
    "demarche_ouvrir": lambda lieu: {"perimetre": "groupement", "epcis": [lieu.epci.pk]},
    "membre_ajouter": lambda lieu: {"nom": "Structure neuve", "college": "etat"},
    "mesure_ajouter": lambda lieu: {"libelle": "Part", "source": "Insee", "valeur": "1", "annee": "2021"},
}
SANS_SUITE = {
    "fiche_partager",
    "signer",
    "signature_refuser",
    "demarche_rouvrir",
    "limite_remplacer",
    "instance_succeder",
    "perimetre_modifier",
    "vote_consigner",
}  # leur règle attend une autre scène


@pytest.mark.parametrize(("nom", "mots"), CAS, ids=[f"{n}-{m.get('code', '')}".strip("-") for n, m in CAS])
def test_aucune_valeur_hostile_ne_casse_un_formulaire(nom, mots, lieu, client, poste):
    chemin = preparer(nom, lieu, client, **mots)
    formulaire = ouvrir(client, chemin)
    base = complet(formulaire, lieu) | COMPLEMENTS.get(nom, lambda _: {})(lieu)
    temoin = poste(chemin, base, nom)
    assert temoin.status_code == 302 or nom in SANS_SUITE, (nom, _erreurs(temoin))
    for champ, objet in champs(formulaire).items():
        if re.match(r".+-[1-9]\d*-", champ):
            continue  # la deuxième ligne d'une série est comme la première
        relire = isinstance(objet, forms.DateField | forms.DateTimeField | forms.DecimalField)
        for valeur, tape in hostiles(champ, objet).items():
            poste(chemin, {**base, champ: tape}, (nom, champ, valeur), lire_ensuite=relire)
        poste(chemin, {k: v for k, v in base.items() if k != champ}, (nom, champ, "absent"))


def _erreurs(reponse):
    return reponse.context["formulaire"].errors if reponse.context else reponse.status_code


@pytest.mark.parametrize("nom", sorted(set(FORMULAIRES) - {"fiche_section"}))
def test_aucun_envoi_detourne_ne_casse_un_formulaire(nom, lieu, client, poste):
    """Rien, tout en double, un fichier à la place d'un texte, des octets qui ne sont pas de l'UTF-8."""
    chemin = preparer(nom, lieu, client)
    base = complet(ouvrir(client, chemin), lieu)
    rien_a_cocher = nom == "mesures_choisir"  # tout décocher est une saisie
    for donnees in ({}, {"inconnu": "1"}):
        assert poste(chemin, donnees, "vide").status_code == (302 if rien_a_cocher else 422)
    poste(chemin, dict.fromkeys(base, HTML), "html partout")
    poste(chemin, {k: [v, HTML] if isinstance(v, str) else v for k, v in base.items()}, "en double")
    fichiers = {k: SimpleUploadedFile("a.txt", b"x") for k, v in base.items() if isinstance(v, str)}
    poste(chemin, fichiers, "fichiers")
    for type_de_corps in ("application/x-www-form-urlencoded", "application/json", "multipart/form-data"):
        reponse = client.post(chemin, b"\xed\xa0\x80=\xff&jeton=%ff%fe&version=%00", type_de_corps)
        assert rien_a_cocher or reponse.status_code in {400, 422}, (type_de_corps, reponse.status_code)


GESTIONS = [
    {"TOTAL_FORMS": "10000"}, {"TOTAL_FORMS": "-1"}, {"TOTAL_FORMS": CHIFFRES}, {"TOTAL_FORMS": None},
    {"INITIAL_FORMS": "10000"}, {"INITIAL_FORMS": "-1"}, {"INITIAL_FORMS": CHIFFRES}, {"INITIAL_FORMS": None},
    {"TOTAL_FORMS": "x", "INITIAL_FORMS": NUL}, {"TOTAL_FORMS": "0"}, {"MAX_NUM_FORMS": "100000"},
]  # fmt: skip


@pytest.mark.parametrize("ajouter", [None, "serie", "inconnue"])
@pytest.mark.parametrize("gestion", GESTIONS, ids=range(len(GESTIONS)))
@pytest.mark.parametrize("code", ["acteurs", "moyens"])
def test_une_serie_falsifiee_ne_casse_pas_la_section(code, gestion, ajouter, lieu, client, db):
    client.raise_request_exception = False
    chemin = preparer("fiche_section", lieu, client, code=code)
    formulaire = ouvrir(client, chemin)
    prefixe = formulaire.series[0].prefix
    donnees = envoi(formulaire, **{f"{prefixe}-{cle}": valeur for cle, valeur in gestion.items()})
    if ajouter:
        donnees["ajouter"] = prefixe if ajouter == "serie" else HTML
    with transaction.atomic():
        avant = compter()
        reponse = client.post(chemin, donnees)
        assert reponse.status_code in {200, 302, 409, 422}
        if reponse.status_code != 302:
            assert compter() == avant
            assert reponse.content.count(b"<select") + reponse.content.count(b"<input") < 1500
        transaction.set_rollback(True)


def test_une_ligne_d_une_autre_fiche_ne_se_modifie_pas_d_ici(lieu, client, db):
    chemin = preparer("fiche_section", lieu, client, code="temps")
    autre = lieu.demarche.fiches.exclude(uuid=lieu.ids["fiche_uuid"]).get()
    etape = autre.etapes.create(libelle="À eux")
    serie = ouvrir(client, chemin).series[0]
    donnees = envoi(
        ouvrir(client, chemin), **{f"{serie.prefix}-0-id": etape.pk, f"{serie.prefix}-0-libelle": "Volée"}
    )
    assert client.post(chemin, donnees).status_code == 422
    etape.refresh_from_db()
    assert (etape.libelle, etape.fiche_id) == ("À eux", autre.pk)


ADRESSES_DU_JETON = ["fiche_ajouter", "seance_planifier", "demarche_ouvrir"]


@pytest.mark.parametrize("nom", ADRESSES_DU_JETON)
def test_un_jeton_choisi_par_le_client_ne_vole_aucune_adresse(nom, lieu, client, poste):
    """L'adresse de l'objet est tirée du jeton : celle d'un objet existant est refusée, avec une phrase."""
    chemin = preparer(nom, lieu, client)
    base = complet(ouvrir(client, chemin), lieu) | COMPLEMENTS.get(nom, lambda _: {})(lieu)
    prise = {"fiche_ajouter": "fiche_uuid", "seance_planifier": "seance", "demarche_ouvrir": "uuid"}[nom]
    reponse = poste(chemin, {**base, "jeton": str(lieu.ids[prise])}, nom)
    assert reponse.status_code in {409, 422}


def test_un_jeton_deja_recu_n_a_qu_un_effet(lieu, client, db):
    chemin = preparer("blocage_ajouter", lieu, client)
    base = complet(ouvrir(client, chemin), lieu)
    for _ in range(2):
        assert client.post(chemin, base).status_code == 302
    assert lieu.demarche.points_de_blocage.filter(libelle="Une phrase ?").count() == 1
    assert JetonConsomme.objects.filter(jeton=base["jeton"]).count() == 1


@pytest.mark.parametrize("debut", ["9999-12-31", "0001-01-01"])
def test_un_calendrier_pose_sur_une_date_extreme(debut, lieu, client, db):
    """La base peut porter une telle date (import) : l'appliquer se refuse avec une phrase."""
    client.raise_request_exception = False
    mettre_a(lieu.demarche, Etape.CADRAGE)
    client.force_login(lieu.gens["coordination"])
    Demarche.objects.filter(pk=lieu.demarche.pk).update(debut=debut, fin=None)
    reponse = client.post(adresse("calendrier_appliquer", lieu.ids), {"calendrier": "6-mois"})
    assert reponse.status_code == 302
    for nom in ("jalons", "demarche", "gouvernance", "documents"):
        assert client.get(adresse(nom, lieu.ids)).status_code == 200, nom


PRESENCES = [{"etat": "represente", "pouvoir": ""}, {"etat": "present", "pouvoir": "autre"},
             {"etat": "represente", "pouvoir": "soi"}, {"etat": "roi", "pouvoir": NUL},
             {"etat": CHIFFRES, "pouvoir": HTML}]  # fmt: skip


@pytest.mark.parametrize("saisie", PRESENCES, ids=range(len(PRESENCES)))
def test_des_presences_hostiles(saisie, lieu, client, poste):
    mettre_a(lieu.demarche, Etape.PLAN_ACTIONS)
    client.force_login(lieu.gens["coordination"])
    sieges = list(Instance.objects.get(uuid=lieu.ids["instance"]).sieges.all())
    pouvoirs = {"soi": str(sieges[0].uuid), "autre": str(sieges[1].uuid)}
    donnees = {
        f"etat_{sieges[0].uuid}": saisie["etat"], f"etat_{sieges[1].uuid}": "present",
        f"pouvoir_{sieges[0].uuid}": pouvoirs.get(saisie["pouvoir"], saisie["pouvoir"]),
    }  # fmt: skip
    assert poste(adresse("presences_noter", lieu.ids), donnees).status_code == 422


def test_la_derniere_coordination_ne_se_retire_pas(lieu, client, db):
    client.force_login(lieu.gens["coordination"])
    seule = Mandat.objects.get(demarche=lieu.demarche, role=Role.COORDINATION)
    client.post(adresse("mandat_retirer", lieu.ids), {"mandat": seule.pk})
    assert Mandat.objects.filter(pk=seule.pk).exists()
