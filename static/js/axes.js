// Ranger les axes : à la souris, au doigt, ou au clavier sur la poignée. Sans ce script, « Monter » et
// « Descendre » font la même chose.
(() => {
  const ATTENTE = 350; // plusieurs pressions de suite ne font qu'un envoi
  const arbre = () => document.getElementById("arbre");
  const axesDe = (liste) => [...liste.children].filter((e) => e.matches("[data-axe]"));
  const dire = (texte, faute = false) => {
    const annonce = document.getElementById("annonce-axes");
    annonce.textContent = texte;
    annonce.classList.toggle("axes-annonce--faute", faute);
  };
  let minuterie;
  let avant;

  const rang = (element) => {
    const freres = axesDe(element.parentElement);
    return `« ${element.dataset.nom} », rang ${freres.indexOf(element) + 1} sur ${freres.length}.`;
  };

  const envoyer = async (element) => {
    const liste = element.parentElement;
    const corps = new URLSearchParams({ parent: liste.dataset.liste, vu: arbre().dataset.vu });
    axesDe(liste).forEach((e) => corps.append("axes", e.dataset.axe));
    const place = rang(element);
    const focus = arbre().contains(document.activeElement);
    arbre().setAttribute("aria-busy", "true");
    try {
      const jeton = document.querySelector('[name="csrfmiddlewaretoken"]').value;
      const reponse = await fetch(arbre().dataset.ordonner, {
        method: "POST", body: corps, headers: { "X-CSRFToken": jeton, "HX-Request": "true" },
      });
      if (![200, 409, 422].includes(reponse.status)) throw new Error(String(reponse.status));
      remplacer(await reponse.text());
      const message = arbre().dataset.message;
      dire(reponse.ok ? `${place} ${message}` : message, !reponse.ok);
    } catch {
      remplacer(avant);
      dire("L’ordre n’a pas pu être enregistré : vérifiez votre connexion, puis recommencez.", true);
    }
    avant = undefined;
    if (focus) document.querySelector(`[data-axe="${element.dataset.axe}"] .axe__poignee`)?.focus();
  };

  const remplacer = (html) => {
    arbre().outerHTML = html;
    preparer();
  };

  const deplacer = (element, sens) => {
    const freres = axesDe(element.parentElement);
    const voisin = freres[freres.indexOf(element) + sens];
    if (!voisin || arbre().hasAttribute("aria-busy")) return;
    avant ??= arbre().outerHTML;
    voisin.insertAdjacentElement(sens < 0 ? "beforebegin" : "afterend", element);
    element.querySelector(".axe__poignee").focus();
    element.scrollIntoView({ block: "nearest" });
    dire(rang(element));
    clearTimeout(minuterie);
    minuterie = setTimeout(() => envoyer(element), ATTENTE);
  };

  const preparer = () => {
    document.querySelectorAll("[data-avec-script]").forEach((e) => { e.hidden = false; });
    arbre().querySelectorAll("[data-liste]").forEach((liste) => {
      new Sortable(liste, {
        draggable: "[data-axe]",
        handle: ".axe__poignee",
        animation: 120,
        ghostClass: "axe--depose",
        onStart: () => { avant ??= arbre().outerHTML; },
        onEnd: (geste) => {
          if (geste.oldDraggableIndex !== geste.newDraggableIndex) envoyer(geste.item);
        },
      });
    });
  };

  document.addEventListener("keydown", (evenement) => {
    const poignee = evenement.target.closest?.(".axe__poignee");
    const sens = { ArrowUp: -1, ArrowDown: 1 }[evenement.key];
    if (!poignee || !sens) return;
    evenement.preventDefault();
    deplacer(poignee.closest("[data-axe]"), sens);
  });

  document.addEventListener("DOMContentLoaded", preparer);
})();
