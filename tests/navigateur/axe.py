"""Ce qu'axe trouve à redire à la page ouverte."""

from pathlib import Path

import axe_playwright_python

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
CHERCHER = AXE + "\n;axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)"


def violations(onglet) -> list[str]:
    return [f"axe {v['id']} – {v['nodes'][0]['html'][:160]}" for v in onglet.evaluate(CHERCHER)]
