// « @ » dans un commentaire propose les personnes que l'on peut prévenir ; sans ce script, on coche ou l'on
// écrit le nom.
(() => {
  const PROPOSEES = 6;
  const plat = (texte) => texte.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

  const brancher = (formulaire) => {
    const zone = formulaire.querySelector("textarea");
    const gens = [...formulaire.querySelectorAll('input[name="mentions"]')].map((case_) => {
      const dit = formulaire.querySelector(`label[for="${case_.id}"]`).textContent.trim();
      return { case_, dit, nom: dit.replace(/ \([^()]*\)$/, "") };
    });
    if (!zone || !gens.length) return;

    const liste = document.createElement("ul");
    Object.assign(liste, { id: "appel-liste", className: "appel__liste", hidden: true });
    liste.setAttribute("role", "listbox");
    liste.setAttribute("aria-label", "Personnes que l’on peut prévenir");
    const cadre = document.createElement("div");
    cadre.className = "appel";
    zone.replaceWith(cadre);
    cadre.append(zone, liste);
    zone.setAttribute("aria-autocomplete", "list");
    zone.setAttribute("aria-controls", liste.id);
    let trouves = [];
    let rang = 0;

    const fermer = () => {
      liste.hidden = true;
      trouves = [];
      zone.removeAttribute("aria-activedescendant");
    };
    const marquer = () => {
      [...liste.children].forEach((choix, i) => choix.setAttribute("aria-selected", String(i === rang)));
      zone.setAttribute("aria-activedescendant", `appel-${rang}`);
    };
    const appel = () => zone.value.slice(0, zone.selectionStart).match(/(?:^|[\s(«])@([^@\n]{0,40})$/u);
    const choisir = (personne) => {
      const debut = zone.selectionStart - appel()[1].length;
      const suite = zone.value.slice(zone.selectionStart);
      zone.setRangeText(`${personne.nom}${suite.startsWith(" ") ? "" : " "}`, debut, zone.selectionStart, "end");
      personne.case_.checked = true;
      fermer();
    };
    const proposer = () => {
      const lu = appel();
      const mots = lu ? plat(lu[1]).trim() : "";
      trouves = lu
        ? gens.filter(({ nom }) => plat(nom).split(/[\s'-]/).some((_, i, m) => m.slice(i).join(" ").startsWith(mots)))
        : [];
      trouves = trouves.slice(0, PROPOSEES);
      rang = 0;
      liste.replaceChildren(...trouves.map((personne, i) => {
        const choix = document.createElement("li");
        Object.assign(choix, { id: `appel-${i}`, className: "appel__choix", textContent: personne.dit });
        choix.setAttribute("role", "option");
        choix.addEventListener("mousedown", (evenement) => {
          evenement.preventDefault();
          choisir(personne);
        });
        return choix;
      }));
      liste.hidden = !trouves.length;
      if (trouves.length) marquer();
      else fermer();
    };

    zone.addEventListener("input", proposer);
    zone.addEventListener("blur", fermer);
    zone.addEventListener("keydown", (evenement) => {
      if (!trouves.length) return;
      const pas = { ArrowDown: 1, ArrowUp: -1 }[evenement.key];
      if (pas) {
        rang = (rang + pas + trouves.length) % trouves.length;
        marquer();
      } else if (evenement.key === "Enter") choisir(trouves[rang]);
      else if (evenement.key === "Escape") fermer();
      else return;
      evenement.preventDefault();
    });
  };

  document.querySelectorAll("form.ecrire").forEach(brancher);
})();
