"""Ce que le document imprime : la version figée, et elle seule, sauf pour un projet.

- projet : le contenu courant, avec la liste de ce qui manque ;
- soumis : le JSON figé ;
- à signer : le JSON figé, la décision qui valide la version, les noms et qualités des signataires.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe

from feuille_de_route import parcours
from feuille_de_route.documents.contenu import sommaire
from feuille_de_route.documents.contenu.lecture import INSECABLE, Dossier, espacer, jour
from feuille_de_route.documents.rendu import PieceJointe
from feuille_de_route.echange.canonique import canonique
from feuille_de_route.echange.exporter import exporter
from feuille_de_route.models import Document, NatureDocument
from gouvernance.models import CodeJalon, Decision
from gouvernance.socle.manques import Manque

NOM_JSON = "feuille-de-route.json"
ENTRE_BALISES = re.compile(r">\s*\n\s*<")
FEUILLES = {True: ("pdf.css", "pdf_projet.css"), False: ("pdf.css",)}


class Edite(NamedTuple):
    """Ce qui entoure le contenu : son état, qui l'a validé, qui le signe, ce qui manque encore."""

    nature: str
    numero: int | None
    empreinte: str
    precedente: str
    date: str
    validation: dict
    signataires: list[dict]
    manques: list[Manque]

    @property
    def projet(self) -> bool:
        return self.nature == NatureDocument.PROJET

    @property
    def version(self) -> str:
        return f"Version{INSECABLE}{self.numero}" if self.numero else "Projet"

    @property
    def mention(self) -> str:
        """L'état du document, tel que la couverture le dit."""
        if self.projet:
            return f"Document de travail, contenu au {self.date}"
        if self.validation:
            return espacer(f"Validée par : {self.validation['instance']}, le {self.validation['date']}")
        return f"Soumise à la validation le {self.date}"


def html_du_document(document: Document) -> str:
    """Le HTML complet du document, prêt pour rendu.html_vers_pdf."""
    dossier = Dossier(_texte(document))
    edite = _edite(document)
    contexte = sommaire.contenu(dossier, signataires=edite.signataires, validation=edite.validation) | {
        "edite": edite,
        "style": mark_safe(_style(edite.projet)),  # noqa: S308 : nos propres fichiers, sans donnée saisie
        "marque_etat": settings.MARQUE_ETAT,
        "verifier": f"{settings.ADRESSE_PUBLIQUE}/verifier",
        "nom_json": NOM_JSON,
    }
    # Les retours à la ligne du gabarit entre deux balises ne disent rien, et coûtent 4 % de la mise en page.
    return ENTRE_BALISES.sub("><", render_to_string("pdf/document.html", contexte))


def pieces_jointes(document: Document) -> list[PieceJointe]:
    """Le JSON canonique, octet pour octet celui de la version figée ; pour un projet, l'export du moment."""
    version = document.version_figee
    date = version.figee_le if version else document.cree_le
    sens = "La version figée, au format d’échange" if version else "Le contenu du projet, au format d’échange"
    return [PieceJointe(NOM_JSON, _texte(document).encode(), sens, date)]


def _texte(document: Document) -> str:
    if document.version_figee:
        return document.version_figee.canonique
    return canonique(exporter(document.demarche))


def _edite(document: Document) -> Edite:
    version = document.version_figee
    projet = document.nature == NatureDocument.PROJET
    a_signer = document.nature == NatureDocument.A_SIGNER
    return Edite(
        nature=document.nature,
        numero=version.numero if version else None,
        empreinte=version.empreinte if version else "",
        precedente=version.precedente if version else "",
        date=_jour_a_paris(version.figee_le if version else document.cree_le),
        validation=_validation(document) if a_signer else {},
        signataires=_signataires(document) if a_signer else [],
        manques=parcours.manques(document.demarche) if projet else [],
    )


def _validation(document: Document) -> dict:
    """La décision qui valide la version : elle suit la version figée, qui ne peut pas la contenir."""
    decisions = Decision.objects.filter(
        jalons_acquis__demarche=document.demarche, jalons_acquis__code=CodeJalon.VALIDATION
    )
    decision = decisions.select_related("seance__instance").first()
    if decision is None:
        return {}
    return {
        "numero": decision.numero,
        "date": _jour_a_paris(decision.seance.debut),
        "instance": espacer(str(decision.seance.instance)),
        "reserves": espacer(decision.reserves),
    }


def _signataires(document: Document) -> list[dict]:
    signatures = document.signatures.select_related("signataire__structure")
    return [
        {
            "champ": f"Signature{s.ordre}",
            "nom": espacer(s.signataire.nom),
            "qualite": espacer(s.signataire.qualite),
            "structure": espacer(s.signataire.structure.nom),
        }
        for s in signatures
    ]


def _jour_a_paris(moment: datetime) -> str:
    return jour(timezone.localtime(moment).date())


@lru_cache
def _style(projet: bool) -> str:
    dossier = settings.BASE_DIR / "static" / "css"
    return "\n".join((dossier / nom).read_text(encoding="utf-8") for nom in FEUILLES[projet])
