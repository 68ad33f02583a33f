"use strict";
// Charts that answer to pointer and keyboard. The still pictures in the page are replaced only once these have drawn.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const charts = JSON.parse(document.getElementById("charts").textContent);

  const node = (name, attributes, parent, text) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.appendChild(made);
    return made;
  };
  const html = (name, attributes, parent, text) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    if (parent) parent.appendChild(made);
    return made;
  };

  const { say: told, marks } = charts.words;
  const trim = (value, digits) => String(Number(value.toPrecision(digits))).replace("-", "−").replace(".", marks.decimal);
  const fill = (sentence, value) => sentence.replace("#", () => value);
  const whole = value => String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, marks.thousands);
  const write = (value, form, digits = 3) => form === "share" ? trim(100 * value, digits) + "\u00a0%" : trim(value, digits);
  // as `Words.one_in`: per cent where no whole number is within 2 %
  const isOneIn = value => value > 0 && value <= 0.5 && Math.abs(Math.round(1 / value) * value - 1) <= 0.02;
  const oneIn = value => isOneIn(value) ? fill(told["one in"], whole(1 / value)) : write(value, "share");

  const scaleOf = (low, high, start, end, log) => {
    const move = log ? value => Math.log10(Math.max(value, 1e-300)) : value => value;
    const a = move(low), b = move(high);
    const scale = value => start + (end - start) * (move(value) - a) / ((b - a) || 1);
    scale.back = pixel => {
      const at = a + (b - a) * (pixel - start) / ((end - start) || 1);
      return log ? 10 ** at : at;
    };
    scale.ticks = room => {
      const found = [];
      if (log && b - a >= 1.5) {
        const step = Math.ceil((b - a) / Math.max(2, room));
        for (let power = Math.floor(b + 1e-9); power >= a - 1e-9; power -= step) found.push(10 ** power);
        return found;
      }
      const from = Math.min(low, high), to = Math.max(low, high), raw = (to - from) / Math.max(2, room);
      if (!(raw > 0)) return [from];
      let step = 10 ** Math.floor(Math.log10(raw));
      step *= [1, 2, 5, 10].find(factor => factor * step >= raw * 0.999);
      for (let at = Math.ceil(from / step - 1e-9) * step; at <= to + step * 1e-9; at += step) if (!log || at > 0) found.push(Number(at.toPrecision(12)));
      return found;
    };
    return scale;
  };

  const joined = (xs, ys, apart) => xs.map((x, i) => `${i && !(apart && apart[i]) ? "L" : "M"}${x.toFixed(1)},${ys[i].toFixed(1)}`).join("");

  function interactive(figure, chart, number) {
    const canvas = figure.querySelector(".canvas"), tools = figure.querySelector(".tools"), readout = figure.querySelector(".readout");
    const logs = { x: chart.x.scale === "log", y: chart.y.scale === "log" };
    const full = { x: chart.x.domain, y: chart.y.domain };
    let view = { x: full.x, y: full.y }, at = null, place;
    const shown = chart.series.map(series => series.shown !== false);
    const visible = () => chart.series.map((series, i) => [series, i]).filter(([, i]) => shown[i]);

    function draw() {
      const width = Math.max(280, canvas.clientWidth), height = Math.round(Math.min(440, Math.max(280, width * 0.58)));
      const box = { left: 58, right: width - 22, top: 12, bottom: height - 46 };
      const y = scaleOf(view.y[0], view.y[1], box.bottom, box.top, logs.y);
      box.left = 30 + 7 * Math.max(4, ...y.ticks(height / 64).map(value => write(value, chart.y.form, 4).length));
      const x = scaleOf(view.x[0], view.x[1], box.left, box.right, logs.x);
      const svg = node("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: "0", "aria-label": figure.dataset.title + ". " + told.keys });
      const clip = `clip-${number}`;
      node("rect", { x: box.left, y: box.top, width: box.right - box.left, height: box.bottom - box.top }, node("clipPath", { id: clip }, svg));
      for (const value of x.ticks(width / 110).filter(value => chart.x.form !== "whole" || Number.isInteger(value))) {
        node("line", { class: "grid", x1: x(value), x2: x(value), y1: box.top, y2: box.bottom }, svg);
        node("text", { x: x(value), y: box.bottom + 18, "text-anchor": "middle" }, svg, write(value, chart.x.form, 4));
      }
      for (const value of y.ticks(height / 64)) {
        node("line", { class: "grid", x1: box.left, x2: box.right, y1: y(value), y2: y(value) }, svg);
        node("text", { x: box.left - 8, y: y(value) + 4, "text-anchor": "end" }, svg, write(value, chart.y.form, 4));
      }
      const middle = (box.top + box.bottom) / 2;
      node("text", { class: "label", x: (box.left + box.right) / 2, y: height - 6, "text-anchor": "middle" }, svg, chart.x.label);
      node("text", { class: "label", x: 13, y: middle, "text-anchor": "middle", transform: `rotate(-90 13 ${middle})` }, svg, chart.y.label);
      const marks = node("g", { "clip-path": `url(#${clip})` }, svg);
      paint(marks, x, y, box);
      place = { svg, x, y, box, cursor: node("g", {}, svg) };
      canvas.replaceChildren(svg);
      listen(svg);
      if (at !== null) point(at, false);
    }

    function paint(marks, x, y) {
      if (chart.chance) node("path", { class: "chance", fill: "none", "stroke-dasharray": "4 4", d: joined(logs.x ? [full.x[0], 1].map(x) : line(x), logs.y ? [full.x[0], 1].map(y) : line(y)) }, marks);
      const order = visible().reverse(), first = order.length ? order[order.length - 1][1] : -1;
      for (const [series, i] of order) {
        if (chart.kind === "curve") {
          const xs = series.x.map(x);
          if (i === first) {
            const high = series.high.map(y), low = series.low.map(y);
            const edge = joined([...xs, ...xs.slice().reverse()], [...high, ...low.reverse()]);
            node("path", { class: `band s${i % 7}`, d: edge + "Z" }, marks).style.fill = `var(--s${i % 7})`;
          }
          node("path", { class: `line s${i % 7}`, "stroke-width": i === first ? 2.4 : 1.5, d: joined(xs, series.y.map(y)) }, marks);
        } else if (chart.kind === "histogram") {
          const edges = chart.edges.map(x);
          let outline = `M${edges[0].toFixed(1)},${y(0).toFixed(1)}`;
          series.y.forEach((value, k) => { outline += `V${y(value).toFixed(1)}H${edges[k + 1].toFixed(1)}`; });
          node("path", { class: `bars ${i ? "member" : "nonmember"}`, d: outline + `V${y(0).toFixed(1)}Z` }, marks);
        } else {
          node("path", { class: `line s${i % 7}`, "stroke-width": 1.2, d: joined(series.x.map(x), series.y.map(y), series.apart) }, marks);
          series.x.forEach((value, k) => {
            const a = x(value), b = y(series.y[k]);
            node("line", { class: `bar s${i % 7}`, "stroke-width": 1.6, x1: a, x2: a, y1: y(series.low[k]), y2: y(series.high[k]) }, marks);
            if (series.left) node("line", { class: `bar s${i % 7}`, "stroke-width": 1.6, x1: x(series.left[k]), x2: x(series.right[k]), y1: b, y2: b }, marks);
            node("circle", { class: `dot s${i % 7}${series.front && !series.front[k] ? " open" : ""}`, cx: a, cy: b, r: 4.5 }, marks);
            if (series.best && series.best[k]) node("circle", { class: "ring", cx: a, cy: b, r: 10 }, marks);
            if (series.tags && series.tags[k]) node("text", { x: a + 7, y: b + 15 }, marks, series.tags[k]);
          });
        }
      }
    }
    const line = scale => [0, 1].map(scale);

    // what the pointer or the arrow keys stand on
    const stops = () => {
      const found = visible();
      if (chart.kind === "histogram") return chart.edges.slice(1).map((edge, i) => (edge + chart.edges[i]) / 2);
      if (chart.kind === "curve") return found.length ? [...new Set(found[0][0].x)].filter(value => !logs.x || value > 0) : [];
      return [...new Set(found.flatMap(([series]) => series.x))].sort((a, b) => a - b);
    };
    const below = (list, value) => { let i = 0; while (i + 1 < list.length && list[i + 1] <= value * (1 + 1e-12)) i += 1; return i; };

    function point(value, speak = true) {
      const { x, y, box, cursor } = place;
      at = value;
      cursor.replaceChildren();
      const a = x(value);
      if (a < box.left - 1 || a > box.right + 1) { readout.textContent = ""; return; }
      node("line", { class: "cursor", x1: a, x2: a, y1: box.top, y2: box.bottom }, cursor);
      const parts = [];
      for (const [series, i] of visible()) {
        if (chart.kind === "curve") {
          const k = below(series.x, value), b = y(series.y[k]);
          if (b >= box.top && b <= box.bottom) node("circle", { class: `dot s${i % 7}`, cx: a, cy: b, r: 4 }, cursor);
          parts.push(`${series.name}: ${write(series.y[k], "share")} (${write(series.low[k], "share")} ${told.to} ${write(series.high[k], "share")})`);
        } else if (chart.kind === "histogram") {
          parts.push(`${series.name}: ${write(series.y[Math.min(series.y.length - 1, below(chart.edges, value))], "share")}`);
        } else {
          const k = series.x.indexOf(value);
          if (k < 0) continue;
          const label = series.labels ? series.labels[k] : series.name;
          parts.push(`${label}: ${told.score} ${trim(series.y[k], 3)} (${trim(series.low[k], 3)} ${told.to} ${trim(series.high[k], 3)})`);
        }
      }
      if (!speak) return;
      const where = chart.kind === "curve" ? fill(told.wrong, oneIn(value)) : `${chart.x.label.split(" (")[0]} ${write(value, chart.x.form)}, `;
      readout.textContent = where + parts.join("; ");
    }

    const nearest = pixel => {
      const { x } = place, list = stops();
      return list.length ? list.reduce((best, value) => Math.abs(x(value) - pixel) < Math.abs(x(best) - pixel) ? value : best) : null;
    };

    function listen(svg) {
      let start = null, brush = null;
      const local = event => {
        const edge = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / edge.width;
        const inside = (value, low, high) => Math.min(high, Math.max(low, value)), { box } = place;
        return [inside((event.clientX - edge.left) * scale, box.left, box.right), inside((event.clientY - edge.top) * scale, box.top, box.bottom)];
      };
      svg.addEventListener("pointermove", event => {
        const [a, b] = local(event);
        if (start) {
          if (!brush) brush = node("rect", { class: "brush" }, place.svg);
          for (const [key, value] of Object.entries({ x: Math.min(a, start[0]), y: Math.min(b, start[1]), width: Math.abs(a - start[0]), height: Math.abs(b - start[1]) })) brush.setAttribute(key, value);
          return;
        }
        const value = nearest(a);
        if (value !== null) point(value);
      });
      svg.addEventListener("pointerdown", event => {
        if (event.pointerType === "mouse" && event.button === 0) { start = local(event); svg.setPointerCapture(event.pointerId); }
      });
      svg.addEventListener("pointerup", event => {
        const end = local(event), from = start;
        start = null;
        if (brush) brush.remove();
        if (from && brush && Math.abs(end[0] - from[0]) > 12 && Math.abs(end[1] - from[1]) > 12) {
          const { x, y } = place, order = (a, b) => a < b ? [a, b] : [b, a];
          zoom(order(x.back(from[0]), x.back(end[0])), order(y.back(from[1]), y.back(end[1])));
        }
        brush = null;
      });
      svg.addEventListener("pointercancel", () => { start = null; if (brush) brush.remove(); brush = null; });
      svg.addEventListener("dblclick", () => zoom(full.x, full.y));
      svg.addEventListener("keydown", event => {
        const list = stops(), step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
        if (event.key === "Escape") zoom(full.x, full.y);
        else if (step && list.length) {
          event.preventDefault();
          const now = at === null ? -1 : list.indexOf(nearest(place.x(at)));
          point(list[Math.min(list.length - 1, Math.max(0, at === null ? 0 : now + step))]);
        }
      });
    }

    function zoom(x, y) {
      const focused = document.activeElement === place.svg;
      view = { x: bounded(x, full.x), y: bounded(y, full.y) };
      draw();
      reset.disabled = view.x === full.x && view.y === full.y;
      if (focused) place.svg.focus();
    }
    const bounded = ([low, high], limit) => low <= limit[0] && high >= limit[1] ? limit : [Math.max(low, limit[0]), Math.min(high, limit[1])];
    const around = factor => {
      const { x, y, box } = place, spread = (scale, a, b, center) => {
        const ends = [scale.back(center + (a - center) * factor), scale.back(center + (b - center) * factor)];
        return ends[0] < ends[1] ? ends : [ends[1], ends[0]];
      };
      const center = at === null ? (box.left + box.right) / 2 : Math.min(box.right, Math.max(box.left, x(at)));
      zoom(spread(x, box.left, box.right, center), spread(y, box.bottom, box.top, (box.bottom + box.top) / 2));
    };

    if (chart.series.length > 1 && chart.kind !== "histogram") {
      const field = html("fieldset", {}, tools);
      html("legend", {}, field, chart.kind === "curve" ? told.attacks : told.models);
      chart.series.forEach((series, i) => {
        const label = html("label", {}, field), box = html("input", { type: "checkbox" }, label);
        box.checked = shown[i];
        html("span", { class: `swatch c${i % 7}`, "aria-hidden": "true" }, label);
        html("bdi", {}, label, series.name);
        box.addEventListener("change", () => { shown[i] = box.checked; draw(); });
      });
    } else if (chart.kind === "histogram") {
      const field = html("div", {}, tools);
      chart.series.forEach((series, i) => {
        const label = html("label", {}, field);
        html("span", { class: `swatch c${i}`, "aria-hidden": "true" }, label);
        html("span", {}, label, series.name + "\u2003");
      });
    }
    const buttons = html("div", { role: "group", "aria-label": told.zoom }, tools);
    const button = (text, label, act) => {
      const made = html("button", { type: "button", "aria-label": label }, buttons, text);
      made.addEventListener("click", act);
      buttons.append(" ");
      return made;
    };
    button("+", told.in, () => around(0.6));
    button("−", told.out, () => around(1 / 0.6));
    const reset = button(told.whole, told["show whole"], () => zoom(full.x, full.y));
    reset.disabled = true;
    if (chart.kind === "curve") {
      const toggle = button(told.linear, told.linear, () => {
        logs.x = logs.y = !logs.x;
        full.x = full.y = logs.x ? chart.x.domain : [0, 1];
        toggle.textContent = logs.x ? told.linear : told.log;
        toggle.setAttribute("aria-label", toggle.textContent);
        zoom(full.x, full.y);
      });
    }
    canvas.classList.add("zoomable");
    draw();
    let width = canvas.clientWidth;
    new ResizeObserver(() => { if (canvas.clientWidth !== width) { width = canvas.clientWidth; draw(); } }).observe(canvas);
    window.addEventListener("beforeprint", () => zoom(full.x, full.y));
  }

  function dots(figure, chart) {
    const canvas = figure.querySelector(".canvas"), readout = figure.querySelector(".readout");
    let at = 0;
    function draw() {
      const width = Math.max(280, canvas.clientWidth), narrow = width < 520, row = narrow ? 38 : 24;
      const left = narrow ? 8 : Math.min(260, width * 0.36), height = 10 + row * chart.rows.length + 46;
      const x = scaleOf(chart.x.domain[0], chart.x.domain[1], left, width - 14, false);
      const svg = node("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: "0", "aria-label": figure.dataset.title + ". " + told.keys });
      for (const value of x.ticks(width / 110)) {
        node("line", { class: "grid", x1: x(value), x2: x(value), y1: 10, y2: height - 46 }, svg);
        node("text", { x: x(value), y: height - 28, "text-anchor": "middle" }, svg, trim(value, 3));
      }
      node("text", { class: "label", x: (left + width - 14) / 2, y: height - 6, "text-anchor": "middle" }, svg, chart.x.label);
      node("line", { class: "chance", x1: x(chart.none), x2: x(chart.none), y1: 10, y2: height - 46, "stroke-dasharray": "4 4" }, svg);
      if (chart.overall !== null) node("line", { class: "overall", x1: x(chart.overall), x2: x(chart.overall), y1: 10, y2: height - 46 }, svg);
      chart.rows.forEach((item, i) => {
        const top = 10 + row * i, middle = top + (narrow ? 27 : row / 2), style = item.real ? "real" : "quiet";
        node("text", narrow ? { class: "name", x: left, y: top + 15 } : { class: "name", x: left - 10, y: middle + 4, "text-anchor": "end" }, svg, item.name);
        node("line", { class: `bar ${style}`, "stroke-width": 2.2, x1: x(item.low), x2: x(item.high), y1: middle, y2: middle }, svg);
        node("circle", { class: `dot ${style}`, cx: x(item.value), cy: middle, r: 4.5 }, svg);
        const hit = node("rect", { class: "hit", x: 0, y: top, width, height: row }, svg);
        hit.addEventListener("pointerenter", () => say(i));
      });
      svg.addEventListener("keydown", event => {
        const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        at = Math.min(chart.rows.length - 1, Math.max(0, at + step));
        say(at);
      });
      svg.addEventListener("focus", () => say(at));
      canvas.replaceChildren(svg);
    }
    function say(i) {
      at = i;
      const item = chart.rows[i];
      readout.textContent = `${item.name}: ${trim(item.value, 3)} (${trim(item.low, 3)} ${told.to} ${trim(item.high, 3)})` + (item.real ? told.beyond : told["not beyond"]);
    }
    draw();
    let width = canvas.clientWidth;
    new ResizeObserver(() => { if (canvas.clientWidth !== width) { width = canvas.clientWidth; draw(); } }).observe(canvas);
  }

  document.querySelectorAll("figure[data-chart]").forEach((figure, number) => {
    const chart = charts[figure.dataset.chart];
    if (!chart) return;
    if (chart.kind === "dots") dots(figure, chart);
    else interactive(figure, chart, number);
  });
})();
