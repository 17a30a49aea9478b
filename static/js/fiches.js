// « Ajouter une ligne » sans recharger la page ; sans ce script, le serveur rend la même chose.
(() => {
  const ajouter = (section) => {
    const total = section.querySelector('input[name$="-TOTAL_FORMS"]');
    const rang = Number(total.value);
    const modele = section.querySelector("template").innerHTML.replaceAll("__prefix__", String(rang));
    const lignes = section.querySelector("[data-lignes]");
    lignes.insertAdjacentHTML("beforeend", modele);
    total.value = String(rang + 1);
    const ligne = lignes.lastElementChild;
    ligne.querySelector("[data-numero]").textContent = String(lignes.children.length);
    ligne.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  };

  document.addEventListener("click", (evenement) => {
    const bouton = evenement.target.closest('button[name="ajouter"]');
    if (!bouton) return;
    evenement.preventDefault();
    ajouter(bouton.closest("[data-serie]"));
  });
})();
