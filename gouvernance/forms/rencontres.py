"""Prévoir une rencontre, en noter les suites."""

from django import forms
from django.db.models import Q

from gouvernance.acteurs import elus
from gouvernance.acteurs.couverture import HORS_EPCI, SANS_EPCI, communes_de
from gouvernance.acteurs.rencontres import CompteRendu, Contenu
from gouvernance.forms.commun import FormulaireRattache
from gouvernance.forms.elus import ranger
from gouvernance.models import Commune, Demarche, Elu, Epci, Personne, Rencontre, TypeRencontre
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr, SaisieDate

PARTOUT = "tous"
CASES = forms.CheckboxSelectMultiple
EXIGES = {
    "communes": "Choisissez au moins une commune.",
    "referent": "Une visite de commune se fait à un ou deux référents : nommez-les.",
    "elus": "Dites quel élu vous rencontrez.",
}
PUBLIC = "Lu par tous les membres de la démarche : des faits, pas l’opinion d’une personne."


class FormulaireTypeRencontre(FormulaireDsfr):
    """Première question : qui va-t-on voir, et où ?"""

    bouton = "Continuer"
    type = forms.ChoiceField(label="Type de rencontre", choices=TypeRencontre, initial=TypeRencontre.VISITE)
    epci = forms.ChoiceField(
        label="Territoire", help_text="L’EPCI des communes à visiter, de la conférence ou de l’élu.",
        error_messages={"required": "Choisissez le territoire de la rencontre."},
    )  # fmt: skip

    def __init__(self, *args, epcis: list[Epci], **kwargs):
        super().__init__(*args, **kwargs)
        choix = [(e.pk, e.nom) for e in epcis]
        self.fields["epci"].choices = [
            ("", "Choisir"), *choix, (HORS_EPCI, SANS_EPCI), (PARTOUT, "Tout le territoire (entretien)"),
        ]  # fmt: skip
        self.helper.form_method = "get"

    def clean(self):
        donnees = super().clean()
        genre, epci = donnees.get("type"), donnees.get("epci")
        if genre == TypeRencontre.VISITE and epci == PARTOUT:
            self.add_error("epci", "Choisissez l’EPCI des communes à visiter.")
        if genre == TypeRencontre.CONFERENCE and epci in {PARTOUT, HORS_EPCI}:
            self.add_error("epci", "Une conférence des maires est celle d’un EPCI : choisissez-le.")
        return donnees


def exiger_selon_le_type(champs: dict, genre: str) -> None:
    """Ce que la règle demandera à ce type n'est pas présenté comme facultatif."""
    requis = {TypeRencontre.VISITE: ("communes", "referent"), TypeRencontre.ENTRETIEN: ("elus",)}
    for nom in requis.get(genre, ()):
        if nom in champs:
            champs[nom].required = True
            champs[nom].error_messages["required"] = EXIGES[nom]


def elus_possibles(demarche: Demarche, epci_pk: str | None):
    """Les élus que l'on peut rencontrer : ceux de l'EPCI, ou tous s'il n'est pas dit."""
    possibles = elus.de(demarche).select_related("personne", "epci")
    return possibles.filter(epci=epci_pk) if epci_pk else possibles


