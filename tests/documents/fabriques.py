"""De quoi fabriquer un petit document signé, sans base de données."""

from datetime import UTC, datetime, timedelta

from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper

from feuille_de_route.documents.rendu import Edition, PieceJointe, html_vers_pdf
from feuille_de_route.documents.signature import Apposition, Champ, apposer, preparer, sceller

DATE = datetime(2026, 3, 1, 8, 5, tzinfo=UTC)
EDITION = Edition(titre="Feuille de route d’essai", identifiant=b"edition-1", date=DATE)
JSON_JOINT = '{"titre": "Feuille de route", "élue": "numérique"}'.encode()
VERSION = PieceJointe("version.json", JSON_JOINT, "La version figée", DATE)
STYLE = """@page { size: A4; margin: 20mm } body { font: 10pt "DejaVu Sans" }
a { display: block; height: 34mm }
main { width: 80mm }"""


def page(*noms: str, corps: str = "", style: str = STYLE) -> str:
    liens = "".join(f'<a href="champ:{nom}"></a>' for nom in noms)
    return (
        f'<!doctype html><html lang="en"><head><title>Autre titre</title><style>{style}</style></head>'
        f"<body><h1>Feuille de route</h1>{corps}<main>{liens}</main></body></html>"
    )


def pdf(*noms: str, **options) -> bytes:
    return html_vers_pdf(page(*noms, **options), EDITION, [VERSION])


def apposition(nom: str = "Élue du numérique", **champs) -> Apposition:
    valeurs = {"qualite": "Vice-présidente", "structure": "Conseil départemental « d’essai »", "date": DATE}
    return Apposition(nom, **(valeurs | champs))


def document_signe(cachet, signataires: int, *, scelle: bool = True) -> bytes:
    """Un document d'une page, signé par N signataires puis scellé."""
    noms = [f"Signature{rang}" for rang in range(1, signataires + 1)]
    octets = preparer(pdf(*noms, "Sceau"), [Champ(nom, f"Signature de {nom}") for nom in noms])
    for rang, nom in enumerate(noms, 1):
        octets = apposer(octets, nom, apposition(f"Signataire n° {rang}"), cachet)
    return sceller(octets, cachet, date=DATE) if scelle else octets


def horodateur_essai():
    """Un serveur d'horodatage pour rire, et le certificat auquel il faut se fier pour le croire."""
    cle = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    nom = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Horodatage d’essai")])
    maintenant = datetime.now(UTC)
    certificat = (
        x509.CertificateBuilder()
        .subject_name(nom)
        .issuer_name(nom)
        .public_key(cle.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(maintenant - timedelta(hours=1))
        .not_valid_after(maintenant + timedelta(hours=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(cle, hashes.SHA256())
    )
    der = serialization.Encoding.DER
    prive = cle.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    racine = asn1.Certificate.load(certificat.public_bytes(der))
    return DummyTimeStamper(racine, keys.PrivateKeyInfo.load(prive)), racine
