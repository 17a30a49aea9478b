"""Ouvrir une démarche, en modifier l'identité."""

from django import forms

from gouvernance.forms.commun import FormulaireRattache
from gouvernance.models import (
    College,
    Demarche,
    DemarcheEpci,
    Departement,
    Epci,
    Gouvernance,
    Membre,
    Perimetre,
    StatutMembre,
    Structure,
    Utilisateur,
)
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr

NOM = "Celui qui figurera sur le document signé, par exemple « Feuille de route numérique de la Dordogne »."
CONTRAT = (
    "Le contrat existant auquel la feuille de route s’adosse, s’il y en a un ; son instance peut resservir."
)
PRECISION = "Son nom et ses années, par exemple « CRTE du Périgord vert, 2021-2026 »."
PERIMETRE = "Une démarche régionale est portée par la gouvernance d’un seul département."
PARENTE = "Pour un groupe d’EPCI : la démarche du département, dont celle-ci reste cohérente."
STRUCTURE = (
    "Au nom de qui elle agira, par exemple « Préfecture de la Creuse » ; elle entre aussitôt dans la "
    "gouvernance. Inutile si son compte a déjà sa structure."
)
SANS_STRUCTURE = (
    "Dites au nom de quelle structure la coordination agira : sans elle, elle ne pourrait ni adhérer, ni "
    "voter, ni signer."
)
INVITER = "Cette personne n’a pas encore de compte : l’inviter par courriel"
PORTEUR = "La structure qui porte la démarche, parmi les membres ; on peut la désigner plus tard."


