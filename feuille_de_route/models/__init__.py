from feuille_de_route.models.axes import (
    Axe,
    AxeFNE,
    GenreAxe,
)
from feuille_de_route.models.budget import (
    BesoinIngenierie,
    CodeBesoin,
    EtatFinancement,
    Financement,
    LigneBudget,
    NatureDepense,
    TypeFinanceur,
)
from feuille_de_route.models.choix import (
    Competence,
    EtatFiche,
    EtatRealisation,
    Meteo,
    NatureFiche,
    OrigineFiche,
    Priorite,
    Public,
    Service,
)
from feuille_de_route.models.dialogue import (
    Avis,
    Commentaire,
    LienDeFiche,
    Mention,
    PieceDeFiche,
    Remarque,
    SensAvis,
)
from feuille_de_route.models.documents import (
    Document,
    Empreinte,
    EtatDocument,
    EtatTransmission,
    NatureDocument,
    Transmission,
)
from feuille_de_route.models.fiches import (
    EtapeFiche,
    FicheAction,
    Partenariat,
)
from feuille_de_route.models.mesure import (
    Indicateur,
    Releve,
    TypeIndicateur,
)
from feuille_de_route.models.papiers import (
    EtatPapier,
    FormatPapier,
    NaturePapier,
    Papier,
)
from feuille_de_route.models.recherche import RECHERCHE, SANS_LE_PILOTE
from feuille_de_route.models.subventions import (
    DemandeSubvention,
    Enveloppe,
    EtatDemande,
    Plafond,
)
from feuille_de_route.models.suivi import PartageDeFiche, PointDeSuivi
from feuille_de_route.models.versions import (
    EtatSignature,
    Signataire,
    Signature,
    VersionFigee,
)

__all__ = [
    "RECHERCHE",
    "SANS_LE_PILOTE",
    "Avis",
    "Axe",
    "AxeFNE",
    "BesoinIngenierie",
    "CodeBesoin",
    "Commentaire",
    "Competence",
    "DemandeSubvention",
    "Document",
    "Empreinte",
    "Enveloppe",
    "EtapeFiche",
    "EtatDemande",
    "EtatDocument",
    "EtatFiche",
    "EtatFinancement",
    "EtatPapier",
    "EtatRealisation",
    "EtatSignature",
    "EtatTransmission",
    "FicheAction",
    "Financement",
    "FormatPapier",
    "GenreAxe",
    "Indicateur",
    "LienDeFiche",
    "LigneBudget",
    "Mention",
    "Meteo",
    "NatureDepense",
    "NatureDocument",
    "NatureFiche",
    "NaturePapier",
    "OrigineFiche",
    "Papier",
    "PartageDeFiche",
    "Partenariat",
    "PieceDeFiche",
    "Plafond",
    "PointDeSuivi",
    "Priorite",
    "Public",
    "Releve",
    "Remarque",
    "SensAvis",
    "Service",
    "Signataire",
    "Signature",
    "Transmission",
    "TypeFinanceur",
    "TypeIndicateur",
    "VersionFigee",
]
