"""Composer une instance d'un coup : sièges à cocher, modèle de composition, relève d'une instance."""

from itertools import groupby
from typing import NamedTuple

from django import forms
from django.utils import timezone
from django.utils.formats import date_format

from gouvernance.comites.compositions import Choix, Ligne
from gouvernance.comites.instances import Place
from gouvernance.comites.successions import Releve, jalons_a_redesigner, seances_a_venir
from gouvernance.forms.demarches import structures_membres
from gouvernance.forms.instances import ChampsInstance, nommer_titulaire
from gouvernance.models import Gouvernance, Instance, Personne, Seance, Siege, Structure, TypeInstance
from gouvernance.socle.formulaires import AvecJeton, FormulaireDsfr

PERIME = "Cette liste vient de changer : vérifiez vos choix, puis recommencez."


class _Coches(forms.MultipleChoiceField):
    """Des cases réparties dans un tableau : le champ n'a pas de rendu à lui."""

    def __init__(self, libelle: str):
        super().__init__(
            label=libelle, required=False, widget=forms.CheckboxSelectMultiple,
            error_messages={"invalid_choice": PERIME},
        )  # fmt: skip


class Rangee(NamedTuple):
    """Une ligne à cocher. `cle` : valeur de la case ; `coche`, `preside` : ce que l'on montre."""

    cle: str
    structure: Structure
    personne: Personne | None
    coche: bool
    preside: bool


class Groupe(NamedTuple):
    """Un collège et ses lignes ; replié sur un téléphone, il dit combien sont cochées."""

    college: str
    rangees: list[Rangee]

    @property
    def cochees(self) -> int:
        return sum(r.coche or r.preside for r in self.rangees)


class FormulaireSieges(AvecJeton, FormulaireDsfr):
    """Les structures autour de la table et leurs personnes : on coche qui siège, et qui préside."""

    bouton = ""
    sieges = _Coches("Qui siège")
    presidents = _Coches("Qui préside")

    def __init__(self, *args, instance: Instance, gouvernance: Gouvernance, **kwargs):
        super().__init__(*args, **kwargs)
        assis = set(instance.sieges.ouverts().values_list("structure", "personne"))
        structures = structures_membres(gouvernance).select_related("college").order_by("college", "nom")
        self.places = {
            cle: place
            for cle, place in _places_possibles(list(structures), gouvernance).items()
            if (place.structure.pk, place.personne and place.personne.pk) not in assis
        }
        choix = [(cle, cle) for cle in self.places]
        self.fields["sieges"].choices = self.fields["presidents"].choices = choix

    @property
    def groupes(self) -> list[Groupe]:
        """Dans l'ordre des collèges."""
        coches, presidents = set(self["sieges"].value() or ()), set(self["presidents"].value() or ())
        rangees = [
            Rangee(cle, p.structure, p.personne, cle in coches, cle in presidents)
            for cle, p in self.places.items()
        ]
        return [Groupe(c, list(r)) for c, r in groupby(rangees, key=lambda r: str(r.structure.college))]

    def clean(self):
        donnees = super().clean()
        choisis = {*donnees.get("sieges", ()), *donnees.get("presidents", ())}
        if not choisis and not self.errors:
            self.add_error("sieges", "Cochez au moins un siège.")
        return donnees

    def voulues(self) -> list[Place]:
        """Cocher « préside » vaut cocher le siège."""
        presidents = set(self.cleaned_data["presidents"])
        choisis = {*self.cleaned_data["sieges"], *presidents}
        return [p._replace(president=cle in presidents) for cle, p in self.places.items() if cle in choisis]


def _places_possibles(structures: list[Structure], gouvernance: Gouvernance) -> dict[str, Place]:
    """Chaque personne connue, puis, pour chaque structure, une place dont le titulaire reste à désigner."""
    connues: dict[int, list[Personne]] = {}
    for personne in Personne.objects.filter(gouvernance=gouvernance):
        connues.setdefault(personne.structure_id, []).append(personne)
    places = {}
    for structure in structures:
        for personne in connues.get(structure.pk, ()):
            places[f"{structure.uuid}.{personne.uuid}"] = Place(structure, personne)
        places[str(structure.uuid)] = Place(structure)
    return places


class FormulaireModele(AvecJeton, FormulaireDsfr):
    """Ce qu'un modèle ajouterait : on coche, on décoche, on corrige un nom."""

    bouton = ""
    lignes = _Coches("Qui ajouter")
    presidents = _Coches("Qui préside")

    def __init__(self, *args, lignes: list[Ligne], **kwargs):
        super().__init__(*args, **kwargs)
        self.proposees = lignes
        choix = [(ligne.cle, ligne.cle) for ligne in lignes]
        self.fields["lignes"].choices = self.fields["presidents"].choices = choix
        self.initial["lignes"] = [ligne.cle for ligne in lignes if ligne.proposee]
        self.initial["presidents"] = [li.cle for li in lignes if li.proposee and li.preside]
        for ligne in lignes:
            if ligne.a_nommer:
                self.fields[f"nom_{ligne.cle}"] = forms.CharField(
                    label=f"Nom de la structure ({ligne.college})", max_length=200, required=False,
                    initial=ligne.nom, widget=forms.TextInput(attrs={
                        "class": "fr-input", "aria-label": f"Nom de la structure ({ligne.college})"
                    }),
                )  # fmt: skip

    @property
    def groupes(self) -> list[tuple[str, list[tuple]]]:
        """(collège, [(ligne, cochée, préside, champ du nom)])."""
        coches, presidents = set(self["lignes"].value() or ()), set(self["presidents"].value() or ())
        rangees = [
            (ligne, ligne.cle in coches, ligne.cle in presidents,
             self[f"nom_{ligne.cle}"] if ligne.a_nommer else None)
            for ligne in self.proposees
        ]  # fmt: skip
        return [(c, list(r)) for c, r in groupby(rangees, key=lambda r: str(r[0].college))]

    def clean(self):
        donnees = super().clean()
        choisis = {*donnees.get("lignes", ()), *donnees.get("presidents", ())}
        if not choisis and not self.errors:
            self.add_error("lignes", "Cochez au moins une ligne.")
        for ligne in self.proposees:
            if ligne.a_nommer and ligne.cle in choisis and not donnees.get(f"nom_{ligne.cle}"):
                self.add_error(f"nom_{ligne.cle}", "Nommez cette structure, ou décochez la ligne.")
        return donnees

    def choix(self) -> list[Choix]:
        donnees = self.cleaned_data
        presidents = set(donnees["presidents"])
        choisis = {*donnees["lignes"], *presidents}
        return [
            Choix(li.cle, donnees.get(f"nom_{li.cle}") or li.nom, li.cle in presidents)
            for li in self.proposees
            if li.cle in choisis
        ]


