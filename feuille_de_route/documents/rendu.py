"""Du HTML au PDF : WeasyPrint, variante « pdf/a-3a », balisé, pièces jointes, toujours les mêmes octets.

Le document est *produit selon* la variante PDF/A-3A et porte l'identification PDF/UA-1 ; aucun validateur n'a
été passé ici, ne jamais écrire « conforme ».

Ce que la page HTML peut charger : des images `data:` et les fichiers du dossier `statiques`, désignés par une
adresse relative (« css/pdf.css »). Tout le reste (file:, http:, chemins qui sortent du dossier…) est refusé
sans lire un octet ni ouvrir une connexion ; l'élément manque, le refus est dans le journal `weasyprint`.
"""

import base64
import gc
import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import pikepdf
from fontTools.ttLib import woff2
from weasyprint import Attachment
from weasyprint.urls import URLFetcher, URLFetcherResponse

from feuille_de_route.documents.assemblage import assembler
from feuille_de_route.documents.decoupe import decouper
from feuille_de_route.documents.mise_en_page import Partie, Reperes
from feuille_de_route.documents.numeros import Numerotation
from feuille_de_route.documents.parallele import ouvrages, processus_possibles

BASE = "https://statiques.invalid/"
TYPES = {
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".otf": "font/otf",
}
ESSAI = """<!doctype html><html lang="fr"><title>Essai</title><h1 id="x">Un</h1>
<p><a href="#x"><b>deux</b></a></p><ul><li>trois</ul><table><tr><th>quatre<td>cinq</table>
<svg viewBox="0 0 9 9"><text>six</text></svg></html>"""
IMAGES_INTEGREES = {"image/png", "image/jpeg", "image/svg+xml"}

# Le schéma PDF/UA n'est pas prédéfini en PDF/A : il faut le décrire (ISO 19005-3, 6.6.2.3).
IDENTIFICATION_PDFUA = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 standard</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>
"""


class AdresseRefusee(ValueError):
    """La page demande une ressource qui n'est pas dans la liste permise."""


class PieceJointe(NamedTuple):
    nom: str
    octets: bytes
    description: str
    date: datetime


class Edition(NamedTuple):
    """Ce qui identifie une édition : deux éditions égales du même HTML donnent les mêmes octets."""

    titre: str
    identifiant: bytes
    date: datetime
    langue: str = "fr"


class Ressources(URLFetcher):
    """La seule porte de WeasyPrint vers l'extérieur : images `data:` et fichiers d'un dossier."""

    def __init__(self, dossier: Path | None = None):
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self.dossier = dossier.resolve() if dossier else None

    def fetch(self, url, headers=None):
        if url[:5].lower() == "data:":
            return self._image_integree(url)
        if self.dossier and url.startswith(BASE):
            return self._statique(url)
        raise AdresseRefusee(f"Adresse refusée : {url[:200]}")

    def _image_integree(self, url):
        entete, _, corps = url[5:].partition(",")
        genre, *options = entete.lower().split(";")
        if genre not in IMAGES_INTEGREES:
            raise AdresseRefusee(f"Donnée intégrée refusée : {genre[:80]}")
        octets = unquote_to_bytes(corps)
        octets = base64.b64decode(octets, validate=True) if "base64" in options else octets
        return URLFetcherResponse(f"data:{genre},", octets, {"Content-Type": genre})

    def _statique(self, url):
        fichier = (self.dossier / unquote(urlsplit(url).path).lstrip("/")).resolve()
        genre = TYPES.get(fichier.suffix)
        if not genre or not fichier.is_relative_to(self.dossier) or not fichier.is_file():
            raise AdresseRefusee(f"Fichier refusé : {url[:200]}")
        octets = _police(fichier) if fichier.suffix == ".woff2" else fichier.read_bytes()
        return URLFetcherResponse(url, octets, {"Content-Type": genre})


@lru_cache(maxsize=8)
def _police(fichier: Path) -> bytes:
    """Une police de la maison, déjà décompressée : WeasyPrint le referait à chaque document (0,1 s)."""
    sortie = io.BytesIO()
    woff2.decompress(io.BytesIO(fichier.read_bytes()), sortie)
    return sortie.getvalue()


