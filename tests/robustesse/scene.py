"""Deux démarches entières dans deux départements : un objet pour chaque identifiant que porte une adresse."""

import re
from functools import cache
from types import SimpleNamespace

from django.apps import apps
from django.db import connection, models
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from feuille_de_route import signatures, versions
from feuille_de_route.models import (
    Document,
    NatureDocument,
    Papier,
    PartageDeFiche,
    Signature,
    Transmission,
)
from gouvernance.conduite import calendriers
from gouvernance.models import (
    Adhesion,
    CodeJalon,
    Decision,
    DefinitionAdoptee,
    Demarche,
    EditionDuCahier,
    Etape,
    Evenement,
    PointOrdreDuJour,
    Role,
    Seance,
    SessionOuverte,
    StatutMembre,
)
from gouvernance.socle import coffre
from tests.ateliers.fabriques import AtelierFactory, ChantierFactory, ContributionFactory, SousGroupeFactory
from tests.comptes.fabriques import InvitationFactory, LienFactory, SessionOuverteFactory
from tests.diagnostic.fabriques import (
    ConstatFactory,
    EnjeuFactory,
    MesureFactory,
    RegardFactory,
    SerieFactory,
    SessionFactory,
    VoteFactory,
)
from tests.feuille_de_route.fabriques import (
    AxeFactory,
    BesoinFactory,
    CommentaireFactory,
    DemandeFactory,
    EtapeFicheFactory,
    FicheFactory,
    FinancementFactory,
    PartenariatFactory,
    PieceDeFicheFactory,
    PlafondFactory,
    PointDeSuiviFactory,
    ReleveFactory,
    SignataireFactory,
)
from tests.feuille_de_route.fabriques_partenaires import AvisFactory, LienDeFicheFactory, RemarqueFactory
from tests.feuille_de_route.parcours_mur import DATES
from tests.gouvernance.fabriques import (
    CollegeFactory,
    CommuneFactory,
    DecisionFactory,
    DemarcheFactory,
    EluFactory,
    EpciFactory,
    LimiteFactory,
    MandatFactory,
    MembreFactory,
    PersonneFactory,
    PieceDeCourrielFactory,
    PieceDeSeanceFactory,
    PointDeBlocageFactory,
    PointFactory,
    PresenceFactory,
    RencontreFactory,
    SeanceFactory,
    SiegeFactory,
    StructureFactory,
    TermeFactory,
    UtilisateurFactory,
)

CANARI = "Tournesol-Interdit"
APPLICATIONS = ("gouvernance", "diagnostic", "ateliers", "feuille_de_route")
PARTAGES = {
    "Region", "Departement", "Epci", "Commune", "College", "Thematique", "JetonConsomme",
    "TentativeDeConnexion", "CalendrierType", "EcheanceType", "Enveloppe", "Plafond",
}  # fmt: skip
TECHNIQUES = {
    "password", "identifiant", "siret", "territoire", "code", "cle", "empreinte", "empreinte_code",
    "empreinte_vue",
}  # fmt: skip
PDF = b"%PDF-1.7\n%" + b"feuille de route d'essai\n" * 4 + b"%%EOF\n"
NIL = "00000000-0000-4000-8000-000000000000"


def modeles():
    return [m for a in APPLICATIONS for m in apps.get_app_config(a).get_models() if not m._meta.proxy]


def scene(code: str, *, canari: bool = False) -> SimpleNamespace:
    """Une démarche au plan d'actions, un compte par rôle, et `ids` : chaque identifiant d'adresse."""
    avant = {m: m.objects.order_by("-pk").values_list("pk", flat=True).first() or 0 for m in propres()}
    demarche = DemarcheFactory(
        avec_cadre=True, gouvernance__departement__code=code, gouvernance__note_privee="Confidentiel.",
        gouvernance__note_contexte="Note partagée.", debut="2026-01-01", fin="2027-12-31",
    )  # fmt: skip
    lieu = SimpleNamespace(demarche=demarche, departement=demarche.departement, gens={})
    _acteurs(lieu)
    ids = {**_gouvernance(lieu), **_diagnostic(lieu), **_strategie(lieu)}
    if canari:
        marquer(avant)
    lieu.ids = {"uuid": demarche.uuid, **ids, **_documents(lieu), **_papiers(lieu, ids["seance"])}
    lieu.ids |= _soeur(lieu)
    demarche.refresh_from_db()
    mettre_a(demarche, Etape.PLAN_ACTIONS)
    return lieu


