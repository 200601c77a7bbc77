"use strict";
(() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const all = (what, within = document) => [...within.querySelectorAll(what)];
  const root = document.documentElement;

  // --- light and dark -------------------------------------------------------------------------
  const isDark = () => root.dataset.theme === "dark" ||
    (root.dataset.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  const theme = document.getElementById("theme");
  const named = () => { theme.textContent = isDark() ? "Light page" : "Dark page"; };
  if (theme) {
    named();
    theme.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      named();
      drawn.forEach((view, place) => draw(place));
    });
  }

  // --- charts: drawn when they come into view, and all of them before printing ------------------
  const [NARROWEST, LETTER] = [140, 7.5];  // pixels, of a plot and of a letter of a heading
  const drawn = new Map();
  const configs = document.getElementById("configs") ? read("configs") : {};
  // on a small screen, words of headings are wrapped, and then what is still too wide is narrowed
  const partsOf = (spec) => [spec.spec ?? [], spec.layer ?? [], spec.vconcat ?? []].flat();
  const wrapped = (text, most) => [text].flat().flatMap((line) => line.split(" ").reduce((lines, word) => {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    return lines.length && longer.length <= most ? [...lines.slice(0, -1), longer] : [...lines, word];
  }, []));
  const wrap = (spec, most) => {
    for (const key of ["text", "subtitle"]) if (spec.title?.[key]) spec.title[key] = wrapped(spec.title[key], most);
    partsOf(spec).forEach((part) => wrap(part, most));
  };
  const narrow = (spec, by) => {
    if (spec.width > NARROWEST) spec.width = Math.max(NARROWEST, spec.width - by);
    partsOf(spec).forEach((part) => narrow(part, by));
  };
  const draw = async (place) => {
    const spec = read(place.dataset.spec);
    const old = drawn.get(place);
    drawn.set(place, null);
    if (old) old.finalize();
    const config = isDark() ? configs.dark : configs.light;
    const embed = () => vegaEmbed(place, spec, { actions: false, ast: true, renderer: "svg", config });
    let made = await embed();
    for (const fit of [() => wrap(spec, place.clientWidth / LETTER), (excess) => narrow(spec, excess)]) {
      const excess = place.querySelector("svg").width.baseVal.value - place.clientWidth;
      if (excess <= 0) break;
      fit(excess);
      made.finalize();
      made = await embed();
    }
    drawn.set(place, made);
    // what is drawn around a part of a map has no name, and needs none: bars beside it count
    all("[class*=_brush]", place).forEach((one) => one.removeAttribute("role"));
    place.dataset.drawn = "yes";
  };
  const waiting = new IntersectionObserver((seen) => seen.filter((one) => one.isIntersecting)
    .forEach((one) => { waiting.unobserve(one.target); draw(one.target); }), { rootMargin: "400px" });
  all(".chart").forEach((place) => waiting.observe(place));
  // a page grows as charts are drawn: all of them before a link is followed, or it misses its place
  const drawRest = () => Promise.all(all(".chart").filter((place) => !drawn.has(place))
    .map((place) => { waiting.unobserve(place); return draw(place); }));
  const follow = (hash) => drawRest().then(() => {
    const place = document.getElementById(decodeURIComponent(hash.slice(1)));
    if (!place) return;
    for (let at = place.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
    place.scrollIntoView();
  });
  addEventListener("hashchange", () => follow(location.hash));
  if (location.hash) follow(location.hash);
  addEventListener("beforeprint", () => all(".chart").forEach((place) => {
    if (!drawn.has(place)) { waiting.unobserve(place); draw(place); }
  }));

  // --- downloads ------------------------------------------------------------------------------
  const save = (name, blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const standalone = (card) => {
    const svg = card.querySelector(".drawing svg").cloneNode(true);
    svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
    const style = getComputedStyle(root);
    for (const name of ["--ink", "--quiet", "--rule", "--grid", "--paper"])
      svg.style.setProperty(name, style.getPropertyValue(name));
    return new XMLSerializer().serializeToString(svg);
  };
  const asPng = (text) => new Promise((done, fail) => {
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [2 * image.width, 2 * image.height];
      const pen = canvas.getContext("2d");
      pen.scale(2, 2);
      pen.fillStyle = getComputedStyle(root).getPropertyValue("--paper");
      pen.fillRect(0, 0, image.width, image.height);
      pen.drawImage(image, 0, 0);
      canvas.toBlob(done, "image/png");
    };
    image.onerror = fail;
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
  });
  const svgOf = async (card) => {
    const place = card.querySelector(".chart");
    if (!place) return standalone(card);
    if (!drawn.get(place)) await draw(place);
    return drawn.get(place).view.toSVG();
  };
  all("button[data-save]").forEach((button) => button.addEventListener("click", async () => {
    const card = button.closest(".card");
    const kind = button.dataset.save;
    if (kind === "csv") {
      const text = read(button.dataset.of);
      save(button.dataset.name + ".csv", new Blob([text], { type: "text/csv" }));
    } else {
      const svg = await svgOf(card);
      save(`${card.id}.${kind}`, kind === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : await asPng(svg));
    }
  }));

  // --- worlds, weighed by belief ----------------------------------------------------------------
  if (!document.getElementById("worlds")) return;
  const worlds = read("worlds");
  const beliefs = new Map(worlds.dials.map((dial) => [dial.name, dial.drawn]));
  const share = (x) => {
    const percent = 100 * x;
    const edge = Math.min(percent, 100 - percent);
    return `${percent.toFixed(edge >= 9.95 || edge < 1e-9 ? 0 : 1)} %`;
  };
  const weigh = () => {
    const weight = worlds.weight.slice();
    for (const dial of worlds.dials) {
      const p = beliefs.get(dial.name);
      if (p === dial.drawn) continue;
      const yes = p / dial.drawn, no = (1 - p) / (1 - dial.drawn);
      for (let i = 0; i < weight.length; i++) weight[i] *= dial.has[i] === "1" ? yes : no;
    }
    let sum = 0;
    for (const one of weight) sum += one;
    let squares = 0;
    for (let i = 0; i < weight.length; i++) { weight[i] /= sum; squares += weight[i] ** 2; }
    return { weight, effective: 1 / squares };
  };
  const near = (p, n) => {  // lower end of Wilson's interval at 95 %
    const z = 1.959963984540054, shrunk = 1 + z * z / n;
    const middle = (p + z * z / (2 * n)) / shrunk;
    const half = z / shrunk * Math.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2);
    return p <= 0 ? 0 : Math.max(middle - half, 0);
  };
  const verdictOf = (weight, codes, claimed) => {
    let told = 0, squares = 0;
    const sums = [0, 0, 0], within = [0, 0, 0];
    for (let i = 0; i < codes.length; i++) {
      if (codes[i] === "-") continue;
      told += weight[i];
      squares += weight[i] ** 2;
      sums[codes[i]] += weight[i];
      within[codes[i]] += weight[i] ** 2;
    }
    const kish = told ** 2 / squares;
    const ends = (code) => {
      const p = Math.min(sums[code] / told, 1);
      const variance = (within[code] * (1 - p) ** 2 + (squares - within[code]) * p ** 2) / told ** 2;
      const n = variance > 0 ? Math.min(kish, p * (1 - p) / variance) : kish;
      return [p, near(p, n), 1 - near(1 - p, n)];
    };
    const clear = (code) => {  // at 90 % of the weight, the interval's near end above 80 %
      const [p, low, high] = ends(claimed == null ? code : 0);
      if (claimed != null) return code === 0 ? low >= claimed : high < claimed;
      return p >= 0.9 - 1e-9 && low > 0.8;
    };
    return { holds: sums[0] / told, fails: sums[1] / told,
      verdict: clear(0) ? "holds" : clear(1) ? "fails" : "depends", seldom: sums[2] > told / 2 };
  };
  const regretOf = (weight, measure) => {
    const n = worlds.cases.length, regret = new Array(n).fill(0), best = new Array(n).fill(0);
    let told = 0;
    for (let i = 0; i < weight.length; i++) {
      if (measure.values.some((column) => column[i] === null)) continue;
      const good = measure.values.map((column) => (measure.better === "lower" ? -1 : 1) * column[i]);
      const most = Math.max(...good);
      const equal = good.filter((one) => one >= most - 1e-9).length;
      told += weight[i];
      good.forEach((one, k) => {
        regret[k] += weight[i] * (most - one);
        if (one >= most - 1e-9) best[k] += weight[i] / equal;
      });
    }
    return { regret: regret.map((x) => x / told), best: best.map((x) => x / told) };
  };
  const cell = (row, name, text, value) => {
    const at = row.querySelector(`[data-cell="${name}"]`);
    at.dataset.drawn ??= text;
    const moved = at.dataset.drawn !== text && value !== "" && name !== "regret" && name !== "best";
    at.textContent = moved ? `${text} (was ${at.dataset.drawn})` : text;
    at.dataset.value = value;
    at.classList.toggle("moved", moved);
  };
  const chooser = document.getElementById("regret-by");
  const tell = () => {
    const { weight, effective } = weigh();
    const enough = effective >= worlds.fewest;
    const told = document.getElementById("effective");
    told.dataset.value = effective;
    told.textContent = `These beliefs leave ${effective.toFixed(0)} worlds of equal weight out of ${weight.length}. `
      + (enough ? "" : `Below ${worlds.fewest} no answer is given: ask for less extreme beliefs.`);
    told.classList.toggle("withheld", !enough);
    for (const claim of worlds.claims) {
      const row = document.querySelector(`tr[data-claim="${CSS.escape(claim.name)}"]`);
      const { holds, fails, verdict, seldom } = verdictOf(weight, claim.verdicts, claim.claimed);
      cell(row, "holds", enough ? share(holds) : "withheld", enough ? holds : "");
      cell(row, "fails", enough ? share(fails) : "withheld", enough ? fails : "");
      const words = verdict === "depends" && seldom ? "seldom decided" : verdict;
      cell(row, "verdict", enough ? words : "withheld", enough ? verdict : "");
    }
    if (!chooser) return;
    const found = regretOf(weight, worlds.measures[chooser.selectedIndex]);
    worlds.cases.forEach((name, k) => {
      const row = document.querySelector(`tr[data-policy="${CSS.escape(name)}"]`);
      cell(row, "regret", enough ? found.regret[k].toPrecision(3) : "withheld", enough ? found.regret[k] : "");
      cell(row, "best", enough ? share(found.best[k]) : "withheld", enough ? found.best[k] : "");
    });
  };
  const show = (input) => {
    input.closest(".dial").querySelector("output").textContent = `${Math.round(100 * input.value)} %`;
  };
  all("input[data-dial]").forEach((input) => input.addEventListener("input", () => {
    beliefs.set(input.dataset.dial, Number(input.value));
    show(input);
    tell();
  }));
  document.getElementById("as-drawn").addEventListener("click", () => {
    for (const dial of worlds.dials) beliefs.set(dial.name, dial.drawn);
    all("input[data-dial]").forEach((input) => {
      input.value = beliefs.get(input.dataset.dial);
      show(input);
    });
    tell();
  });
  if (chooser) chooser.addEventListener("change", tell);
  tell();
})();
