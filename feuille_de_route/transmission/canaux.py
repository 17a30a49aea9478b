"""Les canaux d'envoi. Chacun est idempotent par la référence : refaire un envoi ne double rien chez le
destinataire.

- `depot` : un fichier `<référence>.zip`, écrit à côté puis renommé ; le refaire remplace par les mêmes
octets. Le nom provisoire ne dépend que de la référence (le verrou de la ligne en garantit un seul auteur) :
un essai interrompu est recouvert par le suivant ;
- `http` : POST avec l'en-tête `Idempotency-Key` ; le destinataire reconnaît un second envoi ;
- `courriel` : même `Message-ID` à chaque essai. SMTP n'offre pas mieux : une coupure entre la remise et la
réponse du serveur peut doubler le message, que sa référence fait reconnaître.
"""

import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

DELAI = 20  # secondes
LOCALES = {("http", "127.0.0.1"), ("http", "localhost")}


class EnvoiImpossible(RuntimeError):
    """Le canal a refusé ou n'a pas répondu ; la phrase est montrée à la coordination."""


def deposer(reference: str, paquet: bytes) -> None:
    dossier = Path(settings.TRANSMISSION_DEPOT)
    temporaire = dossier / f".{reference}.partiel"
    try:
        dossier.mkdir(parents=True, exist_ok=True)
        with temporaire.open("wb") as fichier:
            fichier.write(paquet)
            fichier.flush()
            os.fsync(fichier.fileno())
        temporaire.replace(dossier / f"{reference}.zip")
        _fsync_dossier(dossier)
    except OSError as erreur:
        with suppress(OSError):
            temporaire.unlink(missing_ok=True)
        raise EnvoiImpossible(f"Le dossier de dépôt ne s’écrit pas ({erreur.strerror}).") from erreur


def _fsync_dossier(dossier: Path) -> None:
    descripteur = os.open(dossier, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descripteur)
    finally:
        os.close(descripteur)


class _SansRedirection(urllib.request.HTTPRedirectHandler):
    """Une redirection changerait le POST en GET, et un « 200 » passerait pour une remise."""

    def redirect_request(self, *args, **kwargs):
        return None


def poster(reference: str, paquet: bytes) -> None:
    adresse = urlsplit(settings.TRANSMISSION_URL)
    if adresse.scheme != "https" and (adresse.scheme, adresse.hostname) not in LOCALES:
        raise EnvoiImpossible(
            "TRANSMISSION_URL n’est pas une adresse https : demandez à l’exploitant de la donner."
        )
    entetes = {
        "Content-Type": "application/zip",
        "Idempotency-Key": reference,
        "Content-Disposition": f'attachment; filename="{reference}.zip"',
    }
    if settings.TRANSMISSION_JETON:
        entetes["Authorization"] = f"Bearer {settings.TRANSMISSION_JETON}"
    requete = urllib.request.Request(settings.TRANSMISSION_URL, data=paquet, headers=entetes, method="POST")  # noqa: S310
    try:
        with urllib.request.build_opener(_SansRedirection).open(requete, timeout=DELAI):
            return
    except urllib.error.HTTPError as erreur:
        raise EnvoiImpossible(f"Le service de l’ANCT a refusé l’envoi (réponse {erreur.code}).") from erreur
    except (OSError, http.client.HTTPException) as erreur:
        raise EnvoiImpossible("Le service de l’ANCT ne répond pas.") from erreur


def envoyer_courriel(reference: str, paquet: bytes) -> None:
    if not settings.TRANSMISSION_COURRIEL:
        raise EnvoiImpossible("TRANSMISSION_COURRIEL manque : demandez à l’exploitant de donner l’adresse.")
    domaine = urlsplit(settings.ADRESSE_PUBLIQUE).hostname or "localhost"
    message = EmailMessage(
        f"Feuille de route {reference}",
        f"Bonjour,\n\nVeuillez trouver la feuille de route {reference}.\nSon contenu se vérifie sur "
        f"{settings.ADRESSE_PUBLIQUE}/verifier\n",
        to=[settings.TRANSMISSION_COURRIEL],
        headers={"Message-ID": f"<{reference}@{domaine}>"},
    )
    message.attach(f"{reference}.zip", paquet, "application/zip")
    try:
        message.send()
    except OSError as erreur:
        raise EnvoiImpossible("Le serveur de courriel ne répond pas.") from erreur


CANAUX: dict[str, Callable[[str, bytes], None]] = {
    "depot": deposer,
    "http": poster,
    "courriel": envoyer_courriel,
}
