"""Les données du banc : des démarches riches (n lignes de tout), et la masse, versée par COPY."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain, count, islice

from django.db import connection, models
from django.utils import timezone
from psycopg import sql

from ateliers.models import Atelier, ChantierCle, Contribution, SousGroupe, TypeAtelier
from diagnostic.models import (
    Constat,
    Enjeu,
    EtatEnjeu,
    Mesure,
    NatureConstat,
    Posture,
    Regard,
    SerieIndicateur,
)
from feuille_de_route.models import (
    Axe,
    Document,
    EtapeFiche,
    EtatFiche,
    FicheAction,
    Financement,
    Indicateur,
    LigneBudget,
    NatureDepense,
    NatureDocument,
    NatureFiche,
    Partenariat,
    Signataire,
    TypeFinanceur,
)
from gouvernance.acteurs import colleges
from gouvernance.geographie import territoires
from gouvernance.models import (
    CahierDesCharges,
    CodeJalon,
    College,
    Decision,
    Demarche,
    Departement,
    Etape,
    EtatPresence,
    EtatSeance,
    Evenement,
    Gouvernance,
    Instance,
    Jalon,
    Mandat,
    Membre,
    NatureDecision,
    Perimetre,
    Personne,
    PointDeBlocage,
    PointOrdreDuJour,
    Presence,
    Qualite,
    Role,
    Seance,
    Siege,
    StatutMembre,
    Structure,
    TypeInstance,
    Utilisateur,
)

PARAGRAPHE = (
    "Sur le territoire, une personne sur cinq renonce à une démarche en ligne faute d’aide à proximité. "
    "L’action organise des permanences itinérantes dans les communes sans lieu de médiation, en lien avec "
    "les secrétariats de mairie, et forme les agents d’accueil à orienter sans faire à la place. "
)
_numeros = count(1)


def charger_references() -> None:
    territoires.charger()
    colleges.charger_defauts()


def copier(modele: type[models.Model], lignes: Iterable[models.Model]) -> None:
    """Verse des objets non enregistrés par COPY : ni signal, ni aller-retour par ligne."""
    champs = [c for c in modele._meta.local_concrete_fields if not c.primary_key]
    requete = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(modele._meta.db_table), sql.SQL(", ").join(sql.Identifier(c.column) for c in champs)
    )
    # Le premier objet d'abord : une requête du générateur, COPY ouvert, s'y bloquerait pour toujours.
    lignes = iter(lignes)
    debut = list(islice(lignes, 1))
    with connection.cursor() as curseur, curseur.copy(requete.as_string()) as copie:
        for ligne in chain(debut, lignes):
            copie.write_row([c.get_db_prep_save(c.pre_save(ligne, True), connection) for c in champs])


def _creer(modele: type[models.Model], lignes: Iterator[models.Model] | list) -> list:
    return modele.objects.bulk_create(list(lignes))


def structures(nombre: int) -> list[Structure]:
    etat, autre = College.objects.get(pk="etat"), College.objects.exclude(pk="etat").first()
    return _creer(
        Structure,
        (Structure(nom=f"Structure {next(_numeros)}", college=autre if i else etat) for i in range(nombre)),
    )


def utilisateur(role: str, structure: Structure | None = None, **champs) -> Utilisateur:
    adresse = f"{role}.{next(_numeros)}@banc.example"
    return Utilisateur.objects.create(
        email=adresse, prenom="Personne", nom=role, structure=structure, password="!", **champs
    )


def gouvernance(rang: int) -> Gouvernance:
    departements = Departement.objects.order_by("code")
    return Gouvernance.objects.get_or_create(departement=departements[rang % departements.count()])[0]


def demarche_riche(
    n: int, coordination: Utilisateur, *, fiches: int | None = None, axes: int = 5
) -> Demarche:
    """Une démarche au plan d'actions, avec `n` lignes dans chaque liste et `fiches` fiches complètes."""
    rang = next(_numeros)
    demarche = Demarche.objects.create(
        gouvernance=gouvernance(rang),
        nom=f"Démarche du banc {rang}",
        identifiant=f"banc-{rang}",
        perimetre=Perimetre.GROUPEMENT,
        etape=Etape.PLAN_ACTIONS,
        cree_par=coordination,
    )
    Mandat.objects.create(utilisateur=coordination, demarche=demarche, role=Role.COORDINATION)
    acteurs = structures(n)
    _gouverner(demarche, acteurs, coordination)
    enjeux = _diagnostiquer(demarche, n)
    _animer(demarche, n, acteurs)
    noms = [
        "Rapprocher l’aide",
        "Former les aidants",
        "Équiper les foyers",
        "Relier les acteurs",
        "Mesurer l’effet",
    ]
    racines = _creer(
        Axe, (Axe(demarche=demarche, ordre=i + 1, intitule=f"{noms[i % 5]} ({i + 1})") for i in range(axes))
    )
    _creer(Axe.enjeux.through, (Axe.enjeux.through(axe=a, enjeu=enjeux[0]) for a in racines))
    _planifier(demarche, racines, acteurs, n, n if fiches is None else fiches)
    _conclure(demarche, acteurs, n, coordination)
    return demarche


