// Les saisies gardées sur l’appareil tant que le serveur ne les a pas : une clé par section, version et page.
window.garde = (() => {
  const PREFIXE = "saisie:";
  const TRENTE_JOURS = 30 * 24 * 3600 * 1000;
  const ouverture = Date.now().toString(36);

  // Un appareil peut refuser de garder (mode privé, disque plein) : la page s’en passe, sans se taire.
  const essayer = (acte, defaut) => {
    try {
      return acte();
    } catch {
      return defaut;
    }
  };
  const cles = (section) => Object.keys(localStorage).filter((cle) => cle.startsWith(`${PREFIXE}${section}:`));
  const ici = (section) => cles(section).filter((cle) => cle.endsWith(`:${ouverture}`));
  const retirer = (liste) => liste.forEach((cle) => localStorage.removeItem(cle));

  // Vrai si l’appareil a bien gardé la saisie.
  const garder = (section, version, paires) => essayer(() => {
    const cle = `${PREFIXE}${section}:${version}:${ouverture}`;
    localStorage.setItem(cle, JSON.stringify({ le: Date.now(), version, paires }));
    retirer(ici(section).filter((autre) => autre !== cle));
    return true;
  }, false);

  // Les saisies d’autres pages ou d’autres jours, la plus récente d’abord.
  const retrouver = (section) => essayer(() => {
    const copies = cles(section)
      .filter((cle) => !cle.endsWith(`:${ouverture}`))
      .map((cle) => ({ cle, ...essayer(() => JSON.parse(localStorage.getItem(cle)), {}) }));
    retirer(copies.filter((c) => !c.paires || Date.now() - c.le > TRENTE_JOURS).map((c) => c.cle));
    return copies.filter((c) => c.paires).sort((a, b) => b.le - a.le);
  }, []);

  const oublier = (section) => essayer(() => retirer(ici(section)));
  const oublierTout = (section) => essayer(() => retirer(cles(section)));
  const oublierCopie = (copie) => essayer(() => localStorage.removeItem(copie.cle));

  // Sur la page de conflit : le choix fait, ou la saisie abandonnée, l’appareil n’a plus rien à rendre.
  document.addEventListener("submit", (evenement) => {
    const section = evenement.target.dataset?.oublier;
    if (section && navigator.onLine) oublierTout(section);
  });
  document.addEventListener("click", (evenement) => {
    const lien = evenement.target.closest("a[data-oublier]");
    if (lien) oublierTout(lien.dataset.oublier);
  });

  return { garder, retrouver, oublier, oublierCopie };
})();