class _Rencontre(FormulaireRattache):
    communes = forms.ModelMultipleChoiceField(
        Commune.objects.none(), label="Communes à visiter", required=False, widget=CASES
    )
    referent = forms.ModelChoiceField(
        Personne.objects.none(), label="Référent", required=False,
        help_text="Qui y va, parmi les personnes du carnet de la gouvernance.",
    )  # fmt: skip
    second_referent = forms.ModelChoiceField(
        Personne.objects.none(), label="Second référent", required=False,
        help_text="Deux au plus : la visite reste une conversation.",
    )  # fmt: skip
    elus = forms.ModelMultipleChoiceField(
        Elu.objects.none(), label="Élus à rencontrer", required=False, widget=CASES
    )

    class Meta:
        model = Rencontre
        fields = ["date", "lieu"]
        help_texts = {"lieu": "Par exemple « Mairie de Nontron, 14 h »."}

    field_order = ["communes", "date", "lieu", "referent", "second_referent", "elus"]

    def __init__(self, *args, demarche: Demarche, **kwargs):
        rencontre = kwargs["instance"]
        if rencontre.pk:
            referents = [*rencontre.referents.all(), None, None]
            kwargs["initial"] = {
                "communes": list(rencontre.communes.all()), "elus": list(rencontre.elus.all()),
                "referent": referents[0], "second_referent": referents[1], **kwargs.get("initial", {}),
            }  # fmt: skip
        super().__init__(*args, **kwargs)
        self._choix_des_communes(demarche)
        self._choix_des_personnes(demarche)
        exiger_selon_le_type(self.fields, rencontre.type)

    def _choix_des_communes(self, demarche: Demarche) -> None:
        if self.instance.type != TypeRencontre.VISITE:
            del self.fields["communes"]
            return
        communes = communes_de(demarche).filter(epci=self.instance.epci_id)
        self.fields["communes"].queryset = communes
        ranger(self.fields["communes"], communes.only("code", "nom"), lambda c: c.nom)

    def _choix_des_personnes(self, demarche: Demarche) -> None:
        carnet = Personne.objects.filter(gouvernance=demarche.gouvernance_id).select_related("structure")
        gens = list(carnet)
        for nom in ("referent", "second_referent"):
            self.fields[nom].queryset = carnet
            ranger(self.fields[nom], gens, lambda p: f"{p} ({p.structure})", vide="Personne")
        possibles = elus_possibles(demarche, self.instance.epci_id)
        self.fields["elus"].queryset = possibles
        ranger(self.fields["elus"], possibles)
        if not self.fields["elus"].choices:
            self.fields["elus"].help_text = "Aucun élu connu ici : ajoutez-les d’abord, page Élus."

    def clean(self):
        donnees = super().clean()
        if donnees.get("second_referent") and donnees.get("second_referent") == donnees.get("referent"):
            self.add_error("second_referent", "C’est déjà le premier référent.")
        return donnees

    @property
    def contenu(self) -> Contenu:
        lues, instance = self.cleaned_data, self.instance
        referents = [p for p in (lues.get("referent"), lues.get("second_referent")) if p]
        return Contenu(
            instance.type,
            instance.epci,
            list(lues.get("communes", [])),
            referents,
            list(lues.get("elus", [])),
        )

    def _save_m2m(self):
        super()._save_m2m()
        contenu = self.contenu
        self.instance.communes.set(contenu.communes)
        self.instance.referents.set(contenu.referents)
        self.instance.elus.set(contenu.elus)


class FormulaireAjoutRencontre(AvecJeton, _Rencontre):
    bouton = "Prévoir cette rencontre"

    class Meta(_Rencontre.Meta):
        pass


class FormulaireRencontre(AvecVersion, _Rencontre):
    class Meta(_Rencontre.Meta):
        pass


class FormulaireCompteRendu(AvecVersion, FormulaireDsfr):
    bouton = "Noter la rencontre"
    date = forms.DateField(label="Jour de la rencontre", widget=SaisieDate)
    communes = forms.ModelMultipleChoiceField(
        Commune.objects.none(), label="Communes visitées", required=False, widget=CASES
    )
    elus = forms.ModelMultipleChoiceField(
        Elu.objects.none(), label="Élus rencontrés", required=False, widget=CASES,
        help_text="Leur dernier contact se met à jour.",
    )  # fmt: skip
    suites = forms.CharField(
        label="Ce qui en est sorti", max_length=10_000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=PUBLIC,
    )  # fmt: skip

    def __init__(self, *args, rencontre: Rencontre, **kwargs):
        self.rencontre = rencontre
        prevus, communes = list(rencontre.elus.all()), list(rencontre.communes.all())
        kwargs["initial"] = {
            "date": rencontre.date, "suites": rencontre.suites, "version": rencontre.version,
            "elus": prevus, "communes": communes,
        }  # fmt: skip
        super().__init__(*args, **kwargs)
        ici = elus_possibles(rencontre.demarche, rencontre.epci_id).values("pk")
        possibles = Elu.objects.filter(Q(pk__in=ici) | Q(pk__in=[e.pk for e in prevus]))
        possibles = possibles.select_related("personne")
        self.fields["elus"].queryset = possibles
        ranger(self.fields["elus"], possibles)
        exiger_selon_le_type(self.fields, rencontre.type)
        if rencontre.type != TypeRencontre.VISITE:
            del self.fields["communes"]
            return
        ici = communes_de(rencontre.demarche).filter(epci=rencontre.epci_id)
        self.fields["communes"].queryset = ici
        ranger(self.fields["communes"], ici.only("code", "nom"), lambda c: c.nom)

    @property
    def compte(self) -> CompteRendu:
        lues = self.cleaned_data
        communes = list(lues.get("communes", []))
        return CompteRendu(lues["date"], lues["suites"], list(lues["elus"]), communes, lues["version"])

    def differences(self) -> list[tuple[str, object, object]]:
        """Pour la page de conflit : ce que l'on a saisi, ce qui est enregistré."""
        enregistre = Rencontre.objects.get(pk=self.rencontre.pk)
        lues = self.cleaned_data
        ecarts = [(self.fields[n].label, lues[n], getattr(enregistre, n)) for n in ("date", "suites")]
        return [(nom, saisi, garde) for nom, saisi, garde in ecarts if saisi != garde]
