"""Soumettre, signer dans l'ordre, transmettre, accuser réception ; attendre le travailleur entre deux."""

from feuille_de_route import parcours, signatures, transmissions
from feuille_de_route.demonstration.jeu import Jeu, Pas
from feuille_de_route.models import (
    Document,
    EtatDocument,
    EtatSignature,
    EtatTransmission,
    NatureDocument,
    Signature,
    Transmission,
)
from gouvernance.models import Etape


def franchir(nom: str, par: str) -> Pas:
    """Fait passer la démarche à l'étape suivante."""
    passage = parcours.PASSAGES[nom]

    def faire(jeu: Jeu) -> None:
        parcours.franchir(nom, jeu.demarche.pk, par=jeu.compte(par))

    return Pas(f"Étape franchie : {passage.libelle.lower()}.", lambda jeu: jeu.passe(passage.vers), faire)


def _document(jeu: Jeu, nature: str) -> Document:
    return Document.objects.select_related("demarche").get(demarche=jeu.demarche, nature=nature)


def attendre_la_version_soumise() -> Pas:
    def faire(jeu: Jeu) -> None:
        document = _document(jeu, NatureDocument.SOUMIS)
        jeu.attendre(document, {EtatDocument.PRET}, par=jeu.compte("departement"))

    def fait(jeu: Jeu) -> bool:
        return _document(jeu, NatureDocument.SOUMIS).etat == EtatDocument.PRET

    return Pas("Le PDF de la version soumise est mis en page.", fait, faire, attente=True)


def signer(ordre: int) -> Pas:
    """Le signataire numéro `ordre` attend que le PDF soit prêt, puis signe celui qu'il a vu."""

    def signature(jeu: Jeu) -> Signature:
        document = _document(jeu, NatureDocument.A_SIGNER)
        return document.signatures.select_related("signataire__utilisateur").get(ordre=ordre)

    def faire(jeu: Jeu) -> None:
        document = _document(jeu, NatureDocument.A_SIGNER)
        par = jeu.compte("departement")
        jeu.attendre(document, {EtatDocument.PRET}, par=par)
        du_tour = signature(jeu)
        reserves = jeu.lire("signataires")[ordre - 1].get("reserves", "")
        if du_tour.etat == EtatSignature.ATTENDUE:
            signatures.consentir(
                du_tour.pk, par=du_tour.signataire.utilisateur, empreinte_vue=document.empreinte,
                reserves=reserves,
            )  # fmt: skip
            document.refresh_from_db()
        jeu.attendre(document, {EtatDocument.PRET}, par=par)

    def fait(jeu: Jeu) -> bool:
        return signature(jeu).etat == EtatSignature.APPOSEE

    return Pas(f"Signature n° {ordre}.", fait, faire, attente=True)


def _transmettre(jeu: Jeu) -> None:
    transmissions.demander(jeu.demarche.pk, par=jeu.compte("prefecture"))


def _accuser(jeu: Jeu) -> None:
    transmission = Transmission.objects.select_related("demarche").get(demarche=jeu.demarche)
    jeu.attendre(transmission, {EtatTransmission.ENVOYEE}, par=jeu.compte("prefecture"))
    reference = f"ANCT-DEMO-{jeu.demarche.identifiant}"
    transmissions.accuser(transmission.pk, par=jeu.compte("anct"), reference=reference)


TRANSMETTRE = Pas(
    "La feuille de route signée est transmise à l’ANCT.", lambda jeu: jeu.passe(Etape.TRANSMISE), _transmettre
)
ACCUSER = Pas("L’ANCT accuse réception.", lambda jeu: jeu.passe(Etape.MISE_EN_OEUVRE), _accuser, attente=True)


def document_scelle(jeu: Jeu) -> Document | None:
    """La feuille de route signée par tous."""
    documents = Document.objects.filter(demarche=jeu.demarche, nature=NatureDocument.A_SIGNER)
    return documents.filter(scelle_le__isnull=False).order_by("-pk").first()
