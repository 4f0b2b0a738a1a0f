import { bookFigure, clamp, fill, h, number, put, rangeControl, s } from "../_lib/chrome.js";
import { sceneView } from "../_lib/scene.js";

export default bookFigure(labels => {
  const flips = ({ data: run }) =>
    run.snapshots.map(({ matched }, i) => (i ? matched.filter((row, k) => row !== run.snapshots[i - 1].matched[k]).length : 0));
  const total = ({ data: run, snapshot }) => {
    const { cost, matched } = run.snapshots[snapshot];
    return matched.reduce((sum, row, i) => sum + cost[row][i], 0);
  };
  const right = ({ data: run, snapshot }) => {
    const { classes, matched } = run.snapshots[snapshot];
    return matched.filter((row, i) => classes[row] === run.scene.objects[i][0]).length;
  };
  const sum = list => list.reduce((a, b) => a + b, 0);

  function sentence(now) {
    const { data: run, snapshot } = now;
    const one = run.snapshots[snapshot];
    const changes = flips(now);
    return fill(snapshot ? labels.readout : labels.readoutFirst, {
      step: one.step,
      before: snapshot ? run.snapshots[snapshot - 1].step : "",
      total: number(total(now)),
      right: right(now),
      n: one.matched.length,
      flips: changes[snapshot],
      sofar: sum(changes.slice(0, snapshot + 1)),
      later: sum(changes.slice(snapshot + 1)),
    });
  }

  function build({ state, set, controls, stage, width }) {
    const { data: run } = state();
    const { classes, scene, queries, snapshots } = run;
    const n = snapshots.length;
    const objects = scene.objects;
    const time = rangeControl({
      label: labels.time,
      low: 0,
      high: n - 1,
      big: 4,
      show: i => fill(labels.atStep, { step: snapshots[i].step }),
      onchange: snapshot => set({ snapshot }),
    });
    time.classList.add("bk-match-time");
    controls.append(time);
    const view = sceneView();
    const cells = queries.map(() => objects.map(() => h("td", { class: "bk-match-cell" })));
    const heads = queries.map(query => {
      const says = h("span", { class: "bk-why" });
      return { says, node: h("th", { scope: "row" }, h("span", {}, fill(labels.query, { query })), says) };
    });
    const table = h(
      "div",
      { class: "bk-scroll", role: "group", tabindex: 0, "aria-label": labels.table },
      h(
        "table",
        { class: "bk-match-table" },
        h("caption", {}, labels.table),
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("td", {}),
            objects.map(([label], i) => h("th", { scope: "col" }, fill(labels.object, { i: i + 1, name: classes[label] }))),
          ),
        ),
        h(
          "tbody",
          {},
          queries.map((_, row) => h("tr", {}, heads[row].node, cells[row])),
        ),
      ),
    );
    const bars = s("svg", { class: "bk-match-bars", role: "img", "aria-label": fill(labels.history, { n }) });
    const jump = event => {
      const box = bars.getBoundingClientRect();
      const left = 74;
      const x = event.clientX - box.left - left;
      if (x >= 0) set({ snapshot: clamp(Math.floor((x / (box.width - left)) * n), 0, n - 1) });
    };
    bars.addEventListener("pointerdown", event => {
      if (!event.button) {
        bars.setPointerCapture(event.pointerId);
        jump(event);
      }
    });
    bars.addEventListener("pointermove", event => {
      if (bars.hasPointerCapture(event.pointerId)) jump(event);
    });
    stage.append(h("div", { class: "bk-match" }, view.svg, table), h("div", {}, h("p", { class: "bk-see-head" }, labels.bars), bars));

    const text = (x, y, content, role, more) => s("text", { x, y, class: role, ...more }, content);
    function draw(now, one) {
      view.show(scene, fill(labels.picture, { step: one.step }), true);
      const middle = box => {
        const { x, y, width, height } = view.place(box);
        return [x + width / 2, y + height / 2];
      };
      const pairs = one.matched.map((row, i) => ({
        row,
        found: one.boxes[row],
        way: `M${middle(one.boxes[row])}L${middle(objects[i].slice(1))}`,
        end: middle(objects[i].slice(1)),
      }));
      view.marks.replaceChildren(
        ...pairs.flatMap(({ row, found }) => view.box(found, `bk-scene-found bk-class-${one.classes[row]}`)),
        ...pairs.flatMap(({ way, end }) => [
          s("path", { d: way, class: "bk-scene-halo" }),
          s("path", { d: way, class: "bk-match-line" }),
          s("circle", { cx: end[0], cy: end[1], r: 4, class: "bk-match-end" }),
        ]),
        ...pairs.map(({ row, found }) => {
          const { x, y } = view.place(found);
          return view.text(Math.min(x, 260), y - 4, fill(labels.query, { query: queries[row] }));
        }),
      );
    }
    function history(now) {
      const wide = Math.min(760, width());
      const left = 74;
      const cell = (wide - left) / n;
      const high = 26;
      const tall = objects.length * high + 24;
      put(bars, { viewBox: `0 0 ${wide} ${tall}`, width: wide, height: tall });
      const changes = flips(now);
      bars.replaceChildren(
        s("rect", { x: left + now.snapshot * cell, y: 0, width: cell, height: tall, class: "bk-match-now" }),
        ...objects.flatMap(([label], k) => {
          const y = k * high;
          const runs = [];
          snapshots.forEach(({ matched }, i) => {
            if (i && snapshots[i - 1].matched[k] === matched[k]) runs.at(-1)[1] = i + 1;
            else runs.push([i, i + 1, matched[k]]);
          });
          return [
            text(0, y + 17, fill(labels.object, { i: k + 1, name: classes[label] }), "bk-small"),
            ...runs.flatMap(([from, to, row]) => [
              s("rect", {
                x: left + from * cell + 1,
                y: y + 4,
                width: (to - from) * cell - 2,
                height: high - 8,
                rx: 3,
                class: "bk-match-bar",
              }),
              (to - from) * cell >= 20 &&
                text(left + ((from + to) / 2) * cell, y + 17, queries[row], "bk-match-name", { "text-anchor": "middle" }),
            ]),
          ].filter(Boolean);
        }),
        text(0, tall - 7, labels.flipRow, "bk-small"),
        ...(cell >= 11
          ? changes.map((count, i) => (i ? text(left + (i + 0.5) * cell, tall - 7, count, "bk-small", { "text-anchor": "middle" }) : ""))
          : []),
      );
    }

    return now => {
      const one = snapshots[now.snapshot];
      const flat = one.cost.flat();
      const low = Math.min(...flat);
      const high = Math.max(...flat);
      time.update(now.snapshot);
      draw(now, one);
      history(now);
      cells.forEach((row, r) =>
        row.forEach((cell, i) => {
          const matched = one.matched[i] === r;
          const cost = number(one.cost[r][i]);
          cell.replaceChildren(
            ...(matched
              ? [h("span", { "aria-hidden": "true" }, "★ "), h("strong", { "aria-label": fill(labels.starred, { cost }) }, cost)]
              : [cost]),
          );
          cell.className = `bk-match-cell${matched ? " bk-match-star" : ""}`;
          cell.style.setProperty("--w", high > low ? ((high - one.cost[r][i]) / (high - low)).toFixed(2) : 0);
        }),
      );
      heads.forEach(({ says, node }, r) => {
        says.textContent = fill(labels.says, { name: classes[one.classes[r]], score: number(one.scores[r]) });
        node.className = one.matched.includes(r) ? "" : "bk-match-idle";
      });
      return sentence(now);
    };
  }

  return { build, sentence, flips, total };
});
