"""Le certificat d'essai : le fabriquer, le reconnaître, le refuser en production.

Module léger (ni WeasyPrint ni pyHanko) : il est importé au démarrage de chaque commande, par checks.py.
"""

import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

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


def racines_de(chemin: Path) -> Path:
    """Le fichier PEM des autorités reconnues, à côté du PKCS#12 : cachet.p12 → cachet.racines.pem."""
    return chemin.with_suffix(".racines.pem")


def racines() -> Path:
    """Les autorités reconnues par l'examen : réglage SIGNATURE_RACINES, sinon à côté du certificat."""
    return Path(getattr(settings, "SIGNATURE_RACINES", "") or racines_de(settings.SIGNATURE_CERTIFICAT))


def est_certificat_d_essai(chemin: Path, mot_de_passe: str | None = None) -> bool:
    """Vrai si le certificat du PKCS#12 est d'essai. Lève ImproperlyConfigured s'il ne se lit pas."""
    mot_de_passe = settings.SIGNATURE_MOT_DE_PASSE if mot_de_passe is None else mot_de_passe
    try:
        certificat = pkcs12.load_pkcs12(chemin.read_bytes(), mot_de_passe.encode()).cert.certificate
    except (OSError, ValueError, AttributeError) as erreur:
        raise ImproperlyConfigured(
            "SIGNATURE_CERTIFICAT ne se lit pas : fichier absent, malformé, ou SIGNATURE_MOT_DE_PASSE faux."
        ) from erreur
    noms = [nom.value for sujet in (certificat.subject, certificat.issuer) for nom in sujet]
    return MARQUE in noms or AUTORITE in noms


def exiger_cachet_reel() -> None:
    """Au démarrage (wsgi, worker) : en production, lève ImproperlyConfigured sur un certificat d'essai."""
    if settings.EN_PRODUCTION and est_certificat_d_essai(settings.SIGNATURE_CERTIFICAT):
        raise ImproperlyConfigured(
            "SIGNATURE_CERTIFICAT est le certificat d’essai : la production demande un vrai cachet."
        )


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
