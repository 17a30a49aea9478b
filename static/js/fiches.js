// Les lignes d’une série : en ajouter sans recharger la page (sans ce script, le serveur rend la même chose),
// et les accorder avec ce que le serveur vient d’enregistrer.
window.series = (() => {
  const ATTRIBUTS = ["name", "id", "for", "aria-describedby", "aria-labelledby"];
  const lignesDe = (section) => section.querySelector("[data-lignes]");
  const compteur = (section, nom) => section.querySelector(`input[name$="-${nom}"]`);

  const ajouter = (section) => {
    const total = compteur(section, "TOTAL_FORMS");
    const rang = Number(total.value);
    const modele = section.querySelector("template").innerHTML.replaceAll("__prefix__", String(rang));
    const lignes = lignesDe(section);
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

  // Renumérote une ligne : ses champs, leurs étiquettes et leurs aides.
  const numeroter = (serie, ligne, rang) => {
    const motif = new RegExp(`(?<![A-Za-z])${serie}-\\d+-`, "g");
    ligne.querySelectorAll("*").forEach((element) => ATTRIBUTS.forEach((nom) => {
      const valeur = element.getAttribute(nom);
      if (valeur?.match(motif)) element.setAttribute(nom, valeur.replace(motif, `${serie}-${rang}-`));
    }));
    ligne.querySelector("[data-numero]").textContent = String(rang + 1);
  };

  // `cles` : rang envoyé → clé en base, vide si la ligne n’en a pas encore ; un rang absent n’existe plus.
  const accorder = (serie, cles, envoyees) => {
    const section = document.querySelector(`[data-serie="${serie}"]`);
    const lignes = lignesDe(section);
    const envoye = Number(envoyees.find(([nom]) => nom === `${serie}-TOTAL_FORMS`)?.[1] ?? 0);
    const cleDe = (ligne) => ligne.querySelector(`input[name^="${serie}-"][name$="-id"]`);
    [...lignes.children].forEach((ligne, rang) => {
      if (rang >= envoye) return;
      if (!(rang in cles)) ligne.remove();
      else if (cles[rang]) {
        cleDe(ligne).value = cles[rang];
        ligne.querySelector(".serie__retrait")?.removeAttribute("hidden");
      }
    });
    const rangees = [...lignes.children].sort((a, b) => !cleDe(a).value - !cleDe(b).value);
    const active = document.activeElement;
    rangees.forEach((ligne, rang) => {
      if (lignes.children[rang] !== ligne) lignes.insertBefore(ligne, lignes.children[rang]);
      numeroter(serie, ligne, rang);
    });
    if (active !== document.activeElement) active?.focus();
    compteur(section, "INITIAL_FORMS").value = String(rangees.filter((ligne) => cleDe(ligne).value).length);
    compteur(section, "TOTAL_FORMS").value = String(rangees.length);
  };

  return { accorder };
})();
