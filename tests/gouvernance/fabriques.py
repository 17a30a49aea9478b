"""Fabriques de la gouvernance : territoires, acteurs, démarche, instances, séances, décisions."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from gouvernance.models import (
    Adhesion,
    CahierDesCharges,
    CodeJalon,
    College,
    Commune,
    Courriel,
    Decision,
    DefinitionCommune,
    Delegation,
    Demarche,
    DemarcheEpci,
    Departement,
    Elu,
    Epci,
    EtatJalon,
    EtatPresence,
    EtatRencontre,
    EtatSeance,
    Gouvernance,
    Instance,
    Jalon,
    Limite,
    LimiteDAction,
    Mandat,
    Membre,
    NatureDecision,
    Perimetre,
    Personne,
    PieceDeCourriel,
    PieceDeSeance,
    PointDeBlocage,
    PointOrdreDuJour,
    Presence,
    Qualite,
    Region,
    Rencontre,
    Role,
    Seance,
    Siege,
    StatutMembre,
    Structure,
    Terme,
    TypeInstance,
    TypeRencontre,
    Utilisateur,
)

PARIS = ZoneInfo("Europe/Paris")
MOT_DE_PASSE = "feuille-de-route"


class RegionFactory(DjangoModelFactory):
    class Meta:
        model = Region
        django_get_or_create = ("code",)

    code = "75"
    nom = "Nouvelle-Aquitaine"


class DepartementFactory(DjangoModelFactory):
    class Meta:
        model = Departement
        django_get_or_create = ("code",)

    code = "24"
    nom = factory.LazyAttribute(lambda o: "Dordogne" if o.code == "24" else f"Département {o.code}")
    region = factory.SubFactory(RegionFactory)
    population = 413_000
    nb_communes = 503


class EpciFactory(DjangoModelFactory):
    class Meta:
        model = Epci
        django_get_or_create = ("siren",)

    siren = factory.Sequence(lambda n: f"2900{n:05d}")
    nom = factory.Sequence(lambda n: f"CC du Val n° {n}")
    type = "CC"
    departement = factory.SubFactory(DepartementFactory)
    departements = factory.LazyAttribute(lambda o: [o.departement.code])
    population = 12_000
    nb_communes = 20


class CommuneFactory(DjangoModelFactory):
    class Meta:
        model = Commune
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"24{n % 1000:03d}")
    nom = factory.Sequence(lambda n: f"Commune n° {n}")
    departement = factory.SubFactory(DepartementFactory)
    epci = None
    population = 800


class CollegeFactory(DjangoModelFactory):
    class Meta:
        model = College
        django_get_or_create = ("code",)

    code = "etat"
    libelle = factory.LazyAttribute(lambda o: o.code.capitalize())


class StructureFactory(DjangoModelFactory):
    class Meta:
        model = Structure

    nom = factory.Sequence(lambda n: f"Structure n° {n}")
    college = factory.SubFactory(CollegeFactory)
    departement = factory.SubFactory(DepartementFactory)


class UtilisateurFactory(DjangoModelFactory):
    """Un compte ordinaire ; `mandats` s'ajoutent par MandatFactory ou par le trait du rôle."""

    class Meta:
        model = Utilisateur
        skip_postgeneration_save = True

    class Params:
        anct = factory.Trait(administration=True, prenom="Administration", nom="Nationale")
        admin = factory.Trait(is_staff=True, is_superuser=True)

    email = factory.Sequence(lambda n: f"compte{n}@essais.example")
    prenom = "Compte"
    nom = factory.Sequence(lambda n: f"n° {n}")
    structure = None
    password = factory.django.Password(MOT_DE_PASSE)


class GouvernanceFactory(DjangoModelFactory):
    class Meta:
        model = Gouvernance
        django_get_or_create = ("departement",)

    departement = factory.SubFactory(DepartementFactory)


class PersonneFactory(DjangoModelFactory):
    class Meta:
        model = Personne

    class Params:
        elu = factory.Trait(qualite=Qualite.ELU, fonction="Vice-présidente chargée du numérique")

    gouvernance = factory.SubFactory(GouvernanceFactory)
    structure = factory.SubFactory(StructureFactory)
    prenom = "Référente"
    nom = factory.Sequence(lambda n: f"n° {n}")
    qualite = Qualite.TECHNICIEN