class FormulaireSuccession(AvecJeton, ChampsInstance):
    """L'instance qui succède, les sièges qu'elle reprend, le sort de chaque séance à venir."""

    bouton = ""
    sieges = _Coches("Sièges repris")
    presidents = _Coches("Qui préside")

    class Meta(ChampsInstance.Meta):
        pass

    def __init__(self, *args, ancienne: Instance, gouvernance: Gouvernance, **kwargs):
        initial = {
            "type": TypeInstance.COPIL, "frequence": ancienne.frequence, "epci": ancienne.epci_id,
            "instance_hote": ancienne.instance_hote,
        }  # fmt: skip
        super().__init__(*args, initial=initial, **kwargs)
        relus = ancienne.sieges.ouverts().select_related("structure__college", "personne")
        self.anciens = {str(s.uuid): s for s in relus}
        self.jalons, self.seances = jalons_a_redesigner(ancienne), seances_a_venir(ancienne)
        choix = [(cle, cle) for cle in self.anciens]
        self.fields["sieges"].choices = self.fields["presidents"].choices = choix
        self.initial["sieges"] = list(self.anciens)
        self.initial["presidents"] = [cle for cle, s in self.anciens.items() if s.president]
        self._champs_titulaires(gouvernance)
        for seance in self.seances:
            self.fields[_cle_seance(seance)] = _champ_seance(seance)

    def _champs_titulaires(self, gouvernance: Gouvernance) -> None:
        structures = {s.structure_id for s in self.anciens.values()}
        personnes = Personne.objects.filter(gouvernance=gouvernance, structure__in=structures)
        self.personnes = {str(p.uuid): p for p in personnes.select_related("structure")}
        for cle, siege in self.anciens.items():
            possibles = [
                (c, nommer_titulaire(p, structure=False))
                for c, p in self.personnes.items()
                if p.structure_id == siege.structure_id
            ]
            self.fields[f"titulaire_{cle}"] = forms.ChoiceField(
                label=f"Titulaire pour {siege.structure}", required=False,
                choices=[("", "À désigner"), *possibles],
                initial=str(siege.personne.uuid) if siege.personne else "",
                widget=forms.Select(
                    attrs={"class": "fr-select", "aria-label": f"Titulaire pour {siege.structure}"}
                ),
            )  # fmt: skip

    @property
    def champs_instance(self):
        return [self[nom] for nom in ChampsInstance.Meta.fields]

    @property
    def rangees(self) -> list[tuple[Siege, bool, bool, object]]:
        """(siège, repris, préside, champ du titulaire)."""
        repris, presidents = set(self["sieges"].value() or ()), set(self["presidents"].value() or ())
        return [
            (siege, cle in repris, cle in presidents, self[f"titulaire_{cle}"])
            for cle, siege in self.anciens.items()
        ]

    @property
    def champs_seances(self) -> list[tuple[Seance, object]]:
        return [(s, self[_cle_seance(s)]) for s in self.seances]

    def clean(self):
        donnees = super().clean()
        presidents = set(donnees.get("presidents", ()))
        repris = {*donnees.get("sieges", ()), *presidents}
        self.places = [
            Place(siege.structure, self.personnes.get(donnees.get(f"titulaire_{cle}", "")), cle in presidents)
            for cle, siege in self.anciens.items()
            if cle in repris
        ]
        vues = [(p.structure.pk, p.personne) for p in self.places]
        if doublon := next((p for p in self.places if vues.count((p.structure.pk, p.personne)) > 1), None):
            qui = doublon.personne or "Le titulaire à désigner"
            self.add_error("sieges", f"{qui} occuperait deux sièges pour « {doublon.structure} ».")
        return donnees

    def releve(self) -> Releve:
        donnees = self.cleaned_data
        return Releve(self.places, {s.pk for s in self.seances if donnees[_cle_seance(s)] == "deplacer"})


def _cle_seance(seance: Seance) -> str:
    return f"seance_{seance.uuid}"


def _champ_seance(seance: Seance) -> forms.ChoiceField:
    jour = date_format(timezone.localtime(seance.debut), "j F Y")
    return forms.ChoiceField(
        label=f"{seance.reference}, le {jour} ({seance.get_etat_display().lower()})",
        initial="deplacer", widget=forms.RadioSelect,
        choices=[("deplacer", "La nouvelle instance la tient"), ("annuler", "Elle est annulée")],
    )  # fmt: skip