def mettre_a(demarche: Demarche, etape: str) -> None:
    """Pose l'étape et les dates qu'elle implique, sans passer par le parcours."""
    rang, maintenant = Etape(etape).rang, timezone.now()
    champs = {champ: maintenant if rang >= seuil.rang else None for champ, seuil in DATES.items()}
    champs["transmise_le"] = maintenant if rang >= Etape.TRANSMISE.rang else None
    abandon = etape == Etape.ABANDONNEE
    champs |= {"abandonnee_le": maintenant if abandon else None, "motif": "Sans moyens." if abandon else ""}
    Demarche.objects.filter(pk=demarche.pk).update(etape=etape, **champs)
    demarche.refresh_from_db()


def propres():
    return [m for m in modeles() if m.__name__ not in PARTAGES | {"Evenement", "VersionFigee", "Empreinte"}]


def _acteurs(lieu) -> None:
    gouvernance = lieu.demarche.gouvernance
    lieu.structure = StructureFactory(college=CollegeFactory(code="etat"), departement=lieu.departement)
    lieu.autre = StructureFactory(departement=lieu.departement)
    lieu.membre = MembreFactory(gouvernance=gouvernance, structure=lieu.structure, co_porteur=True)
    MembreFactory(gouvernance=gouvernance, structure=lieu.autre)
    for role in Role.values:
        compte = UtilisateurFactory(password=None, nom=role, structure=lieu.structure)
        MandatFactory(utilisateur=compte, demarche=lieu.demarche, role=role)
        lieu.gens[role] = compte
    SessionOuverteFactory(utilisateur=lieu.gens["elu"])
    LienFactory(utilisateur=lieu.gens["elu"])
    PieceDeCourrielFactory(courriel__demarche=lieu.demarche)


def _gouvernance(lieu) -> dict:
    demarche, departement = lieu.demarche, lieu.departement
    instance = demarche.instances.get()
    epci = EpciFactory(departement=departement)
    personne = PersonneFactory(structure=lieu.structure, gouvernance=lieu.demarche.gouvernance, elu=True)
    elu = EluFactory(personne=personne, epci=epci, mandat="Maire.", sensibilite=2, role="naturel")
    visite = RencontreFactory(
        demarche=demarche, epci=epci, referents=[personne], elus=[elu],
        communes=[CommuneFactory(departement=departement, epci=epci, code=f"{departement.pk}901")],
    )  # fmt: skip
    siege = SiegeFactory(instance=instance, structure=lieu.structure, personne=personne)
    SiegeFactory(instance=instance, structure=lieu.autre)
    seance = SeanceFactory(instance=instance, ouverte=True, compte_rendu="Échanges nourris.")
    PointFactory(seance=seance)
    point = PointFactory(seance=seance)
    PresenceFactory(seance=seance, siege=siege)
    decision = DecisionFactory(seance=seance, texte="Poursuivre.")
    piece = PieceDeSeanceFactory(seance=seance, empreinte=coffre.deposer(PDF + b"\n"))
    SeanceFactory(instance=instance)
    Adhesion.objects.create(cahier=demarche.cahier, structure=lieu.structure, edition=1)
    calendriers.charger_defauts()
    return {
        "seance": seance.uuid, "membre": lieu.membre.uuid, "instance": instance.uuid, "siege": siege.uuid,
        "elu": elu.uuid, "rencontre": visite.uuid,
        "point": point.uuid, "decision": decision.uuid, "piece": piece.uuid,
        "personne": personne.uuid, "blocage": PointDeBlocageFactory(demarche=demarche).uuid,
        "terme": TermeFactory(demarche=demarche).uuid, "limite": LimiteFactory(demarche=demarche).uuid,
        "invitation": InvitationFactory(demarche=demarche, cree_par=lieu.gens["coordination"]).uuid,
    }  # fmt: skip


