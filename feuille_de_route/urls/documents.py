"""Adresses des documents, de la signature, de la transmission et de la vérification publique."""

from django.urls import path

from feuille_de_route.views import documents, signatures, transmission, verification

D = "demarches/<uuid:uuid>/"

urlpatterns = [
    path("verifier", verification.verifier, name="verifier"),
    path(D + "documents/", documents.liste, name="documents"),
    path(D + "documents/projet/", documents.editer_projet, name="projet_editer"),
    path(D + "documents/version-<int:numero>.json", documents.version_json, name="version_json"),
    path(D + "documents/<uuid:document_uuid>/", documents.etat, name="document_etat"),
    path(D + "documents/<uuid:document_uuid>/pdf", documents.pdf, name="document_pdf"),
    path(D + "documents/<uuid:document_uuid>/reessayer/", documents.reessayer, name="document_reessayer"),
    path(D + "documents/<uuid:document_uuid>/signer/", signatures.signer, name="signer"),
    path(D + "documents/<uuid:document_uuid>/refuser/", signatures.refuser, name="signature_refuser"),
    path(
        D + "documents/<uuid:document_uuid>/redemander/<int:ordre>/",
        signatures.redemander,
        name="signature_redemander",
    ),
    path(D + "signataires/", signatures.signataires, name="signataires"),
    path(D + "signataires/ajouter/", signatures.signataire, name="signataire_ajouter"),
    path(D + "signataires/<uuid:signataire_uuid>/", signatures.signataire, name="signataire_modifier"),
    path(
        D + "signataires/<uuid:signataire_uuid>/retirer/",
        signatures.retirer_signataire,
        name="signataire_retirer",
    ),
    path(D + "transmission/", transmission.page, name="transmission"),
    path(D + "transmission/demander/", transmission.demander, name="transmission_demander"),
    path(
        D + "transmission/<uuid:transmission_uuid>/reessayer/",
        transmission.reessayer,
        name="transmission_reessayer",
    ),
    path(
        D + "transmission/<uuid:transmission_uuid>/<slug:acte>/",
        transmission.repondre,
        name="transmission_repondre",
    ),
]
