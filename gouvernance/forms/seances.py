"""Séances : date et lieu, ordre du jour, présences, compte rendu, décisions."""

from django import forms

from gouvernance.decisions import DELAI_RESERVES, SaisieDecision, jalon_attendu
from gouvernance.forms.commun import FormulaireRattache
from gouvernance.models import (
    JALON_ACQUIS,
    Demarche,
    EtatPresence,
    Instance,
    Jalon,
    NatureDecision,
    PointOrdreDuJour,
    Seance,
    Siege,
)
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr, ModelFormulaireDsfr

AIDES = {
    "debut": "Heure de Paris.",
    "lieu": "Par exemple « Préfecture, salle Claude-Érignac, et en visioconférence ».",
}
ABSENT = ("", "Absent")


class FormulairePlanifier(AvecJeton, FormulaireRattache):
    bouton = "Planifier la séance"
    jalon = forms.ModelChoiceField(
        Jalon.objects.none(), label="Jalon à faire valider", required=False, empty_label="Aucun jalon",
        help_text="Il s’inscrira à l’ordre du jour ; vous ajouterez ensuite les autres points.",
    )  # fmt: skip

    class Meta:
        model = Seance
        fields = ["instance", "debut", "lieu"]
        help_texts = AIDES

    field_order = ["jalon", "instance"]

    def __init__(self, *args, demarche: Demarche, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["instance"].queryset = Instance.objects.filter(demarche=demarche)
        self.fields["jalon"].queryset = Jalon.objects.filter(demarche=demarche).exclude(etat__in=JALON_ACQUIS)

    def clean(self):
        donnees = super().clean()
        jalon, instance = donnees.get("jalon"), donnees.get("instance")
        if jalon and instance and jalon.instance_id != instance.pk:
            designee = f"« {jalon.instance} »" if jalon.instance else "une instance qui reste à désigner"
            self.add_error("jalon", f"Ce jalon se décide par {designee}, pas par « {instance} ».")
        return donnees


class FormulaireSeance(AvecVersion, FormulaireRattache):
    class Meta:
        model = Seance
        fields = ["debut", "lieu"]
        help_texts = AIDES


class FormulaireCompteRendu(AvecVersion, FormulaireRattache):
    bouton = "Enregistrer le compte rendu"

    class Meta:
        model = Seance
        fields = ["compte_rendu"]
        help_texts = {"compte_rendu": "Les échanges ; les décisions, elles, se consignent à part."}
        widgets = {"compte_rendu": forms.Textarea(attrs={"rows": 14})}


class FormulairePoint(AvecJeton, ModelFormulaireDsfr):
    bouton = "Inscrire ce point"
    encore = "Inscrire et continuer"

    class Meta:
        model = PointOrdreDuJour
        fields = ["objet", "duree", "rapporteur", "jalon"]
        help_texts = {
            "objet": "Par exemple « Présentation du diagnostic et validation ».",
            "duree": "Par exemple 30.",
            "jalon": "Si ce point demande une décision sur un jalon ; convoquer la séance le lui soumet.",
        }

    def __init__(self, *args, demarche: Demarche, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["jalon"].queryset = Jalon.objects.filter(demarche=demarche)


class FormulairePresences(FormulaireDsfr):
    """Une ligne par siège : présent, excusé, représenté par un autre siège, ou absent."""

    bouton = ""

    def __init__(self, *args, sieges: list[Siege], presences: dict, **kwargs):
        self.sieges = sieges
        porteurs = [("", "Personne"), *((str(s.uuid), str(s)) for s in sieges)]
        self.base_fields = {}
        for siege in sieges:
            notee = presences.get(siege.pk)
            self.base_fields[f"etat_{siege.uuid}"] = forms.ChoiceField(
                label=f"Présence de {siege}", required=False, choices=[ABSENT, *EtatPresence.choices],
                initial=notee.etat if notee else "",
                widget=forms.Select(attrs={"aria-label": f"Présence de {siege}"}),
            )  # fmt: skip
            self.base_fields[f"pouvoir_{siege.uuid}"] = forms.ChoiceField(
                label=f"Pouvoir de {siege} donné à", required=False, choices=porteurs,
                initial=str(notee.pouvoir_a.uuid) if notee and notee.pouvoir_a else "",
                widget=forms.Select(attrs={"aria-label": f"Pouvoir de {siege} donné à"}),
            )  # fmt: skip
        super().__init__(*args, **kwargs)

    @property
    def lignes(self):
        return [(s, self[f"etat_{s.uuid}"], self[f"pouvoir_{s.uuid}"]) for s in self.sieges]

    def saisies(self) -> dict[int, tuple[str, int | None]]:
        """Identifiant du siège → (état, siège qui porte le pouvoir) ; les absents n'y sont pas."""
        cles = {str(s.uuid): s.pk for s in self.sieges}
        donnees = self.cleaned_data
        return {
            s.pk: (etat, cles.get(donnees[f"pouvoir_{s.uuid}"]))
            for s in self.sieges
            if (etat := donnees[f"etat_{s.uuid}"])
        }


class FormulaireDecision(AvecJeton, FormulaireDsfr):
    bouton = "Consigner la décision"
    nature = forms.ChoiceField(label="Nature", choices=NatureDecision.choices)
    objet = forms.CharField(
        label="Objet", max_length=250, help_text="Par exemple « Validation du diagnostic territorial »."
    )
    jalon = forms.ModelChoiceField(
        Jalon.objects.none(), label="Jalon décidé", required=False, empty_label="Aucun jalon",
        help_text="Seuls les jalons que cette instance est chargée de valider.",
    )  # fmt: skip
    texte = forms.CharField(
        label="Texte de la décision", required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Tel qu’il figurera au compte rendu ; c’est le motif, si la décision écarte ou ajourne.",
    )  # fmt: skip
    reserves = forms.CharField(
        label="Réserves", required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Pour une validation avec réserves ; elles deviennent un point de blocage à lever.",
    )  # fmt: skip
    echeance = forms.DateField(
        label="Échéance des réserves", required=False,
        help_text=f"Sans date, elles sont à lever sous {DELAI_RESERVES.days} jours.",
    )  # fmt: skip

    def __init__(self, *args, seance: Seance, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["jalon"].queryset = Jalon.objects.filter(
            demarche=seance.instance.demarche_id, instance=seance.instance_id
        )
        attendu = jalon_attendu(seance.instance.demarche)
        if attendu and attendu.instance_id == seance.instance_id:
            self.initial |= {"jalon": attendu, "objet": f"Validation du jalon « {attendu} »"}

    def saisie(self) -> SaisieDecision:
        champs = {nom: self.cleaned_data[nom] for nom in SaisieDecision._fields}
        return SaisieDecision(**champs)
