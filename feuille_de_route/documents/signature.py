"""Signature PAdES d'un PDF par le cachet de la plateforme : les champs d'abord, puis des ajouts seulement.

Contrat avec le gabarit HTML (page des signatures)
--------------------------------------------------
Chaque signataire a un emplacement, et le sceau aussi :

    <a class="champ-signature" href="champ:Signature1"></a>
    <a class="champ-signature" href="champ:Sceau"></a>

    .champ-signature { display: block; height: 34mm; break-inside: avoid }

- le lien est **vide** et en bloc (ou position absolue) : son rectangle devient celui du champ, et un enfant
  ou un retour à la ligne ferait un second rectangle (refusé) ;
- largeur ≥ 60 mm et hauteur ≥ 26 mm ; 34 mm laissent la place de réserves (cartouche à fond blanc opaque) ;
- un emplacement par nom, chaque nom `[A-Za-z][A-Za-z0-9]*`, et toujours un `champ:Sceau` ;
- ce qui doit se lire avant la signature (nom, qualité, « en attente ») s'écrit à côté, ou dessous en absolu.

`preparer` change ces liens en champs de signature, sur place : l'annotation garde son rang dans l'arbre de
structure, où son élément passe de « Link » à « Form ». Il s'appelle une fois, avant toute signature : créer
un champ après une première signature certifiante la casserait (DocMDP).
"""

import io
import re
import tempfile
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.stamp import StaticStampStyle

from feuille_de_route.documents.cartouche import Apposition, SceauApposable, cartouche
from feuille_de_route.documents.rendu import reempaqueter

PREFIXE = "champ:"
NOM_DE_CHAMP = re.compile(r"[A-Za-z][A-Za-z0-9]{0,40}")
LARGEUR_MINIMALE, HAUTEUR_MINIMALE = 60 / 25.4 * 72, 26 / 25.4 * 72  # points
IMPRIMABLE = 4  # drapeau Print d'une annotation
SIGNATURES_ET_AJOUTS_SEULS = 3  # SigFlags : le fichier porte des signatures, n'y écrire que par ajout
DE_LIEN = ("/A", "/BS", "/Contents", "/Dest", "/H", "/Border")
PLEIN_CADRE = SimpleBoxLayoutRule(AxisAlignment.ALIGN_MID, AxisAlignment.ALIGN_MID, Margins.uniform(0))

__all__ = [
    "Apposition",
    "Cachet",
    "Champ",
    "SignatureImpossible",
    "apposer",
    "champs_de",
    "preparer",
    "sceller",
]


class SignatureImpossible(ValueError):
    """Le document ne peut pas être préparé ou signé ; le message est une phrase à montrer."""


class Champ(NamedTuple):
    """Un champ de signature ; `libelle` est lu par les lecteurs d'écran (« Signature de … »)."""

    nom: str
    libelle: str


class Cachet(NamedTuple):
    """La clé de la plateforme et, s'il y en a un, son serveur d'horodatage (PAdES B-T)."""

    signataire: signers.SimpleSigner
    horodateur: TimeStamper | None = None


SCEAU = Champ("Sceau", "Sceau de la plateforme")


def preparer(octets: bytes, champs: Sequence[Champ]) -> bytes:
    """Change chaque lien `champ:NOM` en champ de signature vide, dans l'ordre donné (`Sceau` s'ajoute).

    Lève SignatureImpossible si un emplacement manque, est double, inattendu ou trop petit.
    """
    voulus = {champ.nom: champ for champ in champs}
    if len(voulus) != len(champs) or not all(map(NOM_DE_CHAMP.fullmatch, voulus)):
        raise SignatureImpossible("Deux champs de signature portent le même nom, ou un nom non permis.")
    voulus.setdefault(SCEAU.nom, SCEAU)
    with pikepdf.open(io.BytesIO(octets)) as pdf:
        if "/AcroForm" in pdf.Root:
            raise SignatureImpossible("Le document a déjà ses champs de signature.")
        places = _emplacements(pdf, set(voulus))
        for nom, champ in voulus.items():
            _changer_en_champ(pdf, *places[nom], champ)
        pdf.Root.AcroForm = pdf.make_indirect(
            Dictionary(Fields=Array([places[nom][1] for nom in voulus]), SigFlags=SIGNATURES_ET_AJOUTS_SEULS)
        )
        return reempaqueter(pdf)


def champs_de(octets: bytes) -> dict[str, bool]:
    """Les champs de signature du document, dans l'ordre : nom → déjà rempli."""
    return {nom: valeur is not None for nom, valeur, _ in fields.enumerate_sig_fields(_ouvrir(octets))}


