"""Couper un grand document en deux parties de même poids, qui se mettent en page chacune de son côté.

Le gabarit dit où l'on peut couper, toujours au début d'une page, par un repère vide :
`<hr class="coupe" data-…>`. Celui où l'on coupe ouvre la seconde partie et porte ce que ses pages rappellent
en tête et au pied ; les autres disparaissent. La coupe ne dépend que du document, jamais de la machine : les
octets sont donc les mêmes partout.
"""

import re

COUPE = re.compile(r'<hr class="coupe"[^>]*>')
SEUIL = 90_000  # caractères de HTML (une quinzaine de pages) en dessous desquels une partie va aussi vite
PREMIERE = 0.42  # la part de la première : ce qui précède les fiches coûte plus par caractère
CORPS, FIN = "<body>", "</body></html>"


def decouper(html: str) -> list[str]:
    """Une ou deux pages HTML entières ; une seule si le document est petit ou n'a pas de repère."""
    tete, corps, contenu = html.partition(CORPS)
    reperes = list(COUPE.finditer(contenu))
    if len(html) < SEUIL or not reperes:
        return [COUPE.sub("", html)]
    milieu = len(contenu) * PREMIERE
    ici = min(reperes, key=lambda repere: abs(repere.start() - milieu))
    debut, suite = contenu[: ici.start()], contenu[ici.end() :]
    return [
        f"{tete}{corps}{COUPE.sub('', debut)}{FIN}",
        f"{tete}{corps}{ici.group()}{COUPE.sub('', suite)}",
    ]