def _diagnostic(lieu) -> dict:
    demarche = lieu.demarche
    mesure = MesureFactory(serie=SerieFactory(), territoire=lieu.departement.code)
    constat = ConstatFactory(demarche=demarche, mesures=[mesure], description="On renonce.")
    ConstatFactory(demarche=demarche)
    regard = RegardFactory(constat=constat)
    enjeu = EnjeuFactory(demarche=demarche, constats=[constat])
    lieu.retenu = EnjeuFactory(demarche=demarche, retenu=True)
    lieu.session = SessionFactory(demarche=demarche)
    VoteFactory(session=lieu.session, enjeu=lieu.retenu, structure=lieu.autre)
    atelier = AtelierFactory(demarche=demarche, synthese="Une synthèse.")
    groupe = SousGroupeFactory(atelier=atelier)
    contribution = ContributionFactory(atelier=atelier, sous_groupe=groupe)
    chantier = ChantierFactory(demarche=demarche)
    return {
        "constat": constat.uuid, "regard": regard.uuid, "enjeu": enjeu.uuid, "atelier": atelier.uuid,
        "contribution": contribution.uuid, "chantier": chantier.uuid,
    }  # fmt: skip


def _strategie(lieu) -> dict:
    demarche = lieu.demarche
    axe = AxeFactory(demarche=demarche, enjeux=[lieu.retenu])
    AxeFactory(demarche=demarche)
    fiche = FicheFactory(demarche=demarche, axe=axe, complete=True, structure_porteuse=lieu.structure)
    proposee = FicheFactory(
        demarche=demarche, axe=axe, complete=True, proposee=True, structure_porteuse=lieu.autre
    )
    PartenariatFactory(fiche=fiche, structure=lieu.autre)
    EtapeFicheFactory(fiche=fiche)
    PlafondFactory(departement=lieu.departement)
    demande = DemandeFactory(fiche=proposee, beneficiaire=lieu.structure, a_modifier=True)
    releve = _suivi(fiche)
    autour = _autour(lieu, fiche)
    FinancementFactory(fiche=fiche)
    BesoinFactory(demarche=demarche, precision="Dix jours.")
    signataire = SignataireFactory(
        demarche=demarche, structure=lieu.structure, utilisateur=lieu.gens["coordination"]
    )
    SignataireFactory(demarche=demarche, structure=lieu.autre, utilisateur=lieu.gens["elu"])
    return {
        "axe_uuid": axe.uuid, "fiche_uuid": fiche.uuid, "signataire_uuid": signataire.uuid,
        "releve": releve.uuid, "demande_uuid": demande.uuid, **autour, **_partenaires(lieu, fiche),
    }  # fmt: skip


def _suivi(fiche):
    """Un point de suivi et un relevé, comme une fiche reprise par un avenant en porte."""
    PointDeSuiviFactory(fiche=fiche, fait="Deux postes pourvus.", a_decider="Louer une salle ?")
    return ReleveFactory(indicateur=fiche.indicateurs.get(), commentaire="Chiffres de la CAF.")


def _autour(lieu, fiche) -> dict:
    """Un fichier joint, un commentaire de la coordination qui cite l'élue, un fil résolu et répondu."""
    coordination = lieu.gens["coordination"]
    piece = PieceDeFicheFactory(fiche=fiche, empreinte=coffre.deposer(PDF + b"\n\n"))
    resolu = CommentaireFactory(fiche=fiche, cree_par=coordination, resolu=True)
    CommentaireFactory(fiche=fiche, parent=resolu, cree_par=lieu.gens["elu"])
    ouvert = CommentaireFactory(fiche=fiche, cree_par=coordination, mentions=[lieu.gens["elu"]])
    return {"piece_uuid": piece.uuid, "commentaire_uuid": ouvert.uuid}


def _partenaires(lieu, fiche) -> dict:
    """Un lien envoyé, une remarque à lever, un avis rendu."""
    avis = AvisFactory(fiche=fiche, instance=lieu.demarche.instances.get(), texte="Utile.")
    return {
        "lien": LienDeFicheFactory(fiche=fiche).uuid, "remarque": RemarqueFactory(fiche=fiche).uuid,
        "avis": avis.uuid,
    }  # fmt: skip


