// Le compte des points restants pendant que l’on vote ; sans ce script, le serveur vérifie le total.
(() => {
  document.addEventListener("DOMContentLoaded", () => {
    const formulaire = document.querySelector("form[data-points]");
    const sortie = document.querySelector("[data-points-restants]");
    if (!formulaire || !sortie) return;
    const maximum = Number(formulaire.dataset.points);
    const compter = () => {
      const saisies = [...formulaire.querySelectorAll('input[type="number"]')];
      const reste = maximum - saisies.reduce((total, saisie) => total + (Number(saisie.value) || 0), 0);
      const pluriel = Math.abs(reste) > 1 ? "s" : "";
      sortie.textContent = reste < 0
        ? `Vous avez donné ${-reste} point${pluriel} de trop.`
        : `Il reste ${reste} point${pluriel} à répartir sur ${maximum}.`;
    };
    formulaire.addEventListener("input", compter);
    window.addEventListener("pageshow", compter);
    compter();
  });
})();
