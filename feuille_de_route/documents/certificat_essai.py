"""Le certificat d'essai : le fabriquer, le reconnaître.

    python -m feuille_de_route.documents.certificat_essai     (mot de passe, retour à la ligne, PKCS#12)

Écrit `{"essai": true}` ou s'arrête en erreur : voir `documents/cachet.py`, qui le lance à part.
"""

import json
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from feuille_de_route.documents.cachet import racines_de

MARQUE = "CERTIFICAT D’ESSAI – sans valeur"
AUTORITE = "Autorité d’essai – sans valeur"
ORGANISATION = "Feuille de route (essai)"
DUREE = timedelta(days=3650)
USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def creer_cachet_essai(chemin: Path, mot_de_passe: str) -> Path:
    """Écrit une autorité et un certificat d'essai : PKCS#12 à `chemin`, racine PEM à côté (`racines_de`).

    La clé de l'autorité n'est jamais écrite : elle ne signe que ce certificat.
    Un fichier présent est remplacé.
    """
    cle_autorite, cle = _cle(), _cle()
    autorite = _certificat(AUTORITE, cle_autorite, AUTORITE, cle_autorite, "key_cert_sign", "crl_sign")
    usages = ("digital_signature", "content_commitment")
    certificat = _certificat(MARQUE, cle, AUTORITE, cle_autorite, *usages)
    chiffrement = serialization.BestAvailableEncryption(mot_de_passe.encode())
    paquet = pkcs12.serialize_key_and_certificates(b"cachet", cle, certificat, [autorite], chiffrement)
    chemin.parent.mkdir(parents=True, exist_ok=True)
    racines_de(chemin).write_bytes(autorite.public_bytes(serialization.Encoding.PEM))
    provisoire = chemin.with_suffix(".provisoire")
    provisoire.touch(mode=0o600)
    provisoire.write_bytes(paquet)
    return provisoire.replace(chemin)


def porte_la_marque(paquet: bytes, mot_de_passe: bytes) -> bool:
    """Vrai si le certificat du PKCS#12 est d'essai. Lève ValueError ou AttributeError s'il ne se lit pas."""
    certificat = pkcs12.load_pkcs12(paquet, mot_de_passe).cert.certificate
    noms = [nom.value for sujet in (certificat.subject, certificat.issuer) for nom in sujet]
    return MARQUE in noms or AUTORITE in noms


def _cle() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=3072)


def _certificat(sujet, cle, emetteur, cle_emetteur, *usages) -> x509.Certificate:
    maintenant = datetime.now(UTC)
    est_autorite = sujet == emetteur
    return (
        x509.CertificateBuilder()
        .subject_name(_nom(sujet))
        .issuer_name(_nom(emetteur))
        .public_key(cle.public_key())
        .serial_number(secrets.randbits(150) | 1)
        .not_valid_before(maintenant - timedelta(hours=1))
        .not_valid_after(maintenant + DUREE)
        .add_extension(
            x509.BasicConstraints(ca=est_autorite, path_length=0 if est_autorite else None), critical=True
        )
        .add_extension(x509.KeyUsage(**{usage: usage in usages for usage in USAGES}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(cle.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(cle_emetteur.public_key()), critical=False
        )
        .sign(cle_emetteur, hashes.SHA256())
    )


def _nom(commun: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, commun),
        ]
    )


if __name__ == "__main__":
    _mot_de_passe, _, _paquet = sys.stdin.buffer.read().partition(b"\n")
    json.dump({"essai": porte_la_marque(_paquet, _mot_de_passe)}, sys.stdout)
