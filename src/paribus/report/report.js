"use strict";
// Replaces each still picture by the same chart, alive: tooltips, a legend that hides, a choice of conditions, of the
// axis and of what shows the spread. Without scripts, and in print, the pictures stay; nothing is only here.
(() => {
  const options = {
    ast: true, // expressions are interpreted: the policy forbids to compile them
    actions: false,
    renderer: "svg",
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
  };
  const root = document.documentElement;
  const figures = [...document.querySelectorAll("figure[data-chart]")];
  const charts = new Map(); // figure -> { log, spread, shown }
  const hidden = new Set(); // labels of conditions
  const hiddenSplits = new Set();

  const specification = (figure) => JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  const kind = (spec) => spec.usermeta?.kind;

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  // What a reader chose, applied to a fresh copy of the specification.
  function chosen(spec, state) {
    if (kind(spec) === "lines") linesChosen(spec, spec.usermeta, state);
    if (kind(spec) === "dots") dotsChosen(spec);
    return spec;
  }

  function dotsChosen(spec) {
    const before = spec.layer.find((layer) => layer.encoding.y?.scale).encoding.y.scale.domain;
    const kept = before.filter((label) => !hidden.has(label));
    for (const layer of spec.layer) {
      layer.encoding.y.scale.domain = kept;
      layer.encoding.y.sort = kept;
      if (layer.data) layer.data.values = layer.data.values.filter((row) => !hidden.has(row.label));
    }
    for (const name of Object.keys(spec.datasets ?? {})) {
      spec.datasets[name] = spec.datasets[name].filter((row) => !hidden.has(row.label));
    }
    if (before.length) spec.height *= kept.length / before.length;
  }

  function linesChosen(spec, meta, state) {
    const several = spec.concat.length > 1;
    if (meta.byCondition && several) spec.concat = spec.concat.filter((panel) => !hidden.has(panel.title));
    const unseen = meta.byCondition ? hiddenSplits : hidden;
    const log = state.log ?? isLog(spec);
    const domain = log === isLog(spec) ? null : domainOf(spec, log);
    for (const panel of spec.concat) {
      const name = panel.title ?? (meta.byCondition ? meta.labels : meta.splits)[0];
      panel.layer = panel.layer.filter((layer) => kept(layer, state.spread));
      for (const layer of panel.layer) {
        if (layer.encoding.color) layer.encoding.color.legend = null; // the page has one, with buttons
        if (domain) onAxis(layer, log, domain, meta.metric);
        (layer.transform ??= []).push({ calculate: JSON.stringify(name), as: "p" });
        layer.encoding.tooltip?.unshift({ field: "p", type: "nominal", title: meta.byCondition ? "condition" : "split" });
      }
      const lines = panel.layer.filter((layer) => layer.mark.type === "line");
      lines.sort((one, other) => Boolean(one.encoding.detail) - Boolean(other.encoding.detail)); // seeds above means
      panel.layer.push(...lines.map(touchable));
    }
    for (const [name, rows] of Object.entries(spec.datasets)) {
      spec.datasets[name] = rows.filter((row) => !unseen.has(row.k));
    }
  }

  // Runs that diverged are dashed, and always kept: they are in no band.
  function kept(layer, spread) {
    if (layer.mark.type === "area") return spread !== "seeds";
    return spread !== "band" || !layer.encoding.detail || layer.mark.strokeDash || layer.mark.type !== "line";
  }

  // A line has one tooltip for all its points; so each point gets a mark that nobody sees.
  function touchable(layer) {
    const copy = structuredClone(layer);
    copy.mark = { type: "circle", size: layer.encoding.detail ? 30 : 90, opacity: 0, clip: true };
    return copy;
  }

  const isLog = (spec) => spec.concat[0].layer[0].encoding.y.scale.type === "log";

  function domainOf(spec, log) {
    let values = Object.values(spec.datasets).flat().flatMap((row) => [row.m, row.l, row.h, row.v]);
    values = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
    const low = values.reduce((one, other) => Math.min(one, other), Infinity);
    const high = values.reduce((one, other) => Math.max(one, other), -Infinity);
    if (log) return low < high ? [low, high] : [low / 2, high * 2];
    const margin = 0.04 * (high - low) || 0.01;
    return [low - margin, high + margin];
  }

  // As log_ticks of figures/draw_lines.py.
  function logTicks(low, high) {
    const fine = Array.from({ length: 90 }, (_, step) => (10 + step) / 10);
    let found = [];
    for (const steps of [[1], [1, 3], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 8], fine]) {
      found = [];
      for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)); power += 1) {
        for (const step of steps) found.push(Number(`${step}e${power}`));
      }
      found = found.filter((value) => low * (1 - 1e-9) <= value && value <= high * (1 + 1e-9));
      if (found.length >= 3) break;
    }
    const every = Math.ceil(found.length / 7) || 1;
    return found.filter((_, place) => place % every === 0);
  }

  function onAxis(layer, log, domain, metric) {
    const y = layer.encoding.y;
    const field = y.field === "b" ? "l" : y.field;
    y.scale = log ? { type: "log", domain } : { domain, nice: true, zero: false };
    y.axis = { ...y.axis, format: "~g", tickCount: 5 };
    if (log) y.axis.values = logTicks(...domain);
    else delete y.axis.values;
    if (y.axis.title) y.axis.title = log ? `${metric}, logarithmic` : metric;
    y.field = log && field === "l" ? "b" : field;
    layer.transform = [];
    if (log && field === "l") layer.transform.push({ calculate: `max(datum.l, ${domain[0]})`, as: "b" });
    else if (log) layer.transform.push({ filter: `datum.${field} > 0` });
  }

  // A chart wider than its place gets one column of panels, or a narrower frame.
  function fitted(spec, figure) {
    const room = figure.clientWidth;
    const missing = figure.querySelector(".still svg").dataset.width - room;
    if (missing <= 0) return spec;
    if (spec.config?.legend) spec.config.legend.columns = 1;
    if (spec.concat) {
      spec.columns = 1;
      for (const panel of spec.concat) panel.width = Math.max(180, Math.min(420, room - 80));
    } else if (spec.width) {
      const width = Math.max(84, spec.width - missing - 14);
      // What is pinned to the right edge moves with it.
      for (const layer of spec.layer ?? []) {
        const x = layer.encoding?.x;
        if (x?.axis && width < 200) x.axis.tickCount = 3;
        if (typeof x?.value === "number" && x.value > spec.width / 2) x.value += width - spec.width;
      }
      spec.width = width;
    }
    return spec;
  }

  let work = Promise.resolve();
  let waiting = 0;

  // One after the other; the page says when nothing waits any more.
  function draw(figure) {
    waiting += 1;
    root.dataset.charts = "busy";
    work = work.then(() => enliven(figure)).then(() => {
      waiting -= 1;
      if (!waiting) root.dataset.charts = "ready";
    });
  }

  async function enliven(figure) {
    const place = figure.querySelector(".live");
    const still = figure.querySelector(".still svg");
    if (!place || !still) return;
    still.dataset.width ??= still.width.baseVal.value;
    try {
      const spec = specification(figure);
      if (!charts.has(figure)) {
        charts.set(figure, { spread: "both", about: { usermeta: spec.usermeta } });
        if (kind(spec) === "lines") addTools(figure, spec, charts.get(figure));
      }
      const state = charts.get(figure);
      state.shown?.finalize();
      state.shown = await window.vegaEmbed(place, fitted(chosen(spec, state), figure), options);
      place.querySelector("svg").setAttribute("aria-hidden", "true"); // its place has the words
      figure.classList.add("is-live");
    } catch {
      figure.classList.remove("is-live"); // the still picture says the same
      figure.querySelector(".tools")?.remove();
      place.remove();
    }
  }

  const redraw = (fits) => charts.forEach((state, figure) => fits(state.about) && draw(figure));

  // --- Above each chart of lines: its legend, whose entries hide and show, and what its axis and spread are.

  function addTools(figure, spec, state) {
    const { byCondition, labels, splits, metric } = spec.usermeta;
    const layers = spec.concat.flatMap((panel) => panel.layer);
    const tools = element("div", { class: "tools", role: "group", "aria-label": `Controls of the chart of ${figure.dataset.chart.slice(6)}` });
    const keys = byCondition ? splits : labels;
    const colours = layers.find((layer) => layer.encoding.color).encoding.color.scale.range;
    if (keys.length > 1) {
      const set = byCondition ? hiddenSplits : hidden;
      tools.append(...keys.map((key, index) => legendButton(key, colours[index], set)));
    }
    if (layers.some((layer) => layer.mark.strokeDash)) tools.append(element("span", { class: "key" }, "✕ run that diverged"));
    if (metric === "loss") {
      const log = isLog(spec);
      tools.append(choice("Axis", { log: "logarithmic", linear: "linear" }, log ? "log" : "linear", (value) => {
        state.log = value === "log";
        draw(figure);
      }));
    }
    const banded = layers.some((layer) => layer.mark.type === "area");
    if (banded && layers.some((layer) => layer.encoding.detail && !layer.mark.strokeDash && layer.mark.type === "line")) {
      tools.append(choice("Spread", { both: "seeds and band", seeds: "seeds", band: "band" }, "both", (value) => {
        state.spread = value;
        draw(figure);
      }));
    }
    if (tools.children.length) figure.prepend(tools);
  }

  function legendButton(key, colour, set) {
    const button = element("button", { type: "button", class: "legend", "aria-pressed": "true" }, swatch(colour), key);
    button.dataset.key = key;
    button.dataset.of = set === hidden ? "condition" : "split";
    button.setAttribute("aria-pressed", String(!set.has(key)));
    button.addEventListener("click", () => {
      if (set === hidden) return toggle([key], hidden.has(key));
      if (!set.delete(key) && set.size + 1 < button.parentNode.querySelectorAll("[data-of=split]").length) set.add(key);
      for (const each of document.querySelectorAll("[data-of=split]")) {
        each.setAttribute("aria-pressed", String(!set.has(each.dataset.key)));
      }
      redraw((spec) => kind(spec) === "lines" && spec.usermeta.byCondition);
    });
    return button;
  }

  function swatch(colour) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const line = document.createElementNS(space, "path");
    for (const [key, value] of Object.entries({ viewBox: "0 0 18 10", width: 18, height: 10, "aria-hidden": "true", class: "swatch" }))
      svg.setAttribute(key, value);
    for (const [key, value] of Object.entries({ d: "M0 5H18", stroke: colour, "stroke-width": 3 })) line.setAttribute(key, value);
    svg.append(line);
    return svg;
  }

  function choice(name, values, now, then) {
    const select = element("select");
    for (const [value, shown] of Object.entries(values)) select.append(element("option", { value }, shown));
    select.value = now;
    select.addEventListener("change", () => then(select.value));
    return element("label", {}, `${name} `, select);
  }

  // --- Which conditions are shown, in all charts of lines and dots at once: each one, and by level of each factor.

  const conditions = JSON.parse(document.getElementById("conditions")?.textContent ?? "[]");
  const boxes = []; // [checkbox, labels it stands for]
  const status = element("span", { role: "status" });

  function toggle(labels, on) {
    const left = conditions.filter(({ label }) => !hidden.has(label) && !labels.includes(label));
    if (on || left.length) for (const label of labels) on ? hidden.delete(label) : hidden.add(label); // never all of them
    followed();
    redraw((spec) => kind(spec) === "dots" || kind(spec) === "lines");
  }

  function followed() {
    for (const [box, labels] of boxes) {
      const shown = labels.filter((label) => !hidden.has(label)).length;
      box.checked = shown === labels.length;
      box.indeterminate = shown > 0 && shown < labels.length;
    }
    for (const each of document.querySelectorAll("[data-of=condition]")) {
      each.setAttribute("aria-pressed", String(!hidden.has(each.dataset.key)));
    }
    status.textContent = `${conditions.length - hidden.size} of ${conditions.length} conditions shown in the charts`;
  }

  function boxFor(text, labels, colour) {
    const box = element("input", { type: "checkbox" });
    box.addEventListener("change", () => toggle(labels, box.checked));
    boxes.push([box, labels]);
    return element("label", {}, box, ...(colour ? [swatch(colour)] : []), element("bdi", {}, text));
  }

  function fieldset(name, ...children) {
    return element("fieldset", {}, element("legend", {}, name), ...children);
  }

  function addSelector() {
    const place = document.querySelector(".results");
    if (!place || conditions.length < 2) return;
    const panel = element("details", { class: "selector" }, element("summary", {}, status));
    const paths = [...new Set(conditions.flatMap(({ levels }) => Object.keys(levels)))];
    const byLevel = paths.map((path) => [path, Map.groupBy(conditions, ({ levels }) => levels[path])]);
    const factors = byLevel.filter(([, levels]) => levels.size > 1 && levels.size < conditions.length);
    for (const [path, levels] of factors) {
      const labels = ([value, all]) => boxFor(value ?? "–", all.map(({ label }) => label));
      panel.append(fieldset(path, ...[...levels].map(labels)));
    }
    const of = colours();
    panel.append(fieldset("condition", ...conditions.map(({ label }) => boxFor(label, [label], of.get(label)))));
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && panel.open) {
        panel.open = false;
        panel.querySelector("summary").focus();
      }
    });
    place.prepend(panel);
    followed();
  }

  // Condition -> its colour, where charts have one colour for each condition.
  function colours() {
    const figure = document.getElementById("figure-loss") ?? document.getElementById("figure-accuracy");
    const spec = figure && specification(figure);
    if (!spec || spec.usermeta.byCondition) return new Map();
    const { range } = spec.concat.flatMap((panel) => panel.layer).find((layer) => layer.encoding.color).encoding.color.scale;
    return new Map(spec.usermeta.labels.map((label, index) => [label, range[index]]));
  }

  // --- A chart is drawn when it comes near; what is out of sight is the still picture meanwhile.

  addSelector();
  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        draw(target);
      }
      if (!waiting) root.dataset.charts = "ready";
    },
    { rootMargin: "600px 0px" },
  );
  for (const figure of figures) near.observe(figure);
  if (!figures.length) root.dataset.charts = "ready";

  // On paper nothing is folded.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const each of folded) each.open = true;
  });
  addEventListener("afterprint", () => folded.splice(0).forEach((each) => (each.open = false)));
})();
