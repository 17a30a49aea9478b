"""Compresser ce qui se lit, et rien d'autre."""

from django.middleware.gzip import GZipMiddleware

LISIBLES = ("text/html", "application/json")


class CompressionDesPages(GZipMiddleware):
    """Le gzip de Django (longueur brouillée contre BREACH), pour les pages seules.

    Un PDF ou un ZIP est déjà compressé ; un flux garde sa longueur et son début immédiat.
    """

    def process_response(self, request, response):
        if response.streaming or not response.get("Content-Type", "").startswith(LISIBLES):
            return response
        return super().process_response(request, response)
