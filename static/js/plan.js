// « Tout cocher », le nombre de fiches cochées, une adresse sans filtres vides ; tout marche sans ce script.
(() => {
  document.addEventListener("formdata", (evenement) => {
    if (!evenement.target.matches("form.filtre")) return;
    [...evenement.formData.entries()].forEach(([nom, valeur]) => {
      if (!valeur) evenement.formData.delete(nom);
    });
  });

  document.addEventListener("DOMContentLoaded", () => {
    const formulaire = document.querySelector("form[data-lot]");
    if (!formulaire) return;
    const cases = () => [...formulaire.querySelectorAll('input[name="f"]')];
    const sortie = formulaire.querySelector("[data-lot-nombre]");
    const maitresses = [];

    const dire = () => {
      const nombre = cases().filter((c) => c.checked).length;
      sortie.textContent = nombre ? ` (${nombre})` : " (aucune pour l’instant)";
      maitresses.forEach(([maitresse, siennes]) => {
        const cochees = siennes.filter((c) => c.checked).length;
        maitresse.checked = cochees === siennes.length;
        maitresse.indeterminate = cochees > 0 && cochees < siennes.length;
      });
    };

    formulaire.querySelectorAll("[data-tout-cocher]").forEach((place) => {
      const maitresse = document.createElement("input");
      maitresse.type = "checkbox";
      maitresse.setAttribute("aria-label", `Tout cocher : ${place.dataset.toutCocher}`);
      const siennes = [...place.closest("table").querySelectorAll('input[name="f"]')];
      maitresse.addEventListener("change", () => {
        siennes.forEach((c) => { c.checked = maitresse.checked; });
        dire();
      });
      place.append(maitresse);
      maitresses.push([maitresse, siennes]);
    });
    formulaire.addEventListener("change", dire);
    window.addEventListener("pageshow", dire);
  });
})();
