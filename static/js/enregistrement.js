// Enregistre une section de fiche pendant qu’on l’écrit. Sans ce script, le bouton enregistre tout autant.
(() => {
  const formulaire = document.querySelector("form[data-enregistrement]");
  if (!formulaire || !window.garde || !window.series) return;
  const section = formulaire.dataset.enregistrement;
  const etat = formulaire.querySelector("[data-etat]");
  const PAUSE = 2500;
  const DE_SERVICE = new Set(["csrfmiddlewaretoken", "version", "jeton", "lu"]);
  const PHRASES = {
    reseau: "Pas de réseau : votre texte est gardé sur cet appareil, il partira dès le retour.",
    panne: "Le site ne répond pas : votre texte est gardé sur cet appareil, il partira dès que possible.",
    session: "Votre session est terminée. Votre texte est gardé sur cet appareil :",
    refus: "Vous ne pouvez plus écrire cette fiche. Votre texte reste gardé sur cet appareil.",
    nulle: "Pas de réseau, et cet appareil refuse de garder votre texte : copiez-le avant de fermer la page.",
    ligne: "La ligne que vous écrivez s’enregistrera une fois complète ; elle est gardée sur cet appareil.",
    fautes: "Pas encore enregistré, votre texte est gardé sur cet appareil. À corriger :",
  };

  const champ = (nom) => formulaire.elements.namedItem(nom);
  const paires = () => [...new FormData(formulaire)].filter(([nom]) => nom !== "csrfmiddlewaretoken");
  const contenu = (liste) => JSON.stringify(liste.filter(([nom]) => !DE_SERVICE.has(nom)));
  // Une ligne ne disparaît qu’au bouton : cocher « Supprimer » par mégarde ne doit rien coûter.
  const sansRetraits = (liste) => liste.filter(([nom]) => !nom.endsWith("-DELETE"));

  let acquis = contenu(paires());
  let attente = null; // un envoi resté sans réponse : il repart tel quel, le serveur reconnaît son jeton
  let enVol = false;
  let arrete = false;
  let essais = 0;
  let minuteur = null;
  let bouton = null; // le bouton cliqué pendant un envoi : il aura son tour

  const dire = (genre, phrase, ...suite) => {
    etat.dataset.genre = genre;
    etat.replaceChildren(phrase, ...suite.flatMap((element) => [" ", element]));
  };
  const element = (balise, texte, proprietes = {}) =>
    Object.assign(document.createElement(balise), { textContent: texte, ...proprietes });
  const action = (texte, acte) => {
    const cree = element("button", texte, { type: "button", className: "fr-btn fr-btn--sm fr-btn--secondary" });
    cree.addEventListener("click", acte);
    return cree;
  };
  const change = () => contenu(paires()) !== acquis;
  const garder = () => window.garde.garder(section, champ("version").value, paires());
  const planifier = (delai) => {
    clearTimeout(minuteur);
    minuteur = setTimeout(() => enregistrer(), delai);
  };

  // Les fautes, près de leurs champs, sans y amener le regard de force.
  const effacerLesFautes = () => {
    formulaire.querySelectorAll("[data-faute]").forEach((faute) => faute.remove());
    formulaire.querySelectorAll("[data-fautif]").forEach((fautif) => {
      fautif.removeAttribute("aria-invalid");
      fautif.setAttribute("aria-describedby", fautif.dataset.fautif);
      if (!fautif.dataset.fautif) fautif.removeAttribute("aria-describedby");
      delete fautif.dataset.fautif;
    });
  };
  const marquer = (nom, phrases) => {
    const trouve = champ(nom);
    const fautif = trouve instanceof RadioNodeList ? trouve[0] : trouve;
    if (!fautif) return;
    const lieu = fautif.type === "hidden" ? fautif.closest("fieldset") : fautif.closest(".champ");
    const faute = element("p", phrases.join(" "), { className: "fr-error-text redaction__faute", id: `faute-${nom}` });
    faute.dataset.faute = "";
    lieu?.append(faute);
    if (fautif.type === "hidden") return;
    fautif.dataset.fautif = fautif.getAttribute("aria-describedby") ?? "";
    fautif.setAttribute("aria-invalid", "true");
    fautif.setAttribute("aria-describedby", `${fautif.dataset.fautif} ${faute.id}`.trim());
  };
  // Une ligne commencée n’est pas une faute tant qu’on y est : on attend qu’on en sorte.
  const enCours = (erreurs) => {
    const ligne = document.activeElement?.closest("[data-lignes] > fieldset");
    return ligne && Object.keys(erreurs).every((nom) => ligne.querySelector(`[name="${CSS.escape(nom)}"]`));
  };
  const montrerLesFautes = ({ erreurs, phrases }) => {
    effacerLesFautes();
    if (enCours(erreurs)) {
      dire("attente", PHRASES.ligne);
      return;
    }
    Object.entries(erreurs).forEach(([nom, dites]) => marquer(nom, dites));
    const premieres = phrases.length ? phrases : Object.values(erreurs).flat();
    dire("faute", PHRASES.fautes, element("span", premieres.join(" ")));
  };

  // Ce que quelqu’un d’autre a écrit ailleurs dans la section entre dans la page, sauf où l’on tape.
  const poser = (nom, valeur) => {
    const cases = formulaire.querySelectorAll(`[name="${CSS.escape(nom)}"]`);
    cases.forEach((c) => {
      if (c.type === "checkbox") c.checked = [valeur].flat().includes(c.value) || valeur === "on";
      else c.value = valeur;
    });
  };
  const recevoir = (reponse, envoi) => {
    const lu = { ...reponse.lu };
    const ancien = JSON.parse(champ("lu").value || "{}");
    const maintenant = paires();
    const valeurs = (liste, nom) => JSON.stringify(liste.filter(([n]) => n === nom));
    Object.entries(reponse.recus).forEach(([cle, recues]) => {
      const noms = Object.keys(recues);
      if (noms.every((nom) => valeurs(maintenant, nom) === valeurs(envoi.paires, nom))) {
        noms.forEach((nom) => poser(nom, recues[nom]));
      } else lu[cle] = ancien[cle] ?? ""; // on y a écrit depuis : ce sera un choix à faire
    });
    champ("lu").value = JSON.stringify(lu);
    champ("version").value = reponse.version;
    champ("jeton").value = reponse.jeton;
    Object.entries(reponse.lignes).forEach(([serie, cles]) => window.series.accorder(serie, cles, envoi.paires));
    document.querySelector("[data-sommaire]").innerHTML = reponse.sommaire;
  };

  const reussir = (reponse, envoi) => {
    const depuis = contenu(paires()) !== envoi.contenu;
    attente = null;
    essais = 0;
    effacerLesFautes();
    recevoir(reponse, envoi);
    if (reponse.ensuite) {
      window.garde.oublier(section);
      acquis = contenu(paires());
      location.assign(reponse.ensuite);
      return;
    }
    if (depuis) {
      garder();
      planifier(PAUSE);
    } else {
      acquis = contenu(paires());
      window.garde.oublier(section);
    }
    const aRetirer = formulaire.querySelectorAll('[name$="-DELETE"]:checked').length;
    const retrait = aRetirer ? [element("span", "La ligne cochée disparaîtra quand vous cliquerez sur Enregistrer.")] : [];
    dire("enregistre", `Enregistré à ${reponse.heure}.`, ...retrait);
  };

  const echouer = (raison, envoi) => {
    attente = { ...envoi, options: [["auto", "oui"]] };
    const gardee = garder();
    dire("garde", gardee ? PHRASES[raison] : PHRASES.nulle);
    essais += 1;
    planifier(Math.min(30_000, 1000 * 2 ** essais));
  };
  const natif = () => {
    arrete = true;
    delete formulaire.dataset.envoye;
    formulaire.requestSubmit(bouton ?? formulaire.querySelector('button[name="enregistrer"]'));
  };
  const heurter = ({ champs }) => {
    arrete = true;
    garder();
    const noms = champs.map((nom) => `« ${nom} »`).join(", ");
    dire("conflit", `Quelqu’un a enregistré ${noms} avant vous. Rien n’est perdu.`, action("Comparer les deux textes", natif));
  };
  const finDeSession = () => {
    arrete = true;
    garder();
    const lien = element("a", "vous reconnecter, puis reprendre votre saisie.", { href: location.href, className: "fr-link" });
    dire("garde", PHRASES.session, lien);
  };

  // Un formulaire trop vieux (autre onglet reconnecté) : la page donne un jeton neuf, et l’envoi repart une fois.
  const renouveler = async () => {
    const page = await fetch(location.href, { credentials: "same-origin" });
    if (page.redirected) return null;
    const texte = await page.text();
    const lu = new DOMParser().parseFromString(texte, "text/html");
    return lu.querySelector("form[data-enregistrement] [name=csrfmiddlewaretoken]")?.value ?? "";
  };
  const poster = (envoi) => fetch(location.pathname, {
    method: "POST",
    credentials: "same-origin",
    headers: { Accept: "application/json", "X-CSRFToken": champ("csrfmiddlewaretoken").value },
    body: new URLSearchParams(envoi.paires.concat(envoi.options)),
  });
  const repondre = async (envoi, encore = true) => {
    const reponse = await poster(envoi).catch(() => null);
    const enJson = reponse?.headers.get("Content-Type")?.includes("json");
    const json = enJson ? await reponse.json().catch(() => null) : null;
    if (!reponse || (enJson && !json)) return echouer("reseau", envoi);
    if (json && reponse.status === 200) return reussir(json, envoi);
    if (json) attente = null;
    if (json && envoi.options.some(([nom]) => nom !== "auto")) return natif(); // le serveur montre la page entière
    if (json && reponse.status === 409) return heurter(json);
    if (json) {
      garder();
      return montrerLesFautes(json);
    }
    if (reponse.redirected) return finDeSession();
    if (reponse.status === 403 && encore) {
      const jeton = await renouveler().catch(() => "");
      if (jeton === null) return finDeSession();
      if (jeton) {
        champ("csrfmiddlewaretoken").value = jeton;
        return repondre(envoi, false);
      }
    }
    if (reponse.status >= 500) return echouer("panne", envoi);
    arrete = true;
    garder();
    return dire("faute", PHRASES.refus);
  };

  const preparer = () => {
    const liste = bouton ? paires() : sansRetraits(paires());
    const options = bouton ? [[bouton.name, bouton.value]] : [["auto", "oui"]];
    return { paires: liste, options, contenu: contenu(paires()) };
  };
  async function enregistrer() {
    clearTimeout(minuteur);
    if (enVol || arrete || !(attente || bouton || change())) return;
    enVol = true;
    const envoi = attente ?? preparer();
    const demande = envoi.options.some(([nom]) => nom !== "auto");
    dire("envoi", "Enregistrement…");
    await repondre(envoi);
    enVol = false;
    formulaire.removeAttribute("aria-busy");
    if (demande || attente) bouton = null;
    else if (bouton) enregistrer(); // cliqué pendant un envoi automatique
  }

  let garde = null;
  formulaire.addEventListener("input", () => {
    clearTimeout(garde);
    garde = setTimeout(() => change() && garder(), 300);
    if (!attente) planifier(PAUSE);
  });
  formulaire.addEventListener("focusout", () => !attente && change() && planifier(200));
  formulaire.addEventListener("submit", (evenement) => {
    if (arrete) return;
    evenement.preventDefault();
    delete formulaire.dataset.envoye;
    evenement.submitter?.removeAttribute("aria-busy");
    bouton = evenement.submitter;
    enregistrer();
  });
  window.addEventListener("online", () => enregistrer());
  document.addEventListener("visibilitychange", () => document.hidden && change() && (garder(), enregistrer()));

  // Rouvrir la section : ce que l’appareil a gardé et que le serveur n’a pas se propose.
  const reprendre = (copie) => {
    const envoi = element("form", "", { method: "post", hidden: true });
    const jeton = champ("csrfmiddlewaretoken").value;
    [...copie.paires, ["csrfmiddlewaretoken", jeton], ["reprendre", "oui"]].forEach(([name, value]) =>
      envoi.append(element("input", "", { type: "hidden", name, value })));
    document.body.append(envoi);
    envoi.submit();
  };
  const proposer = (copie) => {
    const lieu = document.querySelector("[data-reprise]");
    const quand = new Date(copie.le).toLocaleString("fr-FR", { dateStyle: "long", timeStyle: "short" });
    const oublier = () => {
      window.garde.oublierCopie(copie);
      lieu.hidden = true;
      champ("version").closest("form").querySelector("input:not([type=hidden]), select, textarea")?.focus();
    };
    const boutons = element("div", "", { className: "boutons" });
    boutons.append(action("Reprendre ma saisie", () => reprendre(copie)), " ", action("L’oublier", oublier));
    lieu.className = "reprise";
    lieu.setAttribute("role", "region");
    lieu.setAttribute("aria-label", "Saisie gardée sur cet appareil");
    lieu.replaceChildren(element("p", `Une saisie du ${quand} n’a pas pu être enregistrée. Elle est gardée sur cet appareil.`), boutons);
    lieu.hidden = false;
  };
  const remontree = "remontree" in formulaire.dataset;
  const copies = window.garde.retrouver(section);
  const ici = contenu(paires());
  copies.filter((copie) => contenu(copie.paires) === ici).forEach(window.garde.oublierCopie);
  const autre = copies.find((copie) => contenu(copie.paires) !== ici);
  if (remontree) {
    acquis = "";
    garder();
    if (!document.querySelector("[data-resume-erreurs]")) planifier(PAUSE);
  } else if (autre) proposer(autre);
})();
