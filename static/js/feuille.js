// Petites commodités ; toute page fonctionne sans elles.
(() => {
  const viser = (racine) => {
    const resume = racine.querySelector("[data-resume-erreurs]");
    if (resume) resume.focus();
  };

  const estInactif = (element) => element?.closest('[aria-disabled="true"]');

  document.addEventListener("click", (evenement) => {
    if (estInactif(evenement.target)) {
      evenement.preventDefault();
      evenement.stopPropagation();
    }
  }, true);

  // En étroit le menu est replié derrière son bouton : le lien d'évitement mène au bouton.
  document.addEventListener("click", (evenement) => {
    const menu = document.getElementById("menu");
    if (!evenement.target.closest('.fr-skiplinks a[href="#menu"]') || !menu) return;
    if (getComputedStyle(menu).visibility !== "hidden") return;
    evenement.preventDefault();
    setTimeout(() => document.getElementById("bouton-menu").focus()); // après Entrée, qui l'ouvrirait
  });

  // Une question avant une action qui compte, puis un seul envoi par formulaire.
  document.addEventListener("submit", (evenement) => {
    const formulaire = evenement.target;
    const question = evenement.submitter?.dataset.confirmation || formulaire.dataset.confirmation;
    if (formulaire.dataset.envoye || (question && !window.confirm(question))) {
      evenement.preventDefault();
      evenement.stopImmediatePropagation();
      return;
    }
    if (formulaire.method === "post" && !formulaire.matches("[hx-post], [data-hx-post]")) {
      formulaire.dataset.envoye = "oui";
      evenement.submitter?.setAttribute("aria-busy", "true");
    }
  }, true);

  // Revenir en arrière rend le formulaire de nouveau utilisable.
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-envoye]").forEach((formulaire) => {
      delete formulaire.dataset.envoye;
      formulaire.querySelectorAll("[aria-busy]").forEach((bouton) => bouton.removeAttribute("aria-busy"));
    });
  });

  // Le menu d'une démarche, replié en étroit, reste ouvert au large sur les navigateurs d'avant 2025.
  const large = window.matchMedia("(min-width: 62em)");
  const deplier = () => document.querySelectorAll("[data-ouvert-au-large]").forEach((menu) => {
    menu.open = large.matches;
  });
  large.addEventListener("change", deplier);
  document.addEventListener("DOMContentLoaded", deplier);

  // Les plis : ouverts au large ; un lien vers l'un d'eux l'ouvre.
  const auLarge = window.matchMedia("(min-width: 48em)");
  const ouvrirAuLarge = () => {
    if (!auLarge.matches) return;
    document.querySelectorAll("main .pli:not([data-libre])").forEach((pli) => {
      pli.open = true;
      pli.dataset.libre = "";
    });
  };
  const suivreAncre = () => {
    const cible = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const replis = [];
    for (let pli = cible && cible.closest("details:not([open])"); pli; pli = pli.parentElement.closest("details:not([open])")) {
      pli.open = true;
      replis.push(pli);
    }
    if (replis.length) cible.scrollIntoView();
  };
  auLarge.addEventListener("change", ouvrirAuLarge);
  window.addEventListener("hashchange", suivreAncre);
  document.addEventListener("DOMContentLoaded", () => { ouvrirAuLarge(); suivreAncre(); });

  // Ce qui est replié s'imprime, même là où la feuille de style ne sait pas l'ouvrir.
  window.addEventListener("beforeprint", () => document.querySelectorAll("[data-ouvert-au-large], main .pli").forEach((repli) => {
    repli.dataset.avant = repli.open ? "oui" : "";
    repli.open = true;
  }));
  window.addEventListener("afterprint", () => document.querySelectorAll("[data-avant]").forEach((repli) => {
    repli.open = Boolean(repli.dataset.avant);
  }));

  document.addEventListener("DOMContentLoaded", () => viser(document));
  document.addEventListener("htmx:afterSwap", (evenement) => viser(evenement.detail.target));
})();
