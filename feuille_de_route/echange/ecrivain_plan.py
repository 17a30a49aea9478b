"""La stratégie et le plan d'actions dans le fichier : axes, fiches, enveloppes, demandes de subvention."""

from django.db import models

from feuille_de_route.axes.strategie import numerotes
from feuille_de_route.echange.chargement import Dossier
from feuille_de_route.echange.format_plan import DE_SUIVI
from feuille_de_route.echange.renvois import Renvois, cle_structure, epci_json, simples
from feuille_de_route.echange.valeurs import jour_json, vers_json
from feuille_de_route.models import EtatFiche, Plafond


class EcrivainDuPlan(Renvois):
    dossier: Dossier
    axes_racines: list

    def _plan(self) -> dict:
        return {
            "axes": [self._axe(a, racine=True) for a in self.axes_racines],
            "fiches": [self._fiche(f) for f in self.dossier.fiches],
            "fiches_partagees": [self._partage(p) for p in self.dossier.partages],
            "enveloppes": [self._enveloppe(e) for e in self.dossier.enveloppes],
            "demandes_subvention": [self._demande(d) for d in self.dossier.demandes],
        }

    def _sous_axes(self, axe) -> list:
        return [a for a in self.dossier.axes if a.parent_id == axe.pk]

    def _axe(self, axe, *, racine: bool = False) -> dict:
        donnees = {
            "ref": self._ref(type(axe), axe.pk),
            **simples("axe", axe),
            "axe_departemental": self._declinaison(axe.axe_departemental_id),
            "enjeux": self._citees(axe.enjeux.all()),
        }
        if racine:
            donnees["sous_axes"] = [self._axe(a) for a in self._sous_axes(axe)]
        return donnees

    def _declinaison(self, axe_pk: int | None) -> dict | None:
        servi = next(((n, a) for n, a in numerotes(self.dossier.axes_parents) if a.pk == axe_pk), None)
        return {"numero": servi[0], "intitule": servi[1].intitule} if servi else None

    def _fiche(self, fiche) -> dict:
        donnees = {
            "ref": self._ref(type(fiche), fiche.pk),
            **simples("fiche", fiche),
            **{cle: self._lien(fiche, cle) for cle in ("axe", "chantier", "contribution")},
            "reprise_de": self._reprise(fiche),
            "enjeux": self._citees(fiche.enjeux.all()),
            "territoires": [epci_json(e) for e in fiche.territoires.all()],
            **self._acteurs_de(fiche),
            "etapes": [self._engagement("etape", e) for e in fiche.etapes.all()],
            "indicateurs": [self._indicateur(i) for i in fiche.indicateurs.all()],
            "budget": [self._engagement("ligne", b) for b in fiche.lignes_budget.all()],
            "financements": [simples("financement", f) for f in fiche.financements.all()],
            "decision": self._lien(fiche, "decision"),
            "avis": [self._avis(a) for a in fiche.avis.all()],
        }
        if not self.dossier.fige:
            donnees["suivi"] = [simples("point_de_suivi", p) for p in fiche.points_de_suivi.all()]
        return donnees

    def _acteurs_de(self, fiche) -> dict:
        return {
            "structure_porteuse": self._structure(fiche.structure_porteuse),
            "copilotes": [self._structure(s) for s in sorted(fiche.copilotes.all(), key=cle_structure)],
            "elu_referent": self._personne(fiche.elu_referent),
            "partenaires": [
                {"structure": self._structure(p.structure), "apport": p.apport or None}
                for p in fiche.partenariats.all()
            ],
            "instance_suivi": self._lien(fiche, "instance_suivi"),
        }

    def _engagement(self, nom: str, ligne: models.Model) -> dict:
        """Les champs simples ; une version figée ne garde que ce à quoi l'on s'engage."""
        tus = DE_SUIVI[nom] if self.dossier.fige else ()
        return {cle: valeur for cle, valeur in simples(nom, ligne).items() if cle not in tus}

    def _indicateur(self, indicateur) -> dict:
        donnees = simples("indicateur", indicateur)
        if not self.dossier.fige:
            donnees["releves"] = [simples("releve", r) for r in indicateur.releves.all()]
        return donnees

    def _reprise(self, fiche) -> dict | None:
        """D'une autre démarche, le titre n'est dit que si la fiche y est retenue."""
        reprise = fiche.reprise_de
        if reprise is None:
            return None
        if ref := self._ref(type(reprise), reprise.pk):
            return {"ref": ref, "uuid": None, "libelle": None}
        if reprise.demarche_id == fiche.demarche_id:
            return None
        titre = reprise.titre if reprise.etat == EtatFiche.RETENUE else None
        return {"ref": None, "uuid": str(reprise.uuid), "libelle": titre}

    def _avis(self, avis) -> dict:
        liens = {"instance": self._lien(avis, "instance"), "seance": self._lien(avis, "seance")}
        return {**simples("avis", avis), **liens}

    def _partage(self, partage) -> dict:
        fiche = partage.fiche
        return {
            "uuid": str(fiche.uuid),
            "demarche": fiche.demarche.identifiant,
            "titre": fiche.titre,
            **simples("partage", partage),
        }

    def _enveloppe(self, enveloppe) -> dict:
        plafond = next((p.montant for p in enveloppe.plafonds.all()), None)
        montant = vers_json(Plafond._meta.get_field("montant"), plafond)
        return {**simples("enveloppe", enveloppe), "plafond": montant}

    def _demande(self, demande) -> dict:
        return {
            "fiche": self._lien(demande, "fiche"),
            "enveloppe": demande.enveloppe.nom,
            "beneficiaire": self._structure(demande.beneficiaire),
            **simples("demande", demande),
            "deposee_le": jour_json(demande.deposee_le),
            "decidee_le": jour_json(demande.decidee_le),
        }