def _editions(demarche: Demarche) -> None:
    """Ce que la base ne laisse plus toucher : le canari y est dès l'écriture."""
    demarche.refresh_from_db()
    decision = Decision.objects.filter(seance__instance__demarche=demarche).first()
    DefinitionAdoptee.objects.create(demarche=demarche, edition=7, texte=demarche.nom, decision=decision)
    EditionDuCahier.objects.create(cahier=demarche.cahier, edition=7, sections={"contexte": demarche.nom})


def _documents(lieu) -> dict:
    """Une version figée, son document à signer, et un premier envoi revenu avec une demande de complément."""
    demarche, maintenant = lieu.demarche, timezone.now()
    Evenement.consigner(demarche, "préparer l’essai", par=None, vers=demarche.nom)
    _editions(demarche)
    version = versions.figer(demarche, par=None)
    document = signatures.ouvrir(demarche, par=None)
    Document.objects.filter(pk=document.pk).update(
        etat="pret", empreinte=coffre.deposer(PDF), pret_le=maintenant, pages=1, taille=len(PDF)
    )
    Document.objects.create(demarche=demarche, nature=NatureDocument.PROJET)
    lieu.document = document
    envoi = Transmission.objects.create(
        demarche=demarche, document=document, reference=f"FDR-{demarche.identifiant}", canal="depot",
        etat="complement", envoyee_le=maintenant, empreinte="a" * 64, complement=demarche.nom,
    )  # fmt: skip
    ordre = Signature.objects.filter(document=document).order_by("ordre").first().ordre
    return {
        "document_uuid": document.uuid, "transmission_uuid": envoi.uuid, "ordre": ordre,
        "numero": version.numero,
    }  # fmt: skip


def _papiers(lieu, seance_uuid) -> dict:
    """Un relevé à lire, un ordre du jour qui se prépare."""
    siens = {"demarche": lieu.demarche, "seance": Seance.objects.get(uuid=seance_uuid)}
    pret = Papier.objects.create(
        **siens, nature="releve", etat="pret", empreinte=coffre.deposer(PDF), taille=len(PDF),
        pret_le=timezone.now(),
    )  # fmt: skip
    Papier.objects.create(**siens, nature="ordre_du_jour")
    return {"papier_uuid": pret.uuid}


def _soeur(lieu) -> dict:
    """Une démarche signée du même département : une fiche de bibliothèque, et que l'on accueille."""
    soeur = DemarcheFactory(groupement=True, gouvernance=lieu.demarche.gouvernance)
    mettre_a(soeur, Etape.SIGNEE)
    fiche = FicheFactory(demarche=soeur, retenue=True, titre="Un bus du numérique")
    partage = PartageDeFiche.objects.create(fiche=fiche, demarche=lieu.demarche)
    return {"signee": fiche.uuid, "partage": partage.uuid}


def marquer(avant: dict) -> None:
    """Chaque texte libre de ce qui vient d'être créé porte le canari."""
    for modele, dernier in avant.items():
        champs = [c for c in modele._meta.concrete_fields if _est_texte_libre(c)]
        for objet in modele.objects.filter(pk__gt=dernier) if champs else []:
            for champ in champs:
                setattr(objet, champ.attname, _canari(champ, objet))
            valeurs = {c.attname: getattr(objet, c.attname) for c in champs}
            modele.objects.filter(pk=objet.pk).update(**valeurs)


def _est_texte_libre(champ) -> bool:
    texte = isinstance(champ, models.CharField | models.TextField) and not isinstance(champ, models.SlugField)
    return texte and not champ.choices and champ.name not in TECHNIQUES and not champ.name.startswith("sha")


CONDITIONNES = {"motif", "motif_refus", "conclusion", "reserves"}  # vides tant que l'état ne les appelle pas


def _canari(champ, objet) -> str:
    if champ.name in CONDITIONNES:
        return getattr(objet, champ.attname)
    if isinstance(champ, models.EmailField):
        return f"{CANARI}-{objet.pk}@secret.example".lower()
    texte = f"{CANARI} {objet.pk} {champ.name}"
    return texte[: champ.max_length] if champ.max_length else texte


