"""Une séance tenue, de quoi y préparer chaque papier, et de quoi relire ce qui en sort."""

import io
import subprocess
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

from django.urls import reverse
from django.utils import timezone

from feuille_de_route import papiers
from feuille_de_route.documents.papiers import production
from feuille_de_route.models import Papier
from gouvernance.models import EtatPresence, PieceDeSeance, PointDeBlocage, Qualite
from gouvernance.socle import coffre
from tests.gouvernance.fabriques import (
    PARIS,
    CollegeFactory,
    DecisionFactory,
    PersonneFactory,
    PointFactory,
    PresenceFactory,
    SeanceFactory,
    SiegeFactory,
    StructureFactory,
)

DEBUT = datetime(2026, 2, 10, 14, 0, tzinfo=PARIS)
COLLEGES = ("etat", "departement", "epci", "mediation")
ETATS = (EtatPresence.PRESENT, EtatPresence.PRESENT, EtatPresence.EXCUSE, EtatPresence.REPRESENTE, "")
# La revue et le bilan attendent une feuille de route signée : voir tests/feuille_de_route/test_revues.py.
NATURES = [nature for nature, modele in papiers.MODELES.items() if not modele.suivi]
TOUS = [(nature, format_) for nature in NATURES for format_ in papiers.MODELES[nature].formats]
DE_SEANCE = [(nature, format_) for nature, format_ in TOUS if nature in papiers.DE_LA_SEANCE]


def seance_ouverte(lieu, sieges: int = 5, **champs):
    """Ouverte : deux points, des présences de chaque sorte, une décision avec réserves et une orientation."""
    seance = SeanceFactory(
        instance=lieu.copil, numero=2, debut=DEBUT, ouverte=True, lieu="Préfecture, salle Jean-Moulin",
        compte_rendu="Le sous-préfet ouvre la séance.\n- premier constat ;\n- second constat.", **champs,
    )  # fmt: skip
    premier = None
    for rang in range(sieges):
        siege = _siege(lieu, rang)
        premier = premier or siege
        if etat := ETATS[rang % len(ETATS)]:
            porteur = premier if etat == EtatPresence.REPRESENTE else None
            PresenceFactory(seance=seance, siege=siege, etat=etat, pouvoir_a=porteur)
    _decider(lieu, seance)
    PieceDeSeance.objects.create(
        seance=seance, nom="Diagnostic-v3.pdf", type_mime="application/pdf", taille=9, empreinte="a" * 64
    )
    return seance


def _siege(lieu, rang: int):
    college = CollegeFactory(code=COLLEGES[rang % 4], ordre=rang % 4)
    structure = StructureFactory(nom=f"Structure {rang:02d}", college=college)
    personne = PersonneFactory(
        gouvernance=lieu.demarche.gouvernance, structure=structure, prenom="Personne", nom=f"n° {rang:02d}",
        qualite=Qualite.ELU, fonction="Vice-présidente" if rang % 2 else "",
    )  # fmt: skip
    return SiegeFactory(instance=lieu.copil, structure=structure, personne=personne, president=rang == 0)


def _decider(lieu, seance) -> None:
    jalon = lieu.demarche.jalons.get(code="diagnostic")
    point = PointFactory(
        seance=seance, ordre=1, objet="Valider le diagnostic", duree=45, rapporteur="La vice-présidente",
        jalon=jalon, echanges="Les maires demandent des permanences.",
    )  # fmt: skip
    PointFactory(seance=seance, ordre=2, objet="Choisir les enjeux", duree=50)
    decision = DecisionFactory(
        seance=seance, point=point, ordre=1, nature="validation_reserves", objet="Le diagnostic est validé",
        texte="Il sera publié.", reserves="Compléter le volet équipement.", jalon=jalon,
    )  # fmt: skip
    PointDeBlocage.objects.create(
        demarche=lieu.demarche, decision=decision, libelle=decision.reserves, echeance="2026-04-15",
        responsable=StructureFactory(nom="Caisse d'allocations familiales"),
    )  # fmt: skip
    DecisionFactory(seance=seance, ordre=2, objet="Retenir quatre enjeux au plus")


def clore(seance) -> None:
    """Sans passer par la règle : la clôture suit tout ce qui a été noté."""
    seance.etat, seance.close_le = "close", timezone.now() + timedelta(minutes=5)
    seance.save()


def demander(lieu, seance, nature: str, format_: str = "pdf") -> Papier:
    return papiers.demander(
        nature, format_, demarche=lieu.demarche, par=lieu.gens["coordination"],
        seance=None if nature == "cahier" else seance,
    )  # fmt: skip


def preparer(lieu, seance, nature: str, format_: str = "pdf") -> Papier:
    """Demandé, puis fait par la fonction du vrai travailleur."""
    papier = demander(lieu, seance, nature, format_)
    travailler()
    papier.refresh_from_db()
    assert papier.etat == "pret", papier.erreur
    return papier


def deja_pret(lieu, seance, nature: str) -> Papier:
    """Prêt, avec un fichier quelconque : pour ce qui ne regarde pas ce qu'il dit."""
    contenu = f"%PDF {nature}".encode()
    return Papier.objects.create(
        demarche=lieu.demarche, seance=None if nature == "cahier" else seance, nature=nature, etat="pret",
        empreinte=coffre.deposer(contenu), taille=len(contenu), pret_le=timezone.now(),
    )  # fmt: skip


def travailler() -> None:
    for pk in list(Papier.objects.a_faire().values_list("pk", flat=True)):
        production.produire(pk)


def octets(papier: Papier) -> bytes:
    return coffre.lire(papier.empreinte, papier.format)


def texte_pdf(pdf: bytes) -> str:
    """Le texte, espaces ramenées à une : « n° 2 » se cherche comme on le lit."""
    sortie = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(sortie.stdout.decode().split())


def texte(papier: Papier, dossier: Path) -> str:
    """Ce qu'un lecteur lirait : le PDF, ou le Word ouvert par LibreOffice."""
    return texte_pdf(octets(papier) if papier.format == "pdf" else par_libreoffice(octets(papier), dossier))


def par_libreoffice(docx: bytes, dossier: Path) -> bytes:
    """Le Word converti en PDF par LibreOffice, qui a son profil à lui et deux minutes au plus."""
    source = dossier / "papier.docx"
    source.write_bytes(docx)
    profil = f"-env:UserInstallation=file://{dossier / 'profil'}"
    subprocess.run(
        ["soffice", profil, "--headless", "--convert-to", "pdf", "--outdir", dossier, source],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return (dossier / "papier.pdf").read_bytes()


def xml_du_word(docx: bytes, partie: str = "word/document.xml") -> str:
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return archive.read(partie).decode()


def adresse(lieu, seance, nature: str, format_: str) -> str:
    """Celle du bouton « Préparer »."""
    if nature == "cahier":
        return reverse("cahier_preparer", args=[lieu.uuid, format_])
    return reverse("papier_preparer", args=[lieu.uuid, seance.uuid, nature, format_])


def fichier(papier: Papier) -> str:
    return reverse("papier_telecharger", args=[papier.demarche.uuid, papier.uuid])
