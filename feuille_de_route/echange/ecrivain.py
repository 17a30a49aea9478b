"""Du dossier chargé au dictionnaire du format. Les références suivent l'ordre d'export : stables."""

from typing import Any

from django.db import models

from feuille_de_route.echange.chargement import Dossier
from feuille_de_route.echange.format import OBJETS
from feuille_de_route.echange.valeurs import jour_json, vers_json
from gouvernance.models import Epci, Personne, Structure
from gouvernance.socle.tri import cle_francaise


class Renvoi:
    """La place d'une référence à une structure ou à une personne, numérotées une fois toutes connues."""

    def __init__(self, cible: Structure | Personne):
        self.cible = cible


def simples(nom: str, ligne: models.Model) -> dict:
    """Les champs simples d'un objet du format."""
    objet = OBJETS[nom]
    return {cle: vers_json(objet.champ(cle), getattr(ligne, cle)) for cle in objet.champs}


def cle_structure(structure: Structure) -> tuple:
    return (cle_francaise(structure.nom), structure.nom, structure.siret or "", structure.pk)


def cle_personne(personne: Personne) -> tuple:
    noms = (personne.nom, personne.prenom, personne.fonction, personne.qualite)
    return (cle_structure(personne.structure), *noms, personne.pk)


def _epci(epci: Epci | None) -> dict | None:
    return {"siren": epci.siren, "nom": epci.nom} if epci else None


