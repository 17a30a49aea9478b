"""Le schéma de la stratégie et du plan d'actions : axes, fiches, enveloppes, demandes, suivi."""

from feuille_de_route.echange.schema_briques import (
    jour,
    liste,
    nomme,
    objet,
    ref,
    renvoi,
    renvois,
    texte,
)
from feuille_de_route.echange.valeurs import UUID, schema_du_champ
from feuille_de_route.models import Plafond


def strategie() -> dict:
    sous_axes = liste("Ses sous-axes, sans autre niveau.", _axe("Un sous-axe."))
    signataire = objet(
        "signataire", "Un signataire.", requis=("structure",),
        structure=renvoi("La structure qu’il engage.", "structure", requis=True),
    )  # fmt: skip
    return {
        "axes": liste("Les axes.", _axe("Un axe.", sous_axes=sous_axes)),
        "fiches": liste("Les fiches actions.", _fiche(), "numero"),
        "fiches_partagees": liste(
            "Les fiches d’autres démarches que celle-ci reconnaît aussi comme siennes.", _partage(), "uuid"
        ),
        "enveloppes": liste("Les enveloppes auxquelles on demande.", _enveloppe(), "nom"),
        "demandes_subvention": liste("Les demandes faites à ces enveloppes.", _demande()),
        "besoins": liste("Les besoins en ingénierie.", objet("besoin", "Un besoin."), "code", "rang"),
        "signataires": liste("Les signataires, dans l’ordre où ils signent.", signataire),
    }


def _axe(description: str, **liens) -> dict:
    declinaison = {
        "description": "L’axe de la démarche parente qu’il sert.",
        "type": ["object", "null"],
        "properties": {
            "numero": {"description": "Son numéro, « 2 » ou « 2.1 ».", "type": "string",
                       "pattern": r"^[1-9][0-9]{0,2}(\.[1-9][0-9]{0,2})?$"},
            "intitule": texte("Son intitulé, pour information."),
        },
        "required": ["numero"],
        "additionalProperties": False,
    }  # fmt: skip
    enjeux = renvois("Les enjeux auxquels il répond.", "Un enjeu.", "enjeu")
    return objet("axe", description, ref=ref("axe"), axe_departemental=declinaison, enjeux=enjeux, **liens)


def _fiche() -> dict:
    partenaire = objet(
        None, "Un partenaire.", requis=("structure",),
        structure=renvoi("La structure.", "structure", requis=True),
        apport=texte("Ce qu’elle apporte.", maxLength=250),
    )  # fmt: skip
    territoire = nomme("Un EPCI.", "epci", "siren", requis=True, nom="nom")
    return objet(
        "fiche", "Une fiche action.", ref=ref("fiche"), axe=renvoi("Son axe ou sous-axe.", "axe"),
        chantier=renvoi("Le chantier clé d’où elle vient.", "chantier"),
        contribution=renvoi("La contribution d’atelier d’où elle vient.", "contribution"),
        reprise_de=_reprise(),
        enjeux=renvois("Les enjeux servis.", "Un enjeu.", "enjeu"),
        territoires=liste("Les EPCI concernés ; aucun : tout le périmètre.", territoire, "siren"),
        structure_porteuse=renvoi("La structure porteuse.", "structure"),
        copilotes=renvois("Les structures qui pilotent avec elle.", "Une structure.", "structure"),
        elu_referent=renvoi("L’élu référent.", "personne"),
        partenaires=liste("Les partenaires.", partenaire, "structure"),
        instance_suivi=renvoi("L’instance qui suit l’action.", "instance"),
        etapes=liste("Les étapes.", objet("etape", "Une étape.")),
        indicateurs=liste("Les indicateurs.", _indicateur()),
        budget=liste("Les dépenses prévues.", objet("ligne", "Une ligne de budget.")),
        financements=liste("Les financements.", objet("financement", "Un financement.")),
        decision=renvoi("La décision qui la retient ou l’écarte.", "decision"),
        avis=liste("Les avis rendus à l’instruction, du premier au dernier.", _avis()),
        suivi=liste(
            "Les points de suivi, du plus ancien au dernier, qui fait foi ; absents d’une version figée.",
            objet("point_de_suivi", "Un point de suivi."),
        ),
    )  # fmt: skip


def _reprise() -> dict:
    """Une fiche du fichier, ou une autre dont on ne sait peut-être que le nom."""
    return {
        "description": "La fiche dont celle-ci est reprise.",
        "type": ["object", "null"],
        "properties": {
            "ref": renvoi("Elle, si elle est dans le fichier.", "fiche"),
            "uuid": _uuid("Son identifiant public, si elle est d’une autre démarche."),
            "libelle": texte("Son titre, pour information.", maxLength=300),
        },
        "additionalProperties": False,
    }


def _uuid(description: str) -> dict:
    return texte(description, pattern=UUID)


def _indicateur() -> dict:
    releves = liste("Ses relevés ; absents d’une version figée.", objet("releve", "Un relevé."), "le")
    return objet("indicateur", "Un indicateur.", releves=releves)


def _avis() -> dict:
    return objet(
        "avis", "Un avis.", requis=("instance",),
        instance=renvoi("L’instance qui le rend.", "instance", requis=True),
        seance=renvoi("La séance où il est rendu.", "seance"),
    )  # fmt: skip


def _partage() -> dict:
    uuid = {"description": "Identifiant public de la fiche.", "type": "string", "pattern": UUID}
    return objet(
        "partage", "Une fiche partagée.", requis=("uuid",), uuid=uuid,
        demarche=texte("Identifiant de sa démarche, pour information."),
        titre=texte("Son titre, pour information."),
    )  # fmt: skip


def _enveloppe() -> dict:
    montant = schema_du_champ(Plafond._meta.get_field("montant"), requis=False)
    plafond = {"description": "La part du département en euros ; null : inconnue.", **montant}
    return objet("enveloppe", "Une enveloppe de l’État.", plafond=plafond)


def _demande() -> dict:
    enveloppe = {"description": "Le nom de l’enveloppe, décrite dans « enveloppes ».", "type": "string"}
    return objet(
        "demande", "Une demande de subvention.", requis=("fiche", "enveloppe", "beneficiaire"),
        fiche=renvoi("L’action à financer.", "fiche", requis=True),
        enveloppe=enveloppe,
        beneficiaire=renvoi("La structure qui demande.", "structure", requis=True),
        deposee_le=jour("Date du dépôt ; null : le jour de l’import, si elle est déposée."),
        decidee_le=jour("Date de la décision ; null : le jour de l’import, si elle est décidée."),
    )  # fmt: skip
