"""Transmettre une feuille de route, ouvrir le paquet parti."""

import csv
import io
import zipfile

from feuille_de_route.models import Transmission
from gouvernance.socle import coffre
from tests.feuille_de_route.saisies import url
from tests.feuille_de_route.scenes import coordination_de


def transmettre(client, demarche, **donnees):
    client.force_login(coordination_de(demarche))
    return client.post(url("transmission_demander", demarche), {"confirmer": "oui"} | donnees)


def paquet_de(demarche):
    envoi = Transmission.objects.get(demarche=demarche)
    return zipfile.ZipFile(io.BytesIO(coffre.lire(envoi.empreinte, "zip")))


def lire_csv(archive, nom):
    return list(csv.reader(io.StringIO(archive.read(f"csv/{nom}.csv").decode("utf-8-sig")), delimiter=";"))
