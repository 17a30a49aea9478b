"""Formulaires de la transmission."""

from django import forms

from gouvernance.socle.formulaires import FormulaireDsfr

TAILLE_MAXIMALE = 40 * 1024 * 1024


class FormulaireTransmission(FormulaireDsfr):
    """Tout est signé : rien à saisir, un bouton."""

    bouton = "Transmettre à l’ANCT"
    confirmer = forms.CharField(initial="oui", widget=forms.HiddenInput)


class FormulaireTransmissionIncomplete(FormulaireDsfr):
    bouton = "Transmettre sans signature complète"
    motif = forms.CharField(
        label="Pourquoi transmettre sans toutes les signatures",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Par exemple « Le président de la CC signera après le conseil communautaire du 12 juin ».",
        error_messages={
            "required": "La signature n’est pas complète : dites pourquoi vous transmettez sans elle."
        },
    )


class FormulaireAccuse(FormulaireDsfr):
    bouton = "Accuser réception"
    reference = forms.CharField(
        label="Référence de l’accusé de réception",
        max_length=80,
        help_text="Celle que l’ANCT donne à cet envoi, par exemple « ANCT-2026-0142 ».",
        error_messages={"required": "Donnez la référence de l’accusé de réception."},
    )


class FormulaireComplement(FormulaireDsfr):
    bouton = "Demander un complément"
    complement = forms.CharField(
        label="Ce qui manque",
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Par exemple « Le plan de financement de la fiche 4 n’indique pas la part de la Région ».",
        error_messages={"required": "Dites ce qui manque."},
    )


class FormulaireVerification(FormulaireDsfr):
    bouton = "Vérifier"
    fichier = forms.FileField(
        label="Le PDF à vérifier",
        help_text="Un fichier PDF de 40 Mo au plus. Il n’est pas conservé.",
        error_messages={"required": "Choisissez le fichier PDF à vérifier."},
    )

    def clean_fichier(self):
        fichier = self.cleaned_data["fichier"]
        if fichier.size > TAILLE_MAXIMALE:
            raise forms.ValidationError(
                "Ce fichier dépasse 40 Mo : une feuille de route est bien plus légère."
            )
        if fichier.read(5) != b"%PDF-":
            raise forms.ValidationError("Ce fichier n’est pas un PDF : déposez le fichier d’origine.")
        fichier.seek(0)
        return fichier
