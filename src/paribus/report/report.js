"use strict";
// Replaces each still picture by the same chart with tooltips. Without scripts, and in print, the pictures stay.
(() => {
  const options = {
    ast: true, // expressions are interpreted: the policy forbids to compile them
    actions: false,
    renderer: "svg",
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
  };

  // A chart wider than its place gets one column of panels, or a narrower frame.
  function fitted(spec, figure) {
    const room = figure.clientWidth;
    const missing = figure.querySelector(".still svg").width.baseVal.value - room;
    if (missing <= 0) return spec;
    spec.config.legend.columns = 1;
    if (spec.concat) {
      spec.columns = 1;
      for (const panel of spec.concat) panel.width = Math.max(180, Math.min(420, room - 80));
    } else {
      spec.width = Math.max(120, spec.width - missing - 8);
    }
    return spec;
  }

  async function enliven(figure) {
    const place = figure.querySelector(".live");
    const data = document.getElementById(figure.dataset.chart).textContent;
    try {
      await window.vegaEmbed(place, fitted(JSON.parse(data), figure), options);
      figure.classList.add("is-live");
    } catch {
      place.remove(); // the still picture says the same
    }
  }

  (async () => {
    for (const figure of document.querySelectorAll("figure[data-chart]")) await enliven(figure);
    document.documentElement.dataset.charts = "ready";
  })();
})();