# Valeurs des mots d'une adresse qui ne sont pas des identifiants : une connue, une inconnue.
MOTS = {
    "subvention_agir": {"action": "deposer"},
    "subvention_decider": {"action": "accepter"},
    "papier_preparer": {"nature": "releve", "format": "docx"},
    "cahier_preparer": {"format": "docx"},
    "bilan_preparer": {"annee": 2026, "format": "docx"},
    "demarche_franchir": {"passage": "soumettre"},
    "demarche_acte": {"acte": "abandonner"},
    "demarche_rouvrir": {"code": CodeJalon.CADRAGE.value},
    "membre_statut": {"statut": StatutMembre.RETIRE.value},
    "seance_agir": {"action": "clore"},
    "point_agir": {"action": "monter"},
    "cahier_section": {"section": "objectifs"},
    "invitation_agir": {"action": "annuler"},
    "enjeu_trancher": {"action": "retenir"},
    "contribution_convertir": {"vers": "chantier"},
    "chantier_terminer": {"action": "abandonner"},
    "chantier_avancer": {"action": "investiguer"},
    "axe_deplacer": {"sens": "monter"},
    "besoin_preciser": {"code": "animer_la_gouvernance"},
    "besoin_agir": {"code": "animer_la_gouvernance", "acte": "monter"},
    "fiche_section": {"code": "identite"},
    "fiche_partagee_section": {"code": "identite"},
    "fiche_remarque": {"acte": "corrigee"},
    "fiche_partagee_remarque": {"acte": "corrigee"},
    "lien_agir": {"acte": "renvoyer"},
    "fiche_agir": {"action": "proposer"},
    "fiche_fil_agir": {"acte": "resoudre"},
    "transmission_repondre": {"acte": "accuser"},
}


@cache
def adresses() -> dict[str, list[str]]:
    """Nom de chaque adresse → les noms de ses arguments, l'administration de Django exceptée."""
    return {nom: re.findall(r"<(?:\w+:)?(\w+)>", motif) for nom, motif in motifs(get_resolver(), "")}


def motifs(resolveur, prefixe):
    for motif in resolveur.url_patterns:
        chemin = prefixe + str(motif.pattern)
        if isinstance(motif, URLResolver):
            if motif.namespace != "admin":
                yield from motifs(motif, chemin)
        elif isinstance(motif, URLPattern):
            yield motif.name, chemin


def adresse(nom: str, *sources: dict, **remplaces) -> str:
    """L'adresse, ses arguments pris dans la première source qui les a."""
    fusion = {}
    for source in reversed(sources):
        fusion |= source
    fusion |= MOTS.get(nom, {}) | remplaces
    return reverse(nom, kwargs={cle: fusion[cle] for cle in adresses()[nom]})


def compter() -> tuple[int, ...]:
    """Le nombre de lignes de chaque table de nos applications, et la somme des versions : une requête."""
    return _lire(_comptes())


def tout() -> tuple[int, ...]:
    """Le nombre de lignes de chaque table et l'empreinte de leur contenu, toutes colonnes : une requête."""
    return _lire(_empreintes())


@cache
def _comptes() -> str:
    versionnees = [t for t in _tables() if any(c.name == "version" for c in t.fields)]
    return ", ".join(
        [f'(SELECT count(*) FROM "{t.db_table}")' for t in _tables()]  # noqa: S608 — nos tables
        + [f'(SELECT sum(version) FROM "{t.db_table}")' for t in versionnees]  # noqa: S608
    )


@cache
def _empreintes() -> str:
    return ", ".join(
        f'(SELECT (count(*), sum(hashtextextended(t::text, 0)))::text FROM "{t.db_table}" t)'  # noqa: S608
        for t in _tables()
    )


def _tables() -> list:
    """Une session se suit dès la première page : elle ne compte pas comme une écriture de l'acte."""
    return [m._meta for m in modeles() if m is not SessionOuverte]


def _lire(colonnes: str) -> tuple:
    with connection.cursor() as curseur:
        curseur.execute(f"SELECT {colonnes}")
        return curseur.fetchone()


def un_point(lieu) -> int:
    return PointOrdreDuJour.objects.filter(seance__uuid=lieu.ids["seance"]).last().pk
