"""Les listes de valeurs du plan d'actions : états, natures, publics, services, compétences."""

from django.db import models


class EtatFiche(models.TextChoices):
    BROUILLON = "brouillon", "Brouillon"
    PROPOSEE = "proposee", "Proposée"
    A_COMPLETER = "a_completer", "À compléter"
    RETENUE = "retenue", "Retenue"
    ECARTEE = "ecartee", "Écartée"


class NatureFiche(models.TextChoices):
    EXISTANTE = "existante", "Existante"
    RENFORCEE = "renforcee", "Renforcée"
    NOUVELLE = "nouvelle", "Nouvelle"


class Priorite(models.IntegerChoices):
    HAUTE = 1, "Haute"
    MOYENNE = 2, "Moyenne"
    BASSE = 3, "Basse"


class Service(models.TextChoices):
    """Services du schéma national des lieux de médiation numérique."""

    DEMARCHES = "demarches", "Aide aux démarches administratives"
    QUOTIDIEN = "quotidien", "Maîtrise des outils numériques du quotidien"
    INSERTION = "insertion", "Insertion professionnelle via le numérique"
    SECURITE = "securite", "Utilisation sécurisée du numérique"
    PARENTALITE = "parentalite", "Parentalité et éducation avec le numérique"
    LOISIRS = "loisirs", "Loisirs et créations numériques"
    COMPREHENSION = "comprehension", "Compréhension du monde numérique"
    ACCES = "acces", "Accès internet et matériel informatique"
    MATERIEL = "materiel", "Acquisition de matériel informatique à prix solidaire"


class Public(models.TextChoices):
    """Publics du schéma national, et « tous »."""

    TOUS = "tous", "Tous publics"
    JEUNES = "jeunes", "Jeunes"
    ETUDIANTS = "etudiants", "Étudiants"
    FAMILLES = "familles", "Familles et enfants"
    SENIORS = "seniors", "Seniors"
    FEMMES = "femmes", "Femmes"
    HANDICAP = "handicap", "Personnes en situation de handicap"
    ILLETTRISME = "illettrisme", "Personnes en situation d’illettrisme"
    LANGUES = "langues", "Personnes parlant une langue étrangère"
    EMPLOI = "emploi", "Demandeurs d’emploi"


class Competence(models.TextChoices):
    """Le socle des compétences dont un citoyen a besoin."""

    IDENTITE = "identite", "Gérer son identité numérique"
    INFORMER = "informer", "S’informer et informer"
    DEMARCHES = "demarches", "Gérer ses démarches administratives"
    CONSOMMER = "consommer", "Consommer par choix raisonnés et maîtrisés"
    PARTICIPER = "participer", "Participer à l’expression publique"


class OrigineFiche(models.TextChoices):
    """D'où vient l'idée de l'action."""

    PROPOSITION = "proposition", "Proposition directe"
    ATELIER = "atelier", "Contribution d’un atelier"
    CHANTIER = "chantier", "Chantier clé"
    REPRISE = "reprise", "Reprise d’une autre fiche"
    BIBLIOTHEQUE = "bibliotheque", "Fiche signée d’un autre territoire"


class EtatRealisation(models.TextChoices):
    """Où en est l'action une fois la feuille de route signée."""

    NON_DEMARREE = "non_demarree", "Non démarrée"
    EN_COURS = "en_cours", "En cours"
    REALISEE = "realisee", "Réalisée"
    REPORTEE = "reportee", "Reportée"
    ABANDONNEE = "abandonnee", "Abandonnée"


class Meteo(models.TextChoices):
    """Comment l'action se porte, dit par qui la conduit."""

    BEAU = "beau", "Beau temps : tout va"
    NUAGEUX = "nuageux", "Nuageux : des points à surveiller"
    PLUIE = "pluie", "Pluie : des difficultés"
    ORAGE = "orage", "Orage : l’action est bloquée"
