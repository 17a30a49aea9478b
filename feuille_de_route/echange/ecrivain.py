"""Du dossier chargé au dictionnaire du format. Les références suivent l'ordre d'export : stables."""

from feuille_de_route.echange.chargement import Dossier
from feuille_de_route.echange.ecrivain_cadre import EcrivainDuCadre
from feuille_de_route.echange.ecrivain_plan import EcrivainDuPlan
from feuille_de_route.echange.renvois import Renvoi, cle_personne, cle_structure, epci_json, simples
from feuille_de_route.echange.valeurs import jour_json
from gouvernance.models import Structure


class Ecrivain(EcrivainDuCadre, EcrivainDuPlan):
    """Écrit un dossier ; une instance par export."""

    def __init__(self, dossier: Dossier):
        super().__init__()
        self.dossier = dossier
        self.codes_jalons = {jalon.pk: jalon.code for jalon in dossier.jalons}
        sieges = [siege for instance in dossier.instances for siege in instance.sieges.all()]
        decisions = [decision for seance in dossier.seances for decision in seance.decisions.all()]
        self.axes_racines = [axe for axe in dossier.axes if axe.parent_id is None]
        axes = [a for racine in self.axes_racines for a in (racine, *self._sous_axes(racine))]
        contributions = [c for atelier in dossier.ateliers for c in atelier.contributions.all()]
        numerotes = {
            "I": dossier.instances, "G": sieges, "R": dossier.seances, "D": decisions, "C": dossier.constats,
            "E": dossier.enjeux, "K": dossier.chantiers, "T": dossier.ateliers, "A": axes,
            "F": dossier.fiches, "L": dossier.limites, "B": contributions,
        }  # fmt: skip
        for lettre, lignes in numerotes.items():
            self._numeroter(lettre, lignes)

    def ecrire(self) -> dict:
        """Le corps du fichier, références résolues."""
        corps = {
            "demarche": self._demarche(),
            "gouvernance": simples("gouvernance", self.dossier.demarche.gouvernance),
            "membres": self._membres(),
            **self._cadre(),
            "seances": [self._seance(s) for s in self.dossier.seances],
            **self._consensus(),
            "rencontres": [self._rencontre(r) for r in self.dossier.rencontres],
            "diagnostic": self._diagnostic(),
            "enjeux": [self._enjeu(e) for e in self.dossier.enjeux],
            "chantiers": [self._chantier(c) for c in self.dossier.chantiers],
            "ateliers": [self._atelier(a) for a in self.dossier.ateliers],
            **self._plan(),
            "besoins": [simples("besoin", b) for b in self.dossier.besoins],
            "signataires": [
                {"structure": self._structure(s.structure), **simples("signataire", s)}
                for s in self.dossier.signataires
            ],
        }
        return self._resoudre(self._acteurs() | corps)

    def _acteurs(self) -> dict:
        """À appeler quand tout le reste est écrit : on ne liste que ce qui est cité."""
        structures = sorted(self.structures.values(), key=cle_structure)
        personnes = sorted(self.personnes.values(), key=cle_personne)
        self._numeroter("S", structures)
        self._numeroter("P", personnes)
        return {
            "structures": [self._fiche_structure(s) for s in structures],
            "personnes": [
                {"ref": Renvoi(p), "structure": Renvoi(p.structure), **simples("personne", p)}
                for p in personnes
            ],
        }

    def _fiche_structure(self, structure: Structure) -> dict:
        college = {"code": structure.college.code, "libelle": structure.college.libelle}
        champs = simples("structure", structure)
        return {"ref": Renvoi(structure), **champs, "college": college, "epci": epci_json(structure.epci)}

    def _demarche(self) -> dict:
        demarche = self.dossier.demarche
        departement = demarche.gouvernance.departement
        return {
            **simples("demarche", demarche),
            "departement": {"code": departement.code, "nom": departement.nom},
            "region": {"code": departement.region.code, "nom": departement.region.nom},
            "epcis": [
                {**epci_json(p.epci), "population": p.epci.population} for p in self.dossier.perimetres
            ],
            "porteur": self._structure(demarche.porteur),
            "parente": demarche.parente.identifiant if demarche.parente else None,
        }

    def _diagnostic(self) -> dict:
        series = {m.serie.code: m.serie for c in self.dossier.constats for m in c.mesures.all()}
        return {
            "series": [simples("serie", series[code]) for code in sorted(series)],
            "constats": [self._constat(c) for c in self.dossier.constats],
        }

    def _constat(self, constat) -> dict:
        thematique = constat.thematique
        mesures = sorted(
            constat.mesures.all(), key=lambda m: (m.serie.code, m.echelle, m.territoire, m.annee)
        )
        return {
            "ref": self._ref(type(constat), constat.pk),
            **simples("constat", constat),
            "thematique": {"code": thematique.code, "libelle": thematique.libelle} if thematique else None,
            "mesures": [{"serie": m.serie.code, **simples("mesure", m)} for m in mesures],
            "regards": [simples("regard", r) for r in constat.regards.all()],
        }

    def _enjeu(self, enjeu) -> dict:
        return {
            "ref": self._ref(type(enjeu), enjeu.pk),
            **simples("enjeu", enjeu),
            "constats": self._citees(enjeu.constats.all()),
        }

    def _chantier(self, chantier) -> dict:
        return {
            "ref": self._ref(type(chantier), chantier.pk),
            **simples("chantier", chantier),
            "pilote": self._structure(chantier.pilote),
            "conclu_le": jour_json(chantier.conclu_le),
        }

    def _atelier(self, atelier) -> dict:
        return {
            "ref": self._ref(type(atelier), atelier.pk),
            **simples("atelier", atelier),
            "sous_groupes": [simples("sous_groupe", s) for s in atelier.sous_groupes.all()],
            "contributions": [
                {
                    "ref": self._ref(type(c), c.pk),
                    **simples("contribution", c),
                    "sous_groupe": c.sous_groupe.nom if c.sous_groupe else None,
                    "convertie_en": self._lien(c, "enjeu") or self._lien(c, "chantier"),
                }
                for c in atelier.contributions.all()
            ],
        }
