"""Une page voyage compressée ; un PDF garde ses octets."""

import gzip

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse

from gouvernance.socle.compression import CompressionDesPages


@pytest.mark.django_db
def test_une_page_voyage_compressee_et_se_relit(client):
    url = reverse("accueil")
    nue, compressee = client.get(url), client.get(url, headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in nue
    assert compressee["Content-Encoding"] == "gzip"
    assert len(compressee.content) < len(nue.content) / 2
    assert "Feuille de route" in gzip.decompress(compressee.content).decode()


def test_un_pdf_n_est_pas_recompresse():
    octets = b"%PDF-1.7 " * 1000
    garde = CompressionDesPages(lambda requete: HttpResponse(octets, content_type="application/pdf"))
    reponse = garde(RequestFactory().get("/", headers={"accept-encoding": "gzip"}))
    assert reponse.content == octets
    assert "Content-Encoding" not in reponse
