"""Le cartouche visible d'une signature, mis en page par WeasyPrint : polices incorporées, accents compris."""

from datetime import datetime
from html import escape
from string import Template
from typing import NamedTuple
from zoneinfo import ZoneInfo

from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

from feuille_de_route.documents.contenu.lecture import MOIS
from feuille_de_route.documents.rendu import BASE, Ressources
from gouvernance.socle.mots import compter

CORPS_POSSIBLES = (8.5, 8, 7.5, 7, 6.5, 6, 5.5, 5)
RESERVES_ABREGEES = 140  # caractères gardés quand le texte des réserves ne tient pas, même en petit

GABARIT = Template("""<!doctype html><html lang="fr"><head><title>Signature</title><style>
@page { size: ${largeur}pt ${hauteur}pt; margin: 0; background: #fff }
html { font: ${corps}pt/1.3 "DejaVu Sans", "Liberation Sans", sans-serif; color: #1e1e2a }
body { margin: 0; padding: .7em .9em .5em 1.2em }
body::before { content: ""; position: fixed; inset: 0; border: .5pt solid #c9c9d4;
 border-left: 2.4pt solid ${couleur} }
p { margin: 0 }
.titre { font-size: .72em; letter-spacing: .09em; text-transform: uppercase; color: ${couleur} }
.nom { font-size: 1.28em; font-weight: bold; line-height: 1.25; margin: .12em 0 .05em }
.structure { color: #4a4a57 }
.date { margin-top: .3em }
.reserves { margin-top: .3em; padding: .2em .45em; background: #fdf3e1; color: #5c3a00; font-size: .88em }
.mention { margin-top: .45em; padding-top: .35em; border-top: .4pt solid #c9c9d4;
 font-size: .74em; color: #5a5a68 }
</style></head><body>
<p class="titre">$titre</p><p class="nom">$nom</p>$lignes<p class="date">$date</p>$reserves
<p class="mention">$mention</p></body></html>""")


class Apposition(NamedTuple):
    """Ce qu'une signature dit et montre. `date` : le moment, avec fuseau, où la personne a signé."""

    nom: str
    qualite: str
    structure: str
    date: datetime
    reserves: str = ""
    raison: str = "Signature de la feuille de route"

    @property
    def signataire(self) -> str:
        return ", ".join(filter(None, (self.nom, self.qualite, self.structure)))


class SceauApposable(NamedTuple):
    """Le sceau qui clôt le document."""

    date: datetime
    signatures: int
    nom: str = "Sceau de la plateforme"
    raison: str = "Scellement du document après la dernière signature"

    @property
    def signataire(self) -> str:
        return self.nom


def date_longue(date: datetime, fuseau: str = "Europe/Paris") -> str:
    """« le 1er mars 2026 à 9 h 05 », à l'heure de Paris par défaut."""
    local = date.astimezone(ZoneInfo(fuseau))
    jour = "1er" if local.day == 1 else str(local.day)
    return f"le {jour} {MOIS[local.month - 1]} {local.year} à {local.hour} h {local.minute:02d}"


def cartouche(apposition: Apposition | SceauApposable, largeur: float, hauteur: float) -> bytes:
    """Un PDF d'une page à la taille (en points) du champ ; le corps diminue jusqu'à ce que tout tienne."""
    textes = _textes_sceau(apposition) if isinstance(apposition, SceauApposable) else _textes(apposition)
    for abrege in (False, True):
        for corps in CORPS_POSSIBLES:
            page = {"largeur": f"{largeur:.3f}", "hauteur": f"{hauteur:.3f}", "corps": corps}
            html = GABARIT.substitute(page | textes | {"reserves": _reserves(apposition, abrege)})
            document = HTML(string=html, base_url=BASE, url_fetcher=Ressources()).render(
                font_config=FontConfiguration()
            )
            if len(document.pages) == 1:
                return document.write_pdf()
    raise ValueError(f"Le cadre de signature ({largeur:.0f} × {hauteur:.0f} points) est trop petit.")


def _textes(apposition: Apposition) -> dict[str, str]:
    lignes = [("qualite", apposition.qualite), ("structure", apposition.structure)]
    return {
        "couleur": "#2a4a8c",
        "titre": "Signé avec réserves" if apposition.reserves else "Signé",
        "nom": escape(apposition.nom),
        "lignes": "".join(f'<p class="{classe}">{escape(texte)}</p>' for classe, texte in lignes if texte),
        "date": escape(date_longue(apposition.date).capitalize()),
        "mention": escape(f"Signé par le cachet de la plateforme pour {apposition.nom}."),
    }


def _textes_sceau(sceau: SceauApposable) -> dict[str, str]:
    compte = compter(sceau.signatures, "signature")
    return {
        "couleur": "#1e6b52",
        "titre": "Document scellé",
        "nom": escape(sceau.nom),
        "lignes": f'<p class="qualite">Clôt le document et ses {compte}.</p>'
        if sceau.signatures > 1
        else f'<p class="qualite">Clôt le document ({compte}).</p>',
        "date": escape(date_longue(sceau.date).capitalize()),
        "mention": "Toute modification du fichier après ce sceau se voit à la vérification.",
    }


def _reserves(apposition, abrege: bool) -> str:
    texte = " ".join(getattr(apposition, "reserves", "").split())
    if not texte:
        return ""
    if abrege and len(texte) > RESERVES_ABREGEES:
        texte = texte[:RESERVES_ABREGEES].rsplit(" ", 1)[0] + "… (texte entier au registre)"
    return f'<p class="reserves"><b>Avec réserves :</b> {escape(texte)}</p>'
