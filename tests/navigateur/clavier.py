"""Une personne devant son clavier : ni souris, ni raccourci d'essai ; chaque page franchie est examinée.

`Clavier` n'emploie que Tab, Maj+Tab, les flèches, Espace, Entrée et la frappe. Il exige que ce qui reçoit le
focus se voie, et garde dans `fautes` ce qu'axe, la console et le plan des titres reprochent à chaque page.
"""

import re

from tests.navigateur.axe import violations

BORNE = 300  # arrêts de tabulation au plus avant de dire qu'un objet est hors d'atteinte
PAR_LISTE = 80  # choix d'une liste déroulante au plus

# Ce qui a le focus est dans la fenêtre, mesure quelque chose et porte un contour : les cases du DSFR le
# dessinent devant leur étiquette, ses tuiles autour d'elles ; le calendrier d'une date a celui du navigateur.
FOCUS_VISIBLE = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return "rien n’a le focus";
  const dit = e.outerHTML.slice(0, 140);
  const etiquette = e.labels && e.labels[0];
  const boite = [e, etiquette].filter(Boolean).map((x) => x.getBoundingClientRect())
    .find((b) => b.width > 1 && b.height > 1);
  if (!boite) return `sans surface : ${dit}`;
  if (boite.bottom <= 0 || boite.top >= innerHeight || boite.right <= 0 || boite.left >= innerWidth)
    return `hors de la fenêtre : ${dit}`;
  const styles = [undefined, "::before", "::after"].map((devant) => getComputedStyle(e, devant));
  if (etiquette) styles.push(getComputedStyle(etiquette, "::before"), getComputedStyle(etiquette));
  if (/^date/.test(e.type)) return "";
  const contour = styles.some((s) => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2
    && !/rgba\\(.*, 0\\)|transparent/.test(s.outlineColor));
  return contour ? "" : `sans contour : ${dit}`;
}"""
RIEN = "rien n’a le focus"
A_LE_FOCUS = "elements => elements.includes(document.activeElement)"
NOMMER = """() => {
  const e = document.activeElement;
  const nom = (e.getAttribute("aria-label") || e.innerText || e.name || "").trim();
  return `${e.tagName.toLowerCase()} ${nom.slice(0, 60)}`;
}"""

REGARDER = f"""(vises) => ({{
  defaut: ({FOCUS_VISIBLE})(), nom: ({NOMMER})(), atteint: vises.includes(document.activeElement),
}})"""


class Clavier:
    """`onglet` : la page de la personne ; `qui` : son rôle, pour dire de qui vient une faute."""

    def __init__(self, onglet, qui: str):
        self.onglet, self.qui, self.fautes, self.messages = onglet, qui, [], []
        onglet.on(
            "console",
            lambda m: self.messages.append(m.text) if m.type == "error" and "422" not in m.text else None,
        )
        onglet.on("pageerror", lambda e: self.messages.append(str(e)))
        onglet.on("dialog", lambda question: question.accept())  # Entrée, dans la question du navigateur

    def aller(self, adresse: str) -> None:
        """Une adresse tapée, ou le lien d'un courriel."""
        self.onglet.goto(adresse)
        self._examiner()

    def touche(self, nom: str) -> None:
        self.onglet.keyboard.press(nom)

    def atteindre(self, role: str, nom: str, *, exact: bool = True):
        """Tabule jusqu'à l'objet de ce rôle et de ce nom (de son début, si `exact` est faux)."""
        nom_lu = nom if exact else re.compile("^" + re.escape(nom))
        return self._tabuler(self.onglet.get_by_role(role, name=nom_lu, exact=exact), f"{role} « {nom} »")

    def deplier(self, titre: str) -> None:
        """Ouvre un bloc replié (details)."""
        self._tabuler(self.onglet.locator("summary").filter(has_text=titre), titre)
        self.touche("Enter")

    def _tabuler(self, vise, dit: str):
        """Tab après Tab ; ce qui reçoit le focus en chemin doit se voir."""
        vises, traverses, tours = vise.element_handles(), [], 0
        vu = self.onglet.evaluate(REGARDER, vises)
        while not vu["atteint"] and vises and len(traverses) < BORNE:
            self.touche("Tab")
            vu = self.onglet.evaluate(REGARDER, vises)
            traverses.append(vu["nom"])
            if vu["defaut"] == RIEN:  # après la dernière et avant la première, la fenêtre du navigateur
                tours += 1
                if tours > 1:
                    break
            elif vu["defaut"]:
                self._noter(f"focus {vu['defaut']}")
        assert vu["atteint"], f"{self.qui}, {self.onglet.url} : {dit} hors d’atteinte ; vus : {traverses}"
        return self.onglet.locator(":focus")

    def saisir(self, champ: str, texte: str) -> None:
        vise = self.atteindre("textbox", champ, exact=False)
        self.touche("Control+a")
        self.onglet.keyboard.type(texte)
        assert vise.input_value() == texte, (champ, vise.input_value())

    def dater(self, champ: str, valeur: str, *frappes: str) -> None:
        """Un champ de date se tape morceau par morceau, Tab passant au suivant ; prenez un jour du même
        numéro que son mois, car l'ordre est celui de la langue du navigateur.
        """
        vise = self._tabuler(self.onglet.get_by_label(champ), champ)
        for rang, frappe in enumerate(frappes):
            if rang:
                self.touche("Tab")
            self.onglet.keyboard.type(frappe)
        assert vise.input_value() == valeur, (champ, vise.input_value())

    def choisir(self, liste: str, option: str) -> None:
        """Une liste déroulante, flèche après flèche."""
        vise = self.atteindre("combobox", liste, exact=False)
        lu = "e => e.selectedOptions[0].textContent.trim()"
        if vise.evaluate(lu) == option:
            return
        self.touche("Home")
        for _ in range(PAR_LISTE):
            if vise.evaluate(lu) == option:
                return
            self.touche("ArrowDown")
        raise AssertionError(f"« {option} » n’est pas dans « {liste} »")

    def cocher(self, case: str) -> None:
        vise = self.atteindre("checkbox", case, exact=False)
        self.touche("Space")
        assert vise.is_checked(), case

    def decocher(self, case: str) -> None:
        vise = self.atteindre("checkbox", case, exact=False)
        self.touche("Space")
        assert not vise.is_checked(), case

    def opter(self, groupe: str, choix: str) -> None:
        """Un bouton radio : Tab entre dans le groupe, les flèches y choisissent."""
        boutons = self.onglet.get_by_role("group", name=groupe).get_by_role("radio")
        self._tabuler(boutons, groupe)
        voulu = self.onglet.get_by_role("group", name=groupe).get_by_role("radio", name=choix)
        self.touche("Space")
        for _ in range(boutons.count()):
            if voulu.first.evaluate("e => e === document.activeElement && e.checked"):
                assert not (defaut := self.onglet.evaluate(FOCUS_VISIBLE)), defaut
                return
            self.touche("ArrowDown")
        raise AssertionError(f"« {choix} » hors d’atteinte dans « {groupe} »")

    def presser(self, bouton: str) -> None:
        self.atteindre("button", bouton)
        self._entrer()

    def suivre(self, lien: str) -> None:
        self.atteindre("link", lien)
        self._entrer()

    def suivre_l_erreur(self, champ: str) -> None:
        """Le résumé des erreurs a le focus ; son premier lien mène au champ fautif."""
        assert self.onglet.evaluate("document.activeElement.matches('[data-resume-erreurs]')"), (
            self.onglet.url
        )
        self.touche("Tab")
        self.touche("Enter")
        fautif = self.onglet.get_by_role("textbox", name=re.compile("^" + re.escape(champ)))
        assert fautif.evaluate_all(A_LE_FOCUS), (champ, self.onglet.evaluate(NOMMER))

    def lit(self, *phrases: str) -> None:
        page = " ".join(self.onglet.locator("body").text_content().split())
        for phrase in phrases:
            assert phrase in page, f"{self.qui}, {self.onglet.url} : « {phrase} » manque dans {page[:3000]}"

    def _entrer(self) -> None:
        with self.onglet.expect_navigation(wait_until="load"):
            self.touche("Enter")
        self._examiner()

    def _examiner(self) -> None:
        if self.onglet.locator("h1").count() != 1:
            self._noter(f"{self.onglet.locator('h1').count()} titres h1")
        for violation in violations(self.onglet):
            self._noter(violation)
        for message in self.messages:
            self._noter(f"console – {message}")
        self.messages.clear()

    def _noter(self, faute: str) -> None:
        dite = f"{self.qui}, {self.onglet.url} : {faute}"
        if dite not in self.fautes:
            self.fautes.append(dite)