class MembreFactory(DjangoModelFactory):
    """Un membre confirmé ; trait `candidat` pour celui qui ne l'est pas encore."""

    class Meta:
        model = Membre

    class Params:
        candidat = factory.Trait(statut=StatutMembre.CANDIDAT, confirme_le=None)

    gouvernance = factory.SubFactory(GouvernanceFactory)
    structure = factory.SubFactory(StructureFactory)
    statut = StatutMembre.CONFIRME
    confirme_le = factory.LazyFunction(timezone.now)


class DemarcheFactory(DjangoModelFactory):
    """La démarche du département ; trait `groupement` : celle d'un groupe d'EPCI (voir PerimetreFactory).

    Une seule départementale par département : en faire plusieurs varie `gouvernance__departement__code`.
    `avec_cadre=True` lui donne cahier des charges, définition, cinq jalons et un COPIL désigné pour tous.
    """

    class Meta:
        model = Demarche
        skip_postgeneration_save = True

    class Params:
        groupement = factory.Trait(perimetre=Perimetre.GROUPEMENT)

    gouvernance = factory.SubFactory(GouvernanceFactory)
    nom = factory.Sequence(lambda n: f"Feuille de route n° {n}")
    identifiant = factory.Sequence(lambda n: f"demarche-{n}")

    @factory.post_generation
    def avec_cadre(self, create, extracted, **kwargs):
        if not extracted:
            return
        CahierFactory(demarche=self)
        DefinitionFactory(demarche=self)
        copil = InstanceFactory(demarche=self)
        for ordre, code in enumerate(CodeJalon.values, start=1):
            JalonFactory(demarche=self, code=code, ordre=ordre, instance=copil)


class PerimetreFactory(DjangoModelFactory):
    class Meta:
        model = DemarcheEpci

    demarche = factory.SubFactory(DemarcheFactory, groupement=True)
    epci = factory.SubFactory(EpciFactory)
    departement = factory.SelfAttribute("demarche.gouvernance.departement")


class MandatFactory(DjangoModelFactory):
    class Meta:
        model = Mandat

    utilisateur = factory.SubFactory(UtilisateurFactory)
    demarche = factory.SubFactory(DemarcheFactory)
    role = Role.COORDINATION


class CahierFactory(DjangoModelFactory):
    class Meta:
        model = CahierDesCharges

    demarche = factory.SubFactory(DemarcheFactory)
    contexte = "Un département rural où l’on vit loin des guichets."
    objectifs = "Une feuille de route partagée, chiffrée et signée."
    methode = "Un diagnostic, deux ateliers, cinq moments de validation."


class AdhesionFactory(DjangoModelFactory):
    class Meta:
        model = Adhesion

    cahier = factory.SubFactory(CahierFactory)
    structure = factory.SubFactory(StructureFactory)
    edition = 1


class DefinitionFactory(DjangoModelFactory):
    class Meta:
        model = DefinitionCommune

    demarche = factory.SubFactory(DemarcheFactory)
    texte = "Permettre à chacun d’exercer ses droits, avec ou sans écran."


class InstanceFactory(DjangoModelFactory):
    class Meta:
        model = Instance

    demarche = factory.SubFactory(DemarcheFactory)
    type = TypeInstance.COPIL


class SiegeFactory(DjangoModelFactory):
    class Meta:
        model = Siege

    instance = factory.SubFactory(InstanceFactory)
    structure = factory.SubFactory(StructureFactory)


class JalonFactory(DjangoModelFactory):
    class Meta:
        model = Jalon

    demarche = factory.SubFactory(DemarcheFactory)
    code = CodeJalon.CADRAGE
    ordre = factory.LazyAttribute(lambda o: CodeJalon.values.index(o.code) + 1)
    echeance = factory.LazyAttribute(lambda o: date(2026, 2 * o.ordre, 1))
    etat = factory.LazyAttribute(lambda o: EtatJalon.EN_COURS if o.ordre == 1 else EtatJalon.A_VENIR)


class SeanceFactory(DjangoModelFactory):
    """Une séance planifiée ; traits `ouverte` et `close` (une décision ne s'écrit que séance ouverte)."""

    class Meta:
        model = Seance

    class Params:
        a_venir = factory.Trait(debut=factory.LazyFunction(lambda: timezone.now() + timedelta(days=20)))
        ouverte = factory.Trait(etat=EtatSeance.OUVERTE, ouverte_le=factory.SelfAttribute("debut"))
        close = factory.Trait(
            etat=EtatSeance.CLOSE,
            ouverte_le=factory.SelfAttribute("debut"),
            close_le=factory.SelfAttribute("debut"),
        )

    instance = factory.SubFactory(InstanceFactory)
    numero = factory.Sequence(lambda n: n + 1)
    debut = datetime(2026, 2, 10, 14, 0, tzinfo=PARIS)
    lieu = "Préfecture"


