// Le quorum redit pendant que l’on note les présences ; sans ce script, il se redit à l’enregistrement.
(() => {
  document.addEventListener("DOMContentLoaded", () => {
    const formulaire = document.querySelector("form[data-quorum]");
    const sortie = document.querySelector("[data-quorum-dit]");
    if (!formulaire || !sortie) return;
    const quorum = Number(formulaire.dataset.quorum);
    const dire = () => {
      const voix = formulaire.querySelectorAll(
        'input[value="present"]:checked, input[value="represente"]:checked',
      ).length;
      const s = voix > 1 ? "s" : "";
      const compte = `${voix} siège${s} présent${s} ou représenté${s}`;
      if (!quorum) sortie.textContent = `${compte}. Cette instance n’a pas de quorum.`;
      else if (voix >= quorum) sortie.textContent = `${compte}. Le quorum est atteint (il en faut ${quorum}).`;
      else sortie.textContent = `${compte}. Le quorum n’est pas atteint : il en faut ${quorum} pour décider.`;
    };
    formulaire.addEventListener("change", (evenement) => {
      const ligne = evenement.target.closest("fieldset");
      if (!ligne) return;
      const represente = ligne.querySelector('input[value="represente"]');
      const pouvoir = ligne.querySelector("select");
      if (evenement.target === pouvoir && pouvoir.value) represente.checked = true;
      if (evenement.target.type === "radio" && !represente.checked) pouvoir.value = "";
      dire();
    });
    window.addEventListener("pageshow", dire);
  });
})();
