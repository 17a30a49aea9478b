"""Un fournisseur OpenID Connect de poche : découverte, autorisation, jeton, identité, clés, sortie."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from gouvernance.comptes.proconnect import reglages as proconnect

CLIENT, SECRET = "feuille-de-route", "secret-d-essai-assez-long-pour-hmac"


class Fournisseur:
    """`jeton`, `identite` : de quoi fausser ce qu'il dit ; `signer_avec` : une autre clé que la publiée."""

    def __init__(self, cle, autre_cle):
        self.cle, self.autre_cle = cle, autre_cle
        self.identite = {"sub": "sub-1", "email": "agent@essais.example", "email_verified": True}
        self.jeton, self.signer_avec, self.algorithme = {}, cle, "RS256"
        self.identite_signee, self.demandes, self.codes = False, [], {}
        fournisseur = self

        class Porte(BaseHTTPRequestHandler):
            def do_GET(self):
                fournisseur.repondre(self, {})

            def do_POST(self):
                corps = self.rfile.read(int(self.headers["Content-Length"])).decode()
                fournisseur.repondre(self, {c: v[0] for c, v in parse_qs(corps).items()})

            def log_message(self, *args):
                pass

        self.serveur = ThreadingHTTPServer(("127.0.0.1", 0), Porte)
        self.serveur.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.serveur.server_port}/api/v2"

    @staticmethod
    def creer_cle():
        return rsa.generate_private_key(65537, 2048)

    def demarrer(self):
        threading.Thread(target=self.serveur.serve_forever, daemon=True).start()

    def arreter(self):
        self.serveur.shutdown()
        self.serveur.server_close()

    def reglages(self) -> dict:
        donnes = {"PROCONNECT_URL": self.url, "PROCONNECT_CLIENT": CLIENT, "PROCONNECT_SECRET": SECRET}
        return proconnect.reglages(lambda nom, defaut="": donnes.get(nom, defaut))

    def autoriser(self, adresse: str) -> str:
        """Ce que fait la personne chez le fournisseur : l'adresse où il la renvoie (chemin et paramètres)."""
        demande = {c: v[0] for c, v in parse_qs(urlsplit(adresse).query).items()}
        self.demandes.append(demande)
        code = f"code-{len(self.demandes)}"
        self.codes[code] = demande
        retour = urlsplit(demande["redirect_uri"])
        return f"{retour.path}?{urlencode({'code': code, 'state': demande['state']})}"

    def repondre(self, porte, corps):
        chemin = urlsplit(porte.path).path.removeprefix("/api/v2")
        rendus = {
            "/.well-known/openid-configuration": lambda: {"issuer": self.url, "jwks_uri": f"{self.url}/jwks"},
            "/jwks": lambda: {"keys": [self._cle_publique()]},
            "/token": lambda: self._jetons(corps),
            "/userinfo": lambda: self._userinfo(porte),
        }
        if chemin not in rendus:
            return self._envoyer(porte, 404, "application/json", "{}")
        contenu = rendus[chemin]()
        if contenu is None:
            return self._envoyer(porte, 400, "application/json", '{"error": "invalid_grant"}')
        if isinstance(contenu, str):
            return self._envoyer(porte, 200, "application/jwt", contenu)
        return self._envoyer(porte, 200, "application/json", json.dumps(contenu))

    def _envoyer(self, porte, statut, genre, texte):
        porte.send_response(statut)
        porte.send_header("Content-Type", genre)
        porte.send_header("Content-Length", str(len(texte.encode())))
        porte.end_headers()
        porte.wfile.write(texte.encode())

    def _cle_publique(self) -> dict:
        jwk = json.loads(RSAAlgorithm.to_jwk(self.cle.public_key()))
        return {**jwk, "kid": "k1", "use": "sig", "alg": "RS256"}

    def _jetons(self, corps) -> dict | None:
        demande = self.codes.pop(corps.get("code"), None)
        if demande is None or (corps["client_id"], corps["client_secret"]) != (CLIENT, SECRET):
            return None
        charge = {
            "iss": self.url, "aud": CLIENT, "sub": self.identite["sub"], "exp": int(time.time()) + 60,
            "iat": int(time.time()), "nonce": demande.get("nonce"),
            "auth_time": int(time.time()) if demande.get("prompt") == "login" else None, **self.jeton,
        }  # fmt: skip
        charge = {c: v for c, v in charge.items() if v is not None}
        return {"access_token": "acces", "token_type": "Bearer", "id_token": self._signer(charge)}

    def _userinfo(self, porte):
        if porte.headers["Authorization"] != "Bearer acces":
            return None
        if self.identite_signee:
            return self._signer({**self.identite, "iss": self.url, "aud": CLIENT})
        return self.identite

    def _signer(self, charge) -> str:
        cle = {"RS256": self.signer_avec, "HS256": SECRET, "none": None}[self.algorithme]
        return jwt.encode(charge, cle, algorithm=self.algorithme, headers={"kid": "k1"})
