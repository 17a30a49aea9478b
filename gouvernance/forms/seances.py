"""Séances : date et lieu, présences, compte rendu, documents joints."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from gouvernance.forms.commun import FormulaireRattache
from gouvernance.models import (
    JALON_ACQUIS,
    Demarche,
    EtatPresence,
    Instance,
    Jalon,
    PointOrdreDuJour,
    Seance,
    Siege,
)
from gouvernance.socle import pieces
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr

AIDES = {
    "debut": "Heure de Paris.",
    "duree": "Par exemple 120 pour deux heures.",
    "lieu": "Par exemple « Préfecture, salle Claude-Érignac ».",
    "visioconference": "L’adresse à ouvrir, par exemple https://visio.numerique.gouv.fr/copil-24.",
}
LIEU = ["debut", "duree", "lieu", "visioconference"]
PRESENCES = [
    (EtatPresence.PRESENT.value, "Présent"),
    (EtatPresence.EXCUSE.value, "Excusé"),
    (EtatPresence.REPRESENTE.value, "Représenté"),
    ("", "Absent"),
]
DUREE_MAX = 24 * 60


class AvecRendezVous(forms.Form):
    visioconference = forms.URLField(
        label="Lien de visioconférence", required=False, assume_scheme="https", max_length=200,
        help_text=AIDES["visioconference"], validators=[URLValidator(schemes=["https", "http"])],
    )  # fmt: skip

    def clean_duree(self):
        duree = self.cleaned_data["duree"]
        if duree is not None and not 0 < duree <= DUREE_MAX:
            raise ValidationError("Donnez une durée en minutes, de 1 à 1 440.")
        return duree


class FormulairePlanifier(AvecRendezVous, AvecJeton, FormulaireRattache):
    bouton = "Planifier la séance"
    jalon = forms.ModelChoiceField(
        Jalon.objects.none(), label="Jalon à faire valider", required=False, empty_label="Aucun jalon",
        help_text="Il s’inscrira à l’ordre du jour ; vous ajouterez ensuite les autres points.",
    )  # fmt: skip

    class Meta:
        model = Seance
        fields = ["instance", *LIEU]
        help_texts = AIDES

    field_order = ["jalon", "instance"]

    def __init__(self, *args, demarche: Demarche, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["instance"].queryset = Instance.objects.actives().filter(demarche=demarche)
        self.fields["jalon"].queryset = Jalon.objects.filter(demarche=demarche).exclude(etat__in=JALON_ACQUIS)

    def clean(self):
        donnees = super().clean()
        jalon, instance = donnees.get("jalon"), donnees.get("instance")
        if jalon and instance and jalon.instance_id != instance.pk:
            designee = f"« {jalon.instance} »" if jalon.instance else "une instance qui reste à désigner"
            self.add_error("jalon", f"Ce jalon se décide par {designee}, pas par « {instance} ».")
        return donnees


class FormulaireSeance(AvecRendezVous, AvecVersion, FormulaireRattache):
    class Meta:
        model = Seance
        fields = LIEU
        help_texts = AIDES


class FormulaireCompteRendu(AvecVersion, FormulaireRattache):
    """En entier, ou point par point : une zone par point de l'ordre du jour, et le reste."""

    bouton = "Enregistrer le compte rendu"

    class Meta:
        model = Seance
        fields = ["compte_rendu"]
        labels = {"compte_rendu": "Compte rendu de la séance"}
        help_texts = {"compte_rendu": "Les échanges ; les décisions, elles, se consignent à part."}
        widgets = {"compte_rendu": forms.Textarea(attrs={"rows": 10})}

    def __init__(self, *args, instance: Seance, **kwargs):
        self.points = list(instance.points.all())
        self.base_fields = dict(self.base_fields)
        for rang, point in enumerate(self.points, start=1):
            self.base_fields[f"echanges_{point.uuid}"] = forms.CharField(
                label=f"Point {rang} – {point.objet}", required=False, initial=point.echanges,
                widget=forms.Textarea(attrs={"rows": 4}),
            )  # fmt: skip
        super().__init__(*args, instance=instance, **kwargs)
        self.order_fields([*self._zones(), "compte_rendu"])
        if self.points:
            self.fields["compte_rendu"].label = "Le reste de la séance"
            self.fields["compte_rendu"].help_text = (
                "Ou tout le compte rendu, si vous préférez ne pas l’écrire point par point. Les décisions, "
                "elles, se consignent à part."
            )

    def _zones(self) -> dict[str, PointOrdreDuJour]:
        return {f"echanges_{point.uuid}": point for point in self.points}

    def differences(self) -> list[tuple]:
        """(zone, ce qui a été saisi, ce qui est enregistré), pour la page qui montre les deux textes."""
        seance = Seance.objects.get(pk=self.instance.pk)
        gardes = {f"echanges_{p.uuid}": p.echanges for p in seance.points.all()}
        gardes["compte_rendu"] = seance.compte_rendu
        saisis = ((nom, self.cleaned_data.get(nom, "")) for nom in gardes if nom in self.fields)
        return [(self.fields[nom].label, dit, gardes[nom]) for nom, dit in saisis if dit != gardes[nom]]

    def save(self, commit=True):
        seance = super().save(commit)
        changes = []
        for nom, point in self._zones().items():
            if nom in self.changed_data:
                point.echanges = self.cleaned_data[nom]
                changes.append(point)
        PointOrdreDuJour.objects.bulk_update(changes, ["echanges"])
        return seance


class FormulairePiece(FormulaireDsfr):
    bouton = "Joindre ce document"
    fichier = forms.FileField(
        label="Document", help_text=f"{pieces.PERMIS} ; 10 Mo au plus.", max_length=pieces.LONGUEUR_NOM * 2,
    )  # fmt: skip

    def clean_fichier(self):
        fichier = self.cleaned_data["fichier"]
        if fichier.size > pieces.TAILLE_MAX:
            raise ValidationError("Ce fichier pèse plus de 10 Mo : allégez-le, ou joignez-en une partie.")
        return fichier


class FormulairePresences(FormulaireDsfr):
    """Une ligne par siège : présent, excusé, représenté par un autre siège, ou absent."""

    bouton = ""

    def __init__(self, *args, sieges: list[Siege], **kwargs):
        """`sieges` : ceux de gouvernance.reunions.seances.sieges_notes, avec ce qui est déjà noté."""
        self.sieges = sieges
        uuids = {s.pk: str(s.uuid) for s in sieges}
        porteurs = [("", "Personne"), *((uuids[s.pk], str(s)) for s in sieges)]
        self.base_fields = {}
        for siege in sieges:
            self.base_fields[f"etat_{siege.uuid}"] = forms.ChoiceField(
                label=f"Présence de {siege}", required=False, choices=PRESENCES,
                initial=siege.note_etat or "", widget=forms.RadioSelect,
            )  # fmt: skip
            self.base_fields[f"pouvoir_{siege.uuid}"] = forms.ChoiceField(
                label=f"Pouvoir de {siege} donné à", required=False, choices=porteurs,
                initial=uuids.get(siege.note_pouvoir, ""),
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
        saisies = {}
        for siege in self.sieges:
            etat, pouvoir = donnees[f"etat_{siege.uuid}"], cles.get(donnees[f"pouvoir_{siege.uuid}"])
            if pouvoir and not etat:  # qui donne pouvoir est représenté
                etat = EtatPresence.REPRESENTE.value
            if etat:
                saisies[siege.pk] = (etat, pouvoir)
        return saisies
