"""La gouvernance et le cadrage dans le fichier : membres, instances, séances, décisions, consensus."""

from feuille_de_route.echange.chargement import Dossier
from feuille_de_route.echange.renvois import Renvois, cle_personne, cle_structure, epci_json, simples
from feuille_de_route.echange.valeurs import jour_json
from gouvernance.models import Cible


class EcrivainDuCadre(Renvois):
    dossier: Dossier
    codes_jalons: dict[int, str]

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
                "editions": [
                    {
                        **simples("definition_adoptee", d),
                        "decision": self._lien(d, "decision"),
                        "le": jour_json(d.le),
                    }
                    for d in self.dossier.definitions
                ],
            },
            "glossaire": [simples("terme", t) for t in self.dossier.termes],
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
            "epci": epci_json(instance.epci),
            "succede_a": self._lien(instance, "succede_a"),
            "dissoute_le": jour_json(instance.dissoute_le),
            "sieges": [
                {
                    "ref": self._ref(type(s), s.pk),
                    "structure": self._structure(s.structure),
                    "personne": self._personne(s.personne),
                    **simples("siege", s),
                    "clos_le": jour_json(s.clos_le),
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
                {**simples("point", p), "jalon": self._code_jalon(p), "cible": self._cible(p)}
                for p in seance.points.all()
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
            "cible": self._cible(decision),
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

    def _cible(self, ligne) -> dict | None:
        """Ce sur quoi porte un point ou une décision ; le jalon, lui, se dit par son code."""
        if ligne.cible_type in (Cible.AUCUNE, Cible.JALON):
            return None
        ref, libelle = self.par_uuid.get(ligne.cible), ligne.cible_libelle
        return {"type": str(ligne.cible_type), "ref": ref, "libelle": libelle or None}

    def _consensus(self) -> dict:
        """Ce qui gêne, et ce que l'on peut, va ou ne peut pas faire."""
        return {
            "points_de_blocage": [self._blocage(p) for p in self.dossier.blocages],
            "limites": [
                {
                    "ref": self._ref(type(limite), limite.pk),
                    **simples("limite", limite),
                    "responsable": self._structure(limite.responsable),
                    "decision": self._lien(limite, "decision"),
                    "remplace": self._lien(limite, "remplace"),
                }
                for limite in self.dossier.limites
            ],
        }

    def _rencontre(self, rencontre) -> dict:
        """Les élus rencontrés n'y sont pas : ce que l'on sait d'eux reste à la coordination."""
        return {
            **simples("rencontre", rencontre),
            "epci": epci_json(rencontre.epci),
            "communes": [{"code": c.code, "nom": c.nom} for c in rencontre.communes.all()],
            "referents": [self._personne(p) for p in sorted(rencontre.referents.all(), key=cle_personne)],
        }