class PointFactory(DjangoModelFactory):
    class Meta:
        model = PointOrdreDuJour

    seance = factory.SubFactory(SeanceFactory)
    ordre = factory.Sequence(lambda n: n + 1)
    objet = "Avancement de la démarche"


class PieceDeSeanceFactory(DjangoModelFactory):
    class Meta:
        model = PieceDeSeance

    seance = factory.SubFactory(SeanceFactory)
    nom = "Synthèse du diagnostic.pdf"
    type_mime = "application/pdf"
    taille = 200
    empreinte = factory.Sequence(lambda n: f"{n:064x}")


class PresenceFactory(DjangoModelFactory):
    class Meta:
        model = Presence

    seance = factory.SubFactory(SeanceFactory)
    siege = factory.SubFactory(SiegeFactory, instance=factory.SelfAttribute("..seance.instance"))
    etat = EtatPresence.PRESENT


class DecisionFactory(DjangoModelFactory):
    """Une orientation prise dans une séance ouverte."""

    class Meta:
        model = Decision

    seance = factory.SubFactory(SeanceFactory, ouverte=True)
    ordre = factory.LazyAttribute(lambda o: o.seance.decisions.count() + 1)
    nature = NatureDecision.ORIENTATION
    objet = "Orientation de travail"


class CourrielFactory(DjangoModelFactory):
    class Meta:
        model = Courriel

    cle = factory.Sequence(lambda n: f"essai:{n}")
    genre = "essai"
    destinataire = "coordination@essais.example"
    sujet = "Bonjour"
    corps = "Un mot."


class PieceDeCourrielFactory(DjangoModelFactory):
    class Meta:
        model = PieceDeCourriel

    courriel = factory.SubFactory(CourrielFactory)
    nom = "seance.ics"
    type_mime = "text/calendar"
    contenu = "BEGIN:VCALENDAR"


class PointDeBlocageFactory(DjangoModelFactory):
    class Meta:
        model = PointDeBlocage

    demarche = factory.SubFactory(DemarcheFactory)
    libelle = "Peu de locaux chauffés disponibles l’hiver."


class EluFactory(DjangoModelFactory):
    """Un élu de la grille ; sa gouvernance est celle de sa personne."""

    class Meta:
        model = Elu

    personne = factory.SubFactory(PersonneFactory, elu=True)
    delegation = Delegation.NUMERIQUE
    epci = None


class RencontreFactory(DjangoModelFactory):
    """Une visite prévue ; trait `tenue`. `communes`, `referents`, `elus` : des listes."""

    class Meta:
        model = Rencontre
        skip_postgeneration_save = True

    class Params:
        tenue = factory.Trait(
            etat=EtatRencontre.TENUE, tenue_le=factory.LazyFunction(timezone.now), suites="Un accueil franc."
        )

    demarche = factory.SubFactory(DemarcheFactory)
    type = TypeRencontre.VISITE
    date = date(2026, 3, 3)
    lieu = "Mairie"

    @factory.post_generation
    def communes(self, create, extracted, **kwargs):
        self.communes.set(extracted or [])

    @factory.post_generation
    def referents(self, create, extracted, **kwargs):
        self.referents.set(extracted or [])

    @factory.post_generation
    def elus(self, create, extracted, **kwargs):
        self.elus.set(extracted or [])


class TermeFactory(DjangoModelFactory):
    class Meta:
        model = Terme

    demarche = factory.SubFactory(DemarcheFactory)
    terme = factory.Sequence(lambda n: f"Terme n° {n}")
    definition = "Ce que les parties entendent par là."


class LimiteFactory(DjangoModelFactory):
    """Une ligne à décider ; `decision=…` pour une ligne décidée."""

    class Meta:
        model = LimiteDAction

    demarche = factory.SubFactory(DemarcheFactory)
    categorie = Limite.ON_VA
    libelle = factory.Sequence(lambda n: f"Ouvrir un lieu d’accueil n° {n}")
