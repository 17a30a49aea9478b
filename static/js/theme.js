// Pose le thème avant le premier affichage, pour qu'une page sombre ne clignote pas. Le DSFR prend ensuite la main.
(() => {
  let choix = "system";
  try {
    choix = localStorage.getItem("scheme") || "system";
  } catch {
    // Stockage refusé : le thème du système suffit.
  }
  const sombre = choix === "dark" || (choix === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.frTheme = sombre ? "dark" : "light";
})();