class Ecrivain:
    """Écrit un dossier ; une instance par export."""

    def __init__(self, dossier: Dossier):
        self.dossier = dossier
        self.structures: dict[int, Structure] = {}
        self.personnes: dict[int, Personne] = {}
        self.refs: dict[tuple[type, int], str] = {}
        self.codes_jalons = {jalon.pk: jalon.code for jalon in dossier.jalons}
        sieges = [siege for instance in dossier.instances for siege in instance.sieges.all()]
        decisions = [decision for seance in dossier.seances for decision in seance.decisions.all()]
        self.axes_racines = [axe for axe in dossier.axes if axe.parent_id is None]
        axes = [a for racine in self.axes_racines for a in (racine, *self._sous_axes(racine))]
        numerotes = {
            "I": dossier.instances, "G": sieges, "R": dossier.seances, "D": decisions, "C": dossier.constats,
            "E": dossier.enjeux, "K": dossier.chantiers, "T": dossier.ateliers, "A": axes,
            "F": dossier.fiches,
        }  # fmt: skip
        for lettre, lignes in numerotes.items():
            self._numeroter(lettre, lignes)

    def _numeroter(self, lettre: str, lignes: list) -> None:
        for rang, ligne in enumerate(lignes, start=1):
            self.refs[type(ligne), ligne.pk] = f"{lettre}{rang}"

    def _sous_axes(self, axe) -> list:
        return [a for a in self.dossier.axes if a.parent_id == axe.pk]

    def ecrire(self) -> dict:
        """Le corps du fichier, références résolues."""
        corps = {
            "demarche": self._demarche(),
            "gouvernance": simples("gouvernance", self.dossier.demarche.gouvernance),
            "membres": self._membres(),
            **self._cadre(),
            "seances": [self._seance(s) for s in self.dossier.seances],
            "points_de_blocage": [self._blocage(p) for p in self.dossier.blocages],
            "diagnostic": self._diagnostic(),
            "enjeux": [self._enjeu(e) for e in self.dossier.enjeux],
            "chantiers": [self._chantier(c) for c in self.dossier.chantiers],
            "ateliers": [self._atelier(a) for a in self.dossier.ateliers],
            "axes": [self._axe(a, racine=True) for a in self.axes_racines],
            "fiches": [self._fiche(f) for f in self.dossier.fiches],
            "besoins": [simples("besoin", b) for b in self.dossier.besoins],
            "signataires": [
                {"structure": self._structure(s.structure), **simples("signataire", s)}
                for s in self.dossier.signataires
            ],
        }
        return self._resoudre(self._acteurs() | corps)

    def _ref(self, modele: type, pk: int | None) -> str | None:
        return self.refs.get((modele, pk)) if pk else None

    def _lien(self, ligne: models.Model, champ: str) -> str | None:
        """La référence de la ligne visée par une clé étrangère, sans la lire."""
        cle = ligne._meta.get_field(champ)
        return self._ref(cle.related_model, getattr(ligne, cle.attname))

    def _structure(self, structure: Structure | None) -> Renvoi | None:
        if structure is None:
            return None
        self.structures[structure.pk] = structure
        return Renvoi(structure)

    def _personne(self, personne: Personne | None) -> Renvoi | None:
        if personne is None:
            return None
        self.personnes[personne.pk] = personne
        self._structure(personne.structure)
        return Renvoi(personne)

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
        return {"ref": Renvoi(structure), **champs, "college": college, "epci": _epci(structure.epci)}

    def _resoudre(self, valeur: Any) -> Any:
        match valeur:
            case Renvoi(cible=cible):
                return self.refs[type(cible), cible.pk]
            case dict():
                return {cle: self._resoudre(v) for cle, v in valeur.items()}
            case list():
                return [self._resoudre(v) for v in valeur]
        return valeur

    def _demarche(self) -> dict:
        demarche = self.dossier.demarche
        departement = demarche.gouvernance.departement
        return {
            **simples("demarche", demarche),
            "departement": {"code": departement.code, "nom": departement.nom},
            "region": {"code": departement.region.code, "nom": departement.region.nom},
            "epcis": [{**_epci(p.epci), "population": p.epci.population} for p in self.dossier.perimetres],
            "porteur": self._structure(demarche.porteur),
            "parente": demarche.parente.identifiant if demarche.parente else None,
        }

    def _membres(self) -> list[dict]:
        membres = sorted(self.dossier.membres, key=lambda m: cle_structure(m.structure))
        return [{"structure": self._structure(m.structure), **simples("membre", m)} for m in membres]

    def _cadre(self) -> dict:
        definition = self.dossier.definition
        cahier = simples("cahier", self.dossier.cahier)
        return {
            "instances": [self._instance(i) for i in self.dossier.instances],
            "cahier_des_charges": {**cahier, "adhesions": self._adhesions()},
            "definition_commune": {
                **simples("definition", definition),
                "decision": self._lien(definition, "decision"),
            },
            "jalons": [self._jalon(j) for j in self.dossier.jalons],
        }

    def _jalon(self, jalon) -> dict:
        liens = {"instance": self._lien(jalon, "instance"), "decision": self._lien(jalon, "decision")}
        return {**simples("jalon", jalon), **liens}

    def _adhesions(self) -> list[dict]:
        adhesions = sorted(
            self.dossier.adhesions, key=lambda a: (a.edition, jour_json(a.le), cle_structure(a.structure))
        )
        return [
            {"structure": self._structure(a.structure), "edition": a.edition, "le": jour_json(a.le)}
            for a in adhesions
        ]

    def _instance(self, instance) -> dict:
        return {
            "ref": self._ref(type(instance), instance.pk),
            **simples("instance", instance),
            "epci": _epci(instance.epci),
            "succede_a": self._lien(instance, "succede_a"),
            "sieges": [
                {
                    "ref": self._ref(type(s), s.pk),
                    "structure": self._structure(s.structure),
                    "personne": self._personne(s.personne),
                    **simples("siege", s),
                }
                for s in instance.sieges.all()
            ],
        }

    def _seance(self, seance) -> dict:
        return {
            "ref": self._ref(type(seance), seance.pk),
            "reference": seance.reference,
            "instance": self._lien(seance, "instance"),
            **simples("seance", seance),
            "ordre_du_jour": [
                {**simples("point", p), "jalon": self._code_jalon(p)} for p in seance.points.all()
            ],
            "presences": [self._presence(p) for p in seance.presences.all()],
            "decisions": [self._decision(d, seance) for d in seance.decisions.all()],
        }

    def _presence(self, presence) -> dict:
        sieges = {"siege": self._lien(presence, "siege"), "pouvoir_a": self._lien(presence, "pouvoir_a")}
        return {**simples("presence", presence), **sieges}

    def _decision(self, decision, seance) -> dict:
        return {
            "ref": self._ref(type(decision), decision.pk),
            **simples("decision", decision),
            "numero": f"{seance.reference}-D{decision.ordre}",
            "jalon": self._code_jalon(decision),
        }

    def _code_jalon(self, ligne) -> str | None:
        return self.codes_jalons.get(ligne.jalon_id)

    def _blocage(self, blocage) -> dict:
        return {
            **simples("blocage", blocage),
            "responsable": self._structure(blocage.responsable),
            "decision": self._lien(blocage, "decision"),
            "leve_le": jour_json(blocage.leve_le),
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

    def _citees(self, lignes) -> list[str]:
        """Références d'objets liés, dans l'ordre d'export ; une ligne hors du dossier n'y est pas."""
        refs = [self._ref(type(ligne), ligne.pk) for ligne in lignes]
        return sorted((r for r in refs if r), key=lambda r: int(r[1:]))

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
                    **simples("contribution", c),
                    "sous_groupe": c.sous_groupe.nom if c.sous_groupe else None,
                    "convertie_en": self._lien(c, "enjeu") or self._lien(c, "chantier"),
                }
                for c in atelier.contributions.all()
            ],
        }

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
        servi = next(((n, a) for n, a in numeros(self.dossier.axes_parents) if a.pk == axe_pk), None)
        return {"numero": servi[0], "intitule": servi[1].intitule} if servi else None

    def _fiche(self, fiche) -> dict:
        partenaires = [
            {"structure": self._structure(p.structure), "apport": p.apport or None}
            for p in fiche.partenariats.all()
        ]
        return {
            "ref": self._ref(type(fiche), fiche.pk),
            **simples("fiche", fiche),
            "axe": self._lien(fiche, "axe"),
            "chantier": self._lien(fiche, "chantier"),
            "enjeux": self._citees(fiche.enjeux.all()),
            "territoires": [_epci(e) for e in fiche.territoires.all()],
            "structure_porteuse": self._structure(fiche.structure_porteuse),
            "elu_referent": self._personne(fiche.elu_referent),
            "partenaires": partenaires,
            "etapes": [simples("etape", e) for e in fiche.etapes.all()],
            "indicateurs": [simples("indicateur", i) for i in fiche.indicateurs.all()],
            "budget": [simples("ligne", b) for b in fiche.lignes_budget.all()],
            "financements": [simples("financement", f) for f in fiche.financements.all()],
            "decision": self._lien(fiche, "decision"),
        }  # fmt: skip


def numeros(axes: list) -> list[tuple[str, models.Model]]:
    """Chaque axe avec son numéro, « 2 » ou « 2.1 » ; la liste est dans l'ordre d'affichage."""
    paires = []
    racines = [a for a in axes if a.parent_id is None]
    for rang, racine in enumerate(racines, start=1):
        paires.append((str(rang), racine))
        sous_axes = [a for a in axes if a.parent_id == racine.pk]
        paires += [(f"{rang}.{n}", a) for n, a in enumerate(sous_axes, start=1)]
    return paires