def html_vers_pdf(
    html: str,
    edition: Edition,
    pieces_jointes: Sequence[PieceJointe] = (),
    *,
    statiques: Path | None = None,
    processus: int | None = None,
) -> bytes:
    """Le PDF balisé, pièces jointes comprises (relation « Data »), réempaqueté pour être vite vérifié.

    `edition.titre`, `.langue` et `.date` (avec fuseau) l'emportent sur ce que dit le HTML. Un grand document
    se met en page en deux parties, sur `processus` processus (par défaut, autant que possible) : les octets
    n'en dépendent pas. Lève MiseEnPageInterrompue si l'un d'eux meurt ou s'attarde.
    """
    parties = [
        Partie(
            texte, _source(statiques), _options(pieces_jointes if rang == 0 else ()), _metadonnees(edition)
        )
        for rang, texte in enumerate(decouper(html))
    ]
    with _sans_ramasse_miettes(), warnings.catch_warnings():
        # WeasyPrint 70 laisse ouvert son profil de couleurs : le seul avertissement que l'on tait.
        warnings.filterwarnings("ignore", message=r".*sRGB2014\.icc", category=ResourceWarning)
        if len(parties) > 1:
            _echauffer(statiques)
        with ouvrages(parties, processus or processus_possibles()) as en_cours:
            reperes = [ouvrage.reperes() for ouvrage in en_cours]
            for ouvrage, numerotation in zip(en_cours, _numeroter(reperes), strict=True):
                ouvrage.numeroter(numerotation)
            with assembler([ouvrage.octets() for ouvrage in en_cours], reperes) as pdf:
                return _identifier(pdf, edition)


@lru_cache(maxsize=1)
def _echauffer(statiques: Path | None) -> None:
    """Charge une fois ce dont chaque enfant hérite : polices, styles et fonctions de WeasyPrint."""
    for police in sorted(statiques.glob("fonts/*.woff2")) if statiques else ():
        _police(police.resolve())
    essai = Partie(ESSAI, _source(None), _options(()), {})
    essai.mettre_en_page()
    essai.ecrire(Numerotation(1, 1, {}))


def _source(statiques: Path | None) -> dict:
    return {"base_url": BASE, "url_fetcher": Ressources(statiques)}


def _options(pieces_jointes: Sequence[PieceJointe]) -> dict:
    """L'identifiant se pose à l'assemblage : WeasyPrint écrirait tout deux fois pour calculer le sien."""
    attaches = [_attacher(piece) for piece in pieces_jointes]
    return {
        "pdf_variant": "pdf/a-3a",
        "pdf_tags": True,
        "pdf_identifier": False,
        "attachments": attaches,
    }


def _metadonnees(edition: Edition) -> dict:
    date = edition.date.astimezone(UTC).isoformat(timespec="seconds")
    return {"title": edition.titre, "lang": edition.langue, "created": date, "modified": date}


def _numeroter(reperes: Sequence[Reperes]) -> list[Numerotation]:
    """La première page de chaque partie, et la page de chaque ancre dans le document entier."""
    total = sum(partie.pages for partie in reperes)
    debuts = [1 + sum(partie.pages for partie in reperes[:rang]) for rang in range(len(reperes))]
    ancres: dict[str, int] = {}
    for debut, partie in zip(debuts, reperes, strict=True):
        for ancre, page in partie.ancres.items():
            ancres.setdefault(ancre, debut + page)
    return [Numerotation(debut, total, ancres) for debut in debuts]


@contextmanager
def _sans_ramasse_miettes() -> Iterator[None]:
    """WeasyPrint crée des millions d'objets qu'il garde : les repasser en revue coûtait 20 % du temps."""
    actif = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if actif:
            gc.enable()


def reempaqueter(pdf: pikepdf.Pdf) -> bytes:
    """Écrit le fichier en flux d'objets : vérifier ses signatures en devient vingt fois plus rapide."""
    sortie = io.BytesIO()
    pdf.save(
        sortie,
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
        compress_streams=True,
        deterministic_id=True,
    )
    return sortie.getvalue()


def _attacher(piece: PieceJointe) -> Attachment:
    date = piece.date.astimezone(UTC)
    return Attachment(
        file_obj=io.BytesIO(piece.octets),
        name=piece.nom,
        description=piece.description,
        created=date,
        modified=date,
        relationship="Data",
    )


def _identifier(pdf: pikepdf.Pdf, edition: Edition) -> bytes:
    """Ajoute l'identification PDF/UA aux métadonnées, l'identifiant de l'édition au fichier."""
    xmp = pdf.Root.Metadata.read_bytes()
    fin = xmp.rindex(b"</rdf:RDF>")
    pdf.Root.Metadata = pdf.make_stream(
        xmp[:fin] + IDENTIFICATION_PDFUA + xmp[fin:],
        {"/Type": pikepdf.Name.Metadata, "/Subtype": pikepdf.Name.XML},
    )
    pdf.trailer.ID = pikepdf.Array([pikepdf.String(edition.identifiant)] * 2)
    return reempaqueter(pdf)
