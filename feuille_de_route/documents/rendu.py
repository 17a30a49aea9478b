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
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import pikepdf
from weasyprint import HTML, Attachment
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

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
        return URLFetcherResponse(url, fichier.read_bytes(), {"Content-Type": genre})


def html_vers_pdf(
    html: str, edition: Edition, pieces_jointes: Sequence[PieceJointe] = (), *, statiques: Path | None = None
) -> bytes:
    """Le PDF balisé, pièces jointes comprises (relation « Data »), réempaqueté pour être vite vérifié.

    `edition.titre`, `.langue` et `.date` (avec fuseau) l'emportent sur ce que dit le HTML.
    """
    date = edition.date.astimezone(UTC).isoformat(timespec="seconds")
    options = {"pdf_variant": "pdf/a-3a", "pdf_tags": True, "pdf_identifier": edition.identifiant}
    options["attachments"] = [_attacher(piece) for piece in pieces_jointes]
    source = HTML(string=html, base_url=BASE, url_fetcher=Ressources(statiques))
    with _sans_ramasse_miettes(), warnings.catch_warnings():
        document = source.render(font_config=FontConfiguration(), **options)
        metadonnees = document.metadata
        metadonnees.title, metadonnees.lang = edition.titre, edition.langue
        metadonnees.created = metadonnees.modified = date
        # WeasyPrint 70 laisse ouvert son profil de couleurs : le seul avertissement que l'on tait.
        warnings.filterwarnings("ignore", message=r".*sRGB2014\.icc", category=ResourceWarning)
        octets = document.write_pdf(uncompressed_pdf=True, **options)
    return _identifier_pdfua(octets)


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


def _identifier_pdfua(octets: bytes) -> bytes:
    with pikepdf.open(io.BytesIO(octets)) as pdf:
        xmp = pdf.Root.Metadata.read_bytes()
        fin = xmp.rindex(b"</rdf:RDF>")
        pdf.Root.Metadata = pdf.make_stream(
            xmp[:fin] + IDENTIFICATION_PDFUA + xmp[fin:],
            {"/Type": pikepdf.Name.Metadata, "/Subtype": pikepdf.Name.XML},
        )
        return reempaqueter(pdf)