class FormulaireDepartement(FormulaireDsfr):
    """Première question de l'administration : où ouvre-t-on ?"""

    bouton = "Continuer"
    departement = forms.ModelChoiceField(Departement.objects.none(), label="Département")

    def __init__(self, *args, departements, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["departement"].queryset = departements
        self.helper.form_method = "get"


class AvecTerritoire(forms.Form):
    """Périmètre, EPCI et démarche parente : le territoire que l'on choisit."""

    epcis = forms.ModelMultipleChoiceField(
        Epci.objects.none(), label="EPCI du périmètre", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Seulement pour un groupe d’EPCI. Un EPCI n’est couvert que par une démarche à la fois.",
    )  # fmt: skip

    def proposer_le_territoire(self, departement: Departement, demarche: Demarche | None = None) -> None:
        """Les EPCI du département, ceux d'une autre démarche en cours étant nommés ; la départementale."""
        self.fields["epcis"].queryset = Epci.objects.actuels().filter(departements__contains=[departement.pk])
        couverts = DemarcheEpci.objects.filter(departement=departement, actif=True).exclude(demarche=demarche)
        pris = dict(couverts.values_list("epci", "demarche__nom"))
        self.fields["epcis"].label_from_instance = lambda epci: (
            f"{epci} (déjà couvert par « {pris[epci.pk]} »)" if epci.pk in pris else str(epci)
        )
        departementales = Demarche.objects.filter(
            gouvernance__departement=departement, perimetre=Perimetre.DEPARTEMENTAL
        )
        self.fields["parente"].queryset = departementales.exclude(pk=demarche.pk if demarche else None)

    def clean(self):
        donnees = super().clean()
        if donnees.get("perimetre") != Perimetre.GROUPEMENT:  # pré-remplie, elle ne concerne qu'un groupe
            donnees["parente"] = None
        return donnees


class FormulaireOuverture(AvecTerritoire, AvecJeton, FormulaireRattache):
    bouton = "Ouvrir la démarche"
    coordination = forms.EmailField(
        label="Adresse électronique de la coordination",
        help_text="Le compte qui conduira la démarche, par exemple prenom.nom@prefecture.example.",
    )
    inviter = forms.BooleanField(
        label=INVITER, required=False,
        help_text="Elle reçoit un lien, valable quatorze jours, pour ouvrir son compte.",
    )  # fmt: skip

    structure = forms.CharField(
        label="Structure de la coordination", max_length=200, required=False, help_text=STRUCTURE
    )
    college = forms.ModelChoiceField(
        College.objects.none(), label="Collège de cette structure", required=False, initial="etat",
        empty_label=None, help_text="La famille d’acteurs qu’elle représente.",
    )  # fmt: skip

    class Meta:
        model = Demarche
        fields = ["nom", "perimetre", "parente", "debut", "fin", "contrat", "contrat_precision"]
        help_texts = {
            "nom": NOM,
            "contrat": CONTRAT,
            "contrat_precision": PRECISION,
            "debut": "Les calendriers types comptent à partir de ce jour.",
            "perimetre": PERIMETRE,
            "parente": PARENTE,
        }

    field_order = ["nom", "perimetre", "epcis", "parente", "coordination", "inviter", "structure", "college"]

    def __init__(self, *args, departement, administration: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.departement = departement
        self.proposer_le_territoire(departement)
        self.fields["college"].queryset = College.objects.all()
        if not administration:
            for champ in ("coordination", "inviter", "structure", "college"):
                del self.fields[champ]

    def clean(self):
        """La coordination est un compte ; sinon, l'adresse que l'on demande d'inviter."""
        donnees = super().clean()
        if email := (donnees.get("coordination") or "").strip().lower():
            compte = Utilisateur.objects.filter(email=email).first()
            donnees["coordination"] = compte or email
            if compte and not compte.is_active:
                self.add_error("coordination", "Le compte de cette adresse est fermé : donnez-en une autre.")
            elif compte is None and not donnees["inviter"]:
                self.add_error(
                    "coordination",
                    f"Aucun compte actif n’a cette adresse : vérifiez-la, ou cochez « {INVITER} ».",
                )
            self._lire_la_structure(donnees, compte)
        return donnees

    def _lire_la_structure(self, donnees: dict, compte: Utilisateur | None) -> None:
        """`structure` devient la structure à inscrire ; rien si le compte agit déjà pour une autre."""
        nom = (donnees.get("structure") or "").strip()
        donnees["structure"] = None
        if compte and compte.structure_id:
            return
        if not nom:
            self.add_error("structure", SANS_STRUCTURE)
        elif college := donnees.get("college"):
            donnees["structure"] = Structure(nom=nom, college=college, departement=self.departement)


class FormulairePerimetre(AvecTerritoire, AvecVersion, FormulaireRattache):
    bouton = "Changer le périmètre"

    class Meta:
        model = Demarche
        fields = ["perimetre", "parente"]
        help_texts = {"perimetre": PERIMETRE, "parente": PARENTE}

    field_order = ["perimetre", "epcis", "parente"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        demarche = self.instance
        self.proposer_le_territoire(demarche.departement, demarche)
        self.initial["epcis"] = list(demarche.perimetres.values_list("epci", flat=True))


class FormulaireDemarche(AvecVersion, FormulaireRattache):
    class Meta:
        model = Demarche
        fields = ["nom", "porteur", "debut", "fin", "contrat", "contrat_precision"]
        help_texts = {"nom": NOM, "contrat": CONTRAT, "contrat_precision": PRECISION, "porteur": PORTEUR}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["porteur"].queryset = structures_membres(self.instance.gouvernance)


def nom_complet(structure: Structure) -> str:
    """« Conseil départemental (CD) » : un sigle seul ne se reconnaît pas dans une liste."""
    return f"{structure.nom} ({structure.sigle})" if structure.sigle else structure.nom


def structures_membres(gouvernance: Gouvernance):
    """Les structures autour de la table : les membres qui n'ont été ni retirés ni refusés."""
    presents = [StatutMembre.CANDIDAT, StatutMembre.CONFIRME]
    membres = Membre.objects.filter(gouvernance=gouvernance, statut__in=presents)
    return Structure.objects.filter(pk__in=membres.values("structure"))