def _gouverner(demarche: Demarche, acteurs: list[Structure], par: Utilisateur) -> None:
    n, maintenant = len(acteurs), timezone.now()
    _creer(
        Membre,
        (
            Membre(
                gouvernance=demarche.gouvernance,
                structure=s,
                statut=StatutMembre.CONFIRME,
                confirme_le=maintenant,
            )
            for s in acteurs
        ),
    )
    comptes = _creer(
        Utilisateur,
        (
            Utilisateur(
                email=f"membre.{next(_numeros)}@banc.example", nom="Membre", structure=s, password="!"
            )
            for s in acteurs
        ),
    )
    _creer(Mandat, (Mandat(utilisateur=u, demarche=demarche, role=Role.PARTENAIRE) for u in comptes))
    personnes = _creer(
        Personne,
        (
            Personne(
                gouvernance=demarche.gouvernance,
                structure=s,
                prenom="Élue",
                nom=f"n° {s.pk}",
                qualite=Qualite.ELU,
            )
            for s in acteurs
        ),
    )
    CahierDesCharges.objects.create(
        demarche=demarche, objectifs=PARAGRAPHE, contexte=PARAGRAPHE, methode=PARAGRAPHE
    )
    types = [TypeInstance.COPIL, TypeInstance.COTECH, TypeInstance.PARTENARIAL]
    instances = _creer(
        Instance,
        (Instance(demarche=demarche, type=types[i % len(types)], nom=f"Instance {i + 1}") for i in range(n)),
    )
    sieges = _creer(
        Siege, (Siege(instance=instances[0], structure=p.structure, personne=p) for p in personnes)
    )
    seances = _creer(
        Seance,
        (
            Seance(
                instance=instances[0],
                numero=i + 1,
                debut=datetime(2026, 1, 5, 14, tzinfo=timezone.get_current_timezone()) + timedelta(days=i),
                etat=EtatSeance.OUVERTE,
                ouverte_le=maintenant,
            )
            for i in range(n)
        ),
    )
    jalons = _creer(
        Jalon,
        (
            Jalon(
                demarche=demarche,
                code=c,
                ordre=i + 1,
                echeance=date(2026, 1, 30) + timedelta(days=30 * i),
                instance=instances[0],
            )
            for i, c in enumerate(CodeJalon)
        ),
    )
    _creer(
        PointOrdreDuJour,
        (
            PointOrdreDuJour(seance=seances[0], ordre=i + 1, objet=f"Point {i + 1}", jalon=jalons[i % 5])
            for i in range(n)
        ),
    )
    _creer(Presence, (Presence(seance=seances[0], siege=s, etat=EtatPresence.PRESENT) for s in sieges))
    decisions = _creer(
        Decision,
        (
            Decision(
                seance=seances[0],
                ordre=i + 1,
                nature=NatureDecision.VALIDATION,
                objet=f"Décision {i + 1}",
                jalon=jalons[i] if i < 4 else None,
            )
            for i in range(n)
        ),
    )
    for jalon, decision in zip(jalons[:4], decisions, strict=False):
        jalon.etat, jalon.decision = "valide", decision
        jalon.save()
    _creer(
        PointDeBlocage,
        (
            PointDeBlocage(demarche=demarche, libelle=f"Blocage {i + 1}", responsable=acteurs[i])
            for i in range(n)
        ),
    )


def _diagnostiquer(demarche: Demarche, n: int) -> list[Enjeu]:
    serie = SerieIndicateur.objects.create(
        code=f"serie-{next(_numeros)}", libelle="Part des foyers équipés", source="Banc", unite="%"
    )
    mesures = _creer(
        Mesure,
        (
            Mesure(
                serie=serie,
                echelle="departement",
                territoire="24",
                territoire_nom="Dordogne",
                annee=1990 + i,
                valeur=Decimal(i),
            )
            for i in range(n)
        ),
    )
    natures = list(NatureConstat)
    constats = _creer(
        Constat,
        (
            Constat(
                demarche=demarche,
                ordre=i,
                nature=natures[i % 6],
                intitule=f"Constat {i + 1}",
                description=PARAGRAPHE,
                sources="INSEE",
            )
            for i in range(n)
        ),
    )
    _creer(
        Constat.mesures.through,
        (Constat.mesures.through(constat=c, mesure=m) for c, m in zip(constats, mesures, strict=True)),
    )
    regards = [(constats[0], i) for i in range(n)] + [(c, 0) for c in constats[1:]]
    postures = list(Posture)
    _creer(
        Regard,
        (
            Regard(constat=c, auteur=f"Voix {i}", posture=postures[i % 4], texte="D’accord.", accord=1)
            for c, i in regards
        ),
    )
    enjeux = _creer(
        Enjeu,
        (
            Enjeu(
                demarche=demarche,
                ordre=i,
                rang=i + 1,
                etat=EtatEnjeu.RETENU,
                question=f"Comment aider ({i + 1}) ?",
            )
            for i in range(n)
        ),
    )
    lien = Enjeu.constats.through
    _creer(
        lien, (lien(enjeu=e, constat=c) for i, e in enumerate(enjeux) for c in (constats[i], constats[i - 1]))
    )
    return enjeux