def apposer(octets: bytes, champ: str, apposition: Apposition | SceauApposable, cachet: Cachet) -> bytes:
    """Remplit `champ` d'une signature PAdES visible ; les octets reçus restent le début du résultat.

    La première signature certifie (seul le remplissage de champs reste permis), les suivantes approuvent.
    Lève SignatureImpossible : champ inconnu ou déjà signé, document scellé, horodatage injoignable.
    """
    flux = _ouvrir(octets)
    champs = {nom: (valeur, reference) for nom, valeur, reference in fields.enumerate_sig_fields(flux)}
    if champ not in champs:
        raise SignatureImpossible(f"Le document n’a pas de champ de signature « {champ} ».")
    remplis = [nom for nom, (valeur, _) in champs.items() if valeur is not None]
    if SCEAU.nom in remplis:
        raise SignatureImpossible("Le document est scellé : il ne reçoit plus de signature.")
    if champ in remplis:
        raise SignatureImpossible(f"Le champ « {champ} » est déjà signé.")
    gauche, bas, droite, haut = (float(valeur) for valeur in champs[champ][1].get_object()["/Rect"])
    with tempfile.NamedTemporaryFile(suffix=".pdf") as image:
        image.write(cartouche(apposition, abs(droite - gauche), abs(haut - bas)))
        image.flush()
        return _signer(flux, _mentions(champ, apposition, premiere=not remplis), cachet, image.name)


def sceller(octets: bytes, cachet: Cachet, *, date: datetime) -> bytes:
    """Remplit le champ `Sceau`, en dernier. Lève SignatureImpossible si aucune signature n'est posée."""
    signatures = sum(rempli for nom, rempli in champs_de(octets).items() if nom != SCEAU.nom)
    if not signatures:
        raise SignatureImpossible("Aucune signature n’est posée : il n’y a rien à sceller.")
    return apposer(octets, SCEAU.nom, SceauApposable(date=date, signatures=signatures), cachet)


def _emplacements(pdf: pikepdf.Pdf, voulus: set[str]) -> dict[str, tuple[pikepdf.Page, pikepdf.Object]]:
    places = {}
    for page in pdf.pages:
        for annotation in page.obj.get("/Annots", []):
            adresse = str(annotation.get("/A", {}).get("/URI", ""))
            if not adresse.startswith(PREFIXE):
                continue
            nom = adresse.removeprefix(PREFIXE)
            if nom not in voulus:
                raise SignatureImpossible(f"Le document prévoit un champ « {nom} » inattendu.")
            if nom in places:
                raise SignatureImpossible(
                    f"Le champ « {nom} » a plusieurs rectangles : son lien doit être vide."
                )
            places[nom] = (page, annotation)
    if manquants := sorted(voulus - places.keys()):
        raise SignatureImpossible(f"Le document n’a pas d’emplacement pour : {', '.join(manquants)}.")
    return places


def _changer_en_champ(pdf, page, annotation, champ: Champ) -> None:
    x1, y1, x2, y2 = (float(valeur) for valeur in annotation.Rect)
    gauche, bas, droite, haut = min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)
    if droite - gauche < LARGEUR_MINIMALE - 1 or haut - bas < HAUTEUR_MINIMALE - 1:
        raise SignatureImpossible(f"L’emplacement du champ « {champ.nom} » fait moins de 60 × 26 mm.")
    for cle in DE_LIEN:
        if cle in annotation:
            del annotation[cle]
    vide = pdf.make_stream(
        b"", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, droite - gauche, haut - bas]
    )
    annotation.update(
        Dictionary(
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String(champ.nom),
            TU=String(champ.libelle),
            Rect=Array([gauche, bas, droite, haut]),
            F=IMPRIMABLE,
            P=page.obj,
            AP=Dictionary(N=vide),
        )
    )
    _rebaliser(pdf, annotation, champ)


def _rebaliser(pdf, annotation, champ: Champ) -> None:
    """« Link » devient « Form », avec sa seule annotation pour contenu.

    Hors tableau : c'est la forme que pyHanko reconnaît quand il compare les révisions d'un document balisé.
    """
    if "/StructParent" not in annotation:
        return
    arbre = pikepdf.NumberTree(pdf.Root.StructTreeRoot.ParentTree)
    element = arbre[int(annotation.StructParent)]
    if len(element.K) != 1:
        raise SignatureImpossible(f"Le lien du champ « {champ.nom} » doit être vide.")
    element.S, element.K = Name.Form, element.K[0]


def _ouvrir(octets: bytes) -> IncrementalPdfFileWriter:
    try:
        return IncrementalPdfFileWriter(io.BytesIO(octets))
    except PdfReadError as erreur:
        raise SignatureImpossible("Le document à signer n’est pas un PDF lisible.") from erreur


def _mentions(champ: str, apposition, *, premiere: bool) -> signers.PdfSignatureMetadata:
    reserves = getattr(apposition, "reserves", "")
    return signers.PdfSignatureMetadata(
        field_name=champ,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        name=apposition.signataire,
        reason=apposition.raison + (" (avec réserves)" if reserves else ""),
        certify=premiere,
        docmdp_permissions=fields.MDPPerm.FILL_FORMS,
    )


def _signer(flux, mentions: signers.PdfSignatureMetadata, cachet: Cachet, image: str) -> bytes:
    style = StaticStampStyle.from_pdf_file(image, border_width=0, background_layout=PLEIN_CADRE)
    signeur = signers.PdfSigner(mentions, cachet.signataire, timestamper=cachet.horodateur, stamp_style=style)
    try:
        return signeur.sign_pdf(flux, existing_fields_only=True).getvalue()
    except (SigningError, OSError) as erreur:
        raise SignatureImpossible(f"La signature n’a pas pu être posée : {erreur}") from erreur
