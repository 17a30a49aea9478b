"""Les chiffres d'un diagnostic : territoires de la démarche, séries, mesures rattachées aux constats."""

from decimal import Decimal
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.text import slugify

from diagnostic import references
from diagnostic.models import Constat, Echelle, Mesure, SerieIndicateur
from gouvernance.models import Demarche, Epci, Evenement, Perimetre, Utilisateur
from gouvernance.permissions import exiger


class Territoire(NamedTuple):
    """`code` : code COG, SIREN ou « FR »."""

    echelle: Echelle
    code: str
    nom: str

    @property
    def cle(self) -> str:
        return f"{self.echelle}:{self.code}"


class SaisieMesure(NamedTuple):
    """Un chiffre tel que saisi : série existante, ou nouvelle par son libellé et sa source.

    `valeur` nulle : non disponible.
    """

    territoire: Territoire
    annee: int
    valeur: Decimal | None
    serie: SerieIndicateur | None = None
    libelle: str = ""
    unite: str = ""
    source: str = ""
    demonstration: bool = False


def territoires_de(demarche: Demarche) -> list[Territoire]:
    """Le département, ses EPCI (ceux du périmètre pour un groupe d'EPCI), la région, la France."""
    departement = demarche.departement
    if demarche.perimetre == Perimetre.GROUPEMENT:
        epcis = Epci.objects.filter(perimetres__demarche=demarche)
    else:
        epcis = Epci.objects.actuels().filter(departements__contains=[departement.code])
    return [
        Territoire(Echelle.DEPARTEMENT, departement.code, departement.nom),
        *(Territoire(Echelle.EPCI, e.siren, e.nom) for e in epcis.order_by("nom")),
        Territoire(Echelle.REGION, departement.region_id, departement.region.nom),
        Territoire(Echelle.FRANCE, "FR", "France"),
    ]


def series_de(demarche: Demarche) -> QuerySet[SerieIndicateur]:
    """Les séries publiées et celles que cette démarche emploie ; jamais celles d'une autre démarche."""
    propres = Mesure.objects.filter(constats__demarche=demarche).values("serie")
    return SerieIndicateur.objects.filter(Q(code__in=references.codes_publies()) | Q(pk__in=propres))


def mesures_de(demarche: Demarche) -> QuerySet[Mesure]:
    """Les chiffres que l'on peut rattacher : ses séries, sur ses territoires ou déjà employés ici."""
    lieux = Q(constats__demarche=demarche)
    for territoire in territoires_de(demarche):
        lieux |= Q(echelle=territoire.echelle, territoire=territoire.code)
    choisies = Mesure.objects.filter(lieux, serie__in=series_de(demarche)).values("pk")
    return (
        Mesure.objects.filter(pk__in=choisies)
        .select_related("serie")
        .order_by("serie__libelle", "annee", "territoire")
    )


@transaction.atomic
def ajouter_mesure(constat_pk: int, saisie: SaisieMesure, *, par: Utilisateur | None) -> Mesure:
    """Enregistre un chiffre et le rattache au constat.

    Lève ValidationError si la série n'a pas de source, ou si une autre valeur est déjà enregistrée et sert
    ailleurs.
    """
    constat = _verrouiller(constat_pk, par)
    serie = saisie.serie or _serie(constat.demarche, saisie, par)
    mesure = _mesure(constat.demarche, serie, saisie)
    constat.mesures.add(mesure)
    Evenement.consigner(constat, "rattacher un chiffre", par=par, vers=dire(mesure))
    return mesure


@transaction.atomic
def choisir_mesures(constat_pk: int, mesures: list[Mesure], *, par: Utilisateur | None) -> Constat:
    """Remplace les chiffres du constat par ceux-ci. Lève ValidationError s'ils sont étrangers."""
    constat = _verrouiller(constat_pk, par)
    cles = {m.pk for m in mesures}
    permises = set(mesures_de(constat.demarche).filter(pk__in=cles).values_list("pk", flat=True))
    if permises != cles:
        raise ValidationError("L’un de ces chiffres ne concerne pas les territoires de la démarche.")
    avant = list(constat.mesures.select_related("serie"))
    if {m.pk for m in avant} == cles:
        return constat
    constat.mesures.set(mesures)
    Evenement.consigner(
        constat,
        "choisir les chiffres",
        par=par,
        de="\n".join(map(dire, avant)),
        vers="\n".join(map(dire, mesures)),
    )
    return constat


def dire(mesure: Mesure) -> str:
    """« Illectronisme, Dordogne, 2021 : 15,4 % » ou « … : non disponible »."""
    valeur = "non disponible"
    if mesure.valeur is not None:
        valeur = f"{mesure.valeur.normalize():f} {mesure.serie.unite}".replace(".", ",").strip()
    return f"{mesure.serie.libelle}, {mesure.territoire_nom}, {mesure.annee} : {valeur}"


def _verrouiller(constat_pk: int, par) -> Constat:
    """Le constat, sa démarche verrouillée : l'étape ne peut plus changer avant la fin."""
    constat = Constat.objects.get(pk=constat_pk)
    constat.demarche = Demarche.objects.verrouiller(constat.demarche_id)
    exiger(par, constat.demarche, "diagnostiquer")
    return constat


def _serie(demarche: Demarche, saisie: SaisieMesure, par) -> SerieIndicateur:
    """La série du même nom et de la même source, ou une nouvelle, propre à cette démarche."""
    libelle, source = saisie.libelle.strip(), saisie.source.strip()
    if not libelle:
        raise ValidationError({"libelle": "Choisissez un indicateur enregistré, ou nommez-en un nouveau."})
    if not source:
        raise ValidationError({"source": "Citez la source : un chiffre sans source ne se vérifie pas."})
    meme = {"unite": saisie.unite.strip(), "source": source, "demonstration": saisie.demonstration}
    if serie := series_de(demarche).filter(libelle__iexact=libelle, **meme).first():
        return serie
    serie = SerieIndicateur(libelle=libelle, **meme)
    serie.code = f"{slugify(libelle)[:51].strip('-') or 'serie'}-{serie.uuid.hex[:8]}"
    serie.attribuer(par)
    serie.full_clean()
    serie.save()
    return serie


def _mesure(demarche: Demarche, serie: SerieIndicateur, saisie: SaisieMesure) -> Mesure:
    lieu = saisie.territoire
    mesure, creee = Mesure.objects.get_or_create(
        serie=serie,
        echelle=lieu.echelle,
        territoire=lieu.code,
        annee=saisie.annee,
        defaults={"territoire_nom": lieu.nom, "valeur": saisie.valeur},
    )
    if creee or mesure.valeur == saisie.valeur:
        return mesure
    if serie.code in references.codes_publies() or mesure.constats.exclude(demarche=demarche).exists():
        raise ValidationError(
            {
                "valeur": "Une autre valeur est déjà enregistrée pour ce territoire et cette année : "
                f"« {dire(mesure)} ». Rattachez-la depuis les chiffres enregistrés."
            }
        )
    mesure.valeur = saisie.valeur
    mesure.save(update_fields=["valeur"])
    return mesure
