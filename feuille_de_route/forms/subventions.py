"""Formulaires des demandes de subvention : demander, accorder, refuser ou renvoyer."""

from crispy_forms.layout import Submit
from django import forms

from feuille_de_route.argent.enveloppes import Part, motif_de_fermeture
from feuille_de_route.argent.subventions import PLACE, place_tenue
from feuille_de_route.financement import compte
from feuille_de_route.financement import montant as dire
from feuille_de_route.models import DemandeSubvention, EtatDemande, EtatFiche
from gouvernance.forms.commun import FormulaireRattache
from gouvernance.forms.demarches import structures_membres
from gouvernance.models import Demarche
from gouvernance.socle.formulaires import AvecJeton, AvecVersion, FormulaireDsfr


class ChoixDEnveloppe(forms.ModelChoiceField):
    """Chaque enveloppe, avec ce qu'il en reste au département."""

    restes: dict = {}

    def label_from_instance(self, obj):
        reste = self.restes.get(obj.pk)
        dite = f"{obj} – il reste {dire(reste)}" if reste is not None else str(obj)
        return f"{dite} – on n’y dépose pas aujourd’hui" if motif_de_fermeture(obj) else dite


class _Demande(FormulaireRattache):
    bouton = "Enregistrer le brouillon"

    class Meta:
        model = DemandeSubvention
        fields = [
            "fiche",
            "enveloppe",
            "beneficiaire",
            "budget",
            "montant_etp",
            "montant_prestation",
            "objet",
        ]
        field_classes = {"enveloppe": ChoixDEnveloppe}
        labels = {
            "fiche": "Fiche action",
            "budget": "Budget global de l’action (€)",
            "montant_etp": "Demandé pour des postes (€)",
            "montant_prestation": "Demandé pour des prestations (€)",
            "objet": "Ce que la subvention permettra",
        }
        help_texts = {
            "beneficiaire": "La structure qui recevra la subvention.",
            "budget": "Tout ce que coûte l’action, par exemple 40 000.",
            "montant_etp": "La part qui paie des salaires ; 0 s’il n’y en a pas.",
            "montant_prestation": "La part qui paie un prestataire ; postes compris, au plus le budget.",
            "objet": "Par exemple « Un demi-poste de coordination pendant deux ans ».",
        }
        widgets = {"objet": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args, demarche: Demarche, parts: list[Part], **kwargs):
        super().__init__(*args, **kwargs)
        restes = {part.plafond.enveloppe_id: part.reste for part in parts}
        demande = self.instance
        if demande.etat == EtatDemande.A_MODIFIER and demande.enveloppe_id in restes:
            restes[demande.enveloppe_id] += demande.montant  # sa propre part est déjà retenue
        fiches = demarche.fiches.exclude(etat=EtatFiche.ECARTEE).order_by("numero")
        self.fields["fiche"].queryset = fiches
        enveloppe = self.fields["enveloppe"]
        enveloppe.queryset, enveloppe.restes = enveloppe.queryset.filter(pk__in=restes), restes
        self.fields["beneficiaire"].queryset = structures_membres(demarche.gouvernance)
        for champ in ("fiche", "enveloppe", "beneficiaire"):
            self.fields[champ].empty_label = "À choisir"
        self.helper.add_input(Submit("deposer", "Enregistrer et déposer", css_class="fr-btn--secondary"))

    def clean(self):
        donnees = super().clean()
        budget, etp, prestation = (donnees.get(c) for c in ("budget", "montant_etp", "montant_prestation"))
        if None not in {budget, etp, prestation} and etp + prestation > budget:
            self.add_error(
                "montant_prestation",
                f"Postes et prestations font {dire(etp + prestation)}, au-delà du budget de {dire(budget)}.",
            )
        return donnees


class FormulaireDemande(AvecJeton, _Demande):
    class Meta(_Demande.Meta):
        pass


class FormulaireDemandeModifiee(AvecVersion, _Demande):
    bouton = "Enregistrer"

    class Meta(_Demande.Meta):
        pass

    def __init__(self, *args, **kwargs):
        """Renvoyée après la clôture de son enveloppe, elle garde sa place : ces champs ne changent plus."""
        super().__init__(*args, **kwargs)
        demande = self.instance
        if not place_tenue(demande):
            return
        for nom in PLACE:
            champ = self.fields[nom]
            champ.disabled = True
            champ.queryset = champ.queryset.model.objects.filter(pk=getattr(demande, f"{nom}_id"))


def initiales(fiche, parts: list[Part]) -> dict:
    """Ce que l'on sait déjà en ouvrant une demande depuis une fiche."""
    seule = parts[0].plafond.enveloppe_id if len(parts) == 1 else None
    if fiche is None:
        return {"enveloppe": seule}
    budget = compte(fiche).budget or None
    return {"fiche": fiche, "enveloppe": seule, "beneficiaire": fiche.structure_porteuse_id, "budget": budget}


class FormulaireAccord(AvecJeton, FormulaireDsfr):
    bouton = "Accepter la demande"
    accorde = forms.DecimalField(
        label="Montant accordé (€)", max_digits=12, decimal_places=2, min_value=0,
        help_text="Au plus ce qui est demandé. La part de l’État devient acquise dans la fiche.",
        error_messages={"required": "Donnez le montant accordé."},
    )  # fmt: skip


class FormulaireRenvoi(AvecJeton, FormulaireDsfr):
    bouton = "Demander une modification"
    motif = forms.CharField(
        label="Ce qu’il faut modifier", max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Par exemple « Séparez le coût du poste de celui de la prestation ».",
        error_messages={"required": "Dites ce qu’il faut modifier."},
    )  # fmt: skip


class FormulaireRefus(AvecJeton, FormulaireDsfr):
    bouton = "Refuser la demande"
    motif = forms.CharField(
        label="Motif du refus", max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Il est lu par la coordination et par le bénéficiaire.",
        error_messages={"required": "Dites pourquoi la demande est refusée."},
    )  # fmt: skip
