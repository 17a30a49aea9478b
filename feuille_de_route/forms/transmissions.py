"""Formulaires de la transmission."""

from django import forms

from gouvernance.socle.formulaires import FormulaireDsfr


class FormulaireTransmission(FormulaireDsfr):
    bouton = "Transmettre à l’ANCT"
    motif = forms.CharField(
        label="Motif d’une transmission sans signature complète",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="À remplir seulement si une signature manque encore.",
    )


class FormulaireAccuse(FormulaireDsfr):
    bouton = "Accuser réception"
    reference = forms.CharField(label="Référence de l’accusé de réception", max_length=80)


class FormulaireComplement(FormulaireDsfr):
    bouton = "Demander un complément"
    complement = forms.CharField(label="Ce qui manque", widget=forms.Textarea(attrs={"rows": 3}))


class FormulaireVerification(FormulaireDsfr):
    bouton = "Vérifier"
    fichier = forms.FileField(
        label="Le PDF à vérifier",
        help_text="Un fichier PDF de 40 Mo au plus. Il n’est pas conservé.",
        error_messages={"required": "Choisissez le fichier PDF à vérifier."},
    )

    def clean_fichier(self):
        fichier = self.cleaned_data["fichier"]
        if fichier.size > 40 * 1024 * 1024:
            raise forms.ValidationError("Ce fichier dépasse 40 Mo.")
        if fichier.read(5) != b"%PDF-":
            raise forms.ValidationError("Ce fichier n’est pas un PDF.")
        fichier.seek(0)
        return fichier