def _animer(demarche: Demarche, n: int, acteurs: list[Structure]) -> None:
    ateliers = _creer(
        Atelier,
        (Atelier(demarche=demarche, type=TypeAtelier.ENJEUX, titre=f"Atelier {i + 1}") for i in range(n)),
    )
    groupes = _creer(SousGroupe, (SousGroupe(atelier=ateliers[0], nom=f"Groupe {i + 1}") for i in range(n)))
    prises = [(ateliers[0], groupes[i]) for i in range(n)] + [(a, None) for a in ateliers[1:]]
    _creer(
        Contribution,
        (Contribution(atelier=a, sous_groupe=g, auteur="Habitante", texte=PARAGRAPHE) for a, g in prises),
    )
    _creer(
        ChantierCle,
        (
            ChantierCle(demarche=demarche, ordre=i, question=f"Que faire ({i + 1}) ?", pilote=acteurs[i])
            for i in range(n)
        ),
    )


def _planifier(demarche: Demarche, axes: list[Axe], acteurs: list[Structure], n: int, nombre: int) -> None:
    maintenant = timezone.now()
    fiches = _creer(
        FicheAction,
        (
            FicheAction(
                demarche=demarche,
                axe=axes[i % len(axes)],
                numero=i + 1,
                titre=f"Permanences itinérantes du secteur {i + 1}",
                nature=NatureFiche.NOUVELLE,
                contexte=PARAGRAPHE * 2,
                objectifs=PARAGRAPHE,
                description=PARAGRAPHE * 3,
                structure_porteuse=acteurs[i % n],
                pilote="Chargée de mission",
                debut=date(2026, 9, 1),
                fin=date(2028, 8, 31),
                moyens_humains="Deux médiatrices",
                moyens_materiels="Un véhicule",
                priorite=1 + i % 3,
                etat=EtatFiche.RETENUE,
                proposee_le=maintenant,
                retenue_le=maintenant,
            )
            for i in range(nombre)
        ),
    )
    lien = FicheAction.enjeux.through
    enjeu = demarche.enjeux.first()
    _creer(lien, (lien(ficheaction=f, enjeu=enjeu) for f in fiches))
    detail = [(fiches[0], i) for i in range(n)] + [(f, i) for f in fiches[1:] for i in range(2)]
    _creer(
        Partenariat,
        (Partenariat(fiche=f, structure=acteurs[i], apport="Une salle et un agent") for f, i in detail),
    )
    _creer(
        EtapeFiche,
        (EtapeFiche(fiche=f, libelle=f"Étape {i + 1}", echeance=date(2027, 1, 1)) for f, i in detail),
    )
    _creer(
        Indicateur,
        (
            Indicateur(fiche=f, libelle="Personnes accompagnées", reference=0, cible=400, unite="personnes")
            for f, i in detail
        ),
    )
    natures, types = list(NatureDepense), list(TypeFinanceur)
    _creer(
        LigneBudget,
        (
            LigneBudget(
                fiche=f,
                annee=2026 + i % 3,
                nature=natures[i % 3],
                libelle=f"Dépense {i + 1}",
                montant=Decimal("12000.50"),
            )
            for f, i in detail
        ),
    )
    _creer(
        Financement,
        (
            Financement(
                fiche=f,
                financeur=f"Financeur {i + 1}",
                type=types[i % 10],
                demande=Decimal("6000.25" if i % 5 == 4 else "12000.50"),
            )
            for f, i in detail
        ),
    )


def _conclure(demarche: Demarche, acteurs: list[Structure], n: int, par: Utilisateur) -> None:
    _creer(
        Signataire,
        (
            Signataire(
                demarche=demarche,
                ordre=i + 1,
                structure=s,
                nom=f"Signataire {i + 1}",
                qualite="Présidente",
                engagement="Tenir les moyens.",
                utilisateur=par if i else None,
            )
            for i, s in enumerate(acteurs)
        ),
    )
    _creer(
        Document, (Document(demarche=demarche, nature=NatureDocument.PROJET, cree_par=par) for _ in range(n))
    )
    copier(Evenement, _journal(demarche, par, n))


def _journal(demarche: Demarche, par: Utilisateur, n: int) -> Iterator[Evenement]:
    """L'histoire de la première fiche : `n` lignes."""
    fiche = demarche.fiches.order_by("pk").first()
    for _ in range(n):
        yield Evenement(
            demarche=demarche,
            action="modifier",
            objet_type="ficheaction",
            objet_id=str(fiche.pk if fiche else 0),
            objet="Permanences",
            de="Une salle",
            vers="Deux salles",
            par=par,
        )
