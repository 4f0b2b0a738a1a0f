// Label assignment as in book_lib/detection/assigners and book_lib/experiments/side_by_side.py: boxes [left, top, right, bottom] in px, labels
// from 0, priors {x, y, stride, level, w, h}; an answer has objects (one for each prior), and for two methods weights.
import { iou } from "./boxes.js";
import { assign } from "./matching.js";

export const NEGATIVE = -1;
export const IGNORED = -2;
const STRIDES = [8, 16, 32];
const RANGES = [
  [-1, 32],
  [32, 64],
  [64, 1e8],
];
const sum = list => list.reduce((a, b) => a + b, 0);
const top = list => list.reduce((best, x, i) => (x > list[best] ? i : best), 0);
const area = box => (box[2] - box[0]) * (box[3] - box[1]);
const middle = box => [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
const sides = (p, box) => [p.x - box[0], p.y - box[1], box[2] - p.x, box[3] - p.y];
const within = (p, box, least = 0) => Math.min(...sides(p, box)) > least;
const near = (p, box, radius) => Math.max(Math.abs(p.x - middle(box)[0]), Math.abs(p.y - middle(box)[1])) < radius * p.stride;
const anchorOf = p => [p.x - p.w / 2, p.y - p.h / 2, p.x + p.w / 2, p.y + p.h / 2];

/* The priors that a method decides about in a picture of `size` px a side. */
export function priorsOf(method, size) {
  const ratios = n => side => [0.5, 1, 2].slice(0, n).map(ratio => [side / Math.sqrt(ratio), side * Math.sqrt(ratio)]);
  const shapes = {
    yolo_v1: () => [12, 28].map(side => [side, side]),
    yolo_v2: () => [10, 20, 40].map(side => [side, side]),
    atss: side => [[side, side]],
    free_anchor: side => [[side, side]],
  };
  const points = ["fcos", "auto_assign", "sim_ota", "task_aligned", "one_to_one"].includes(method);
  const own = points ? side => [[side, side]] : (shapes[method] ?? ratios(3));
  const offset = method === "auto_assign" ? 0 : 0.5;
  return (method === "yolo_v1" || method === "yolo_v2" ? [16] : STRIDES).flatMap((stride, level) => {
    const n = Math.ceil(size / stride);
    return Array.from({ length: n * n }, (_, i) =>
      own(2 * stride).map(([w, h], nth, all) => ({
        x: ((i % n) + offset) * stride,
        y: (Math.floor(i / n) + offset) * stride,
        stride,
        level,
        w,
        h,
        nth,
        of: all.length,
      })),
    ).flat();
  });
}

/* What a made-up network predicts that has learnt to the degree 0 to 1: scores [prior][class], objectness [prior], boxes [prior]. */
export function madeUp(boxes, labels, priors, classes, learnt) {
  const scores = priors.map(() => Array(classes).fill(0.02));
  const objectness = priors.map(() => 0.05);
  const predicted = priors.map((p, j) => {
    const own = anchorOf(p);
    const overlaps = boxes.map(box => iou(box, own));
    const i = top(overlaps);
    if (!boxes.length || overlaps[i] <= 0) return own;
    scores[j][labels[i]] += 0.9 * learnt * overlaps[i];
    objectness[j] += 0.9 * learnt * overlaps[i];
    return own.map((x, k) => x + learnt * (boxes[i][k] - x));
  });
  return { scores, objectness, boxes: predicted };
}

/* For each row which are its k least numbers, of equals the first. */
function least(rows, k) {
  return rows.map((row, i) => {
    const order = row.map((_, j) => j).sort((a, b) => row[a] - row[b] || a - b);
    const taken = new Set(order.slice(0, Array.isArray(k) ? k[i] : k).filter(j => row[j] < Infinity));
    return row.map((_, j) => taken.has(j));
  });
}
/* Each prior that several objects want goes to the one it overlaps most. */
const bestOfSeveral = (wanted, table, priors) =>
  priors.map((_, j) => {
    const own = wanted.map((row, i) => (row[j] ? table[i][j] : -1));
    return own[top(own)] >= 0 ? top(own) : NEGATIVE;
  });

function maxIou(boxes, priors, [positive, low], { rule, floor = 0, one = false }) {
  const table = boxes.map(box => priors.map(p => iou(box, anchorOf(p))));
  const theirs = priors.map((_, j) => top(table.map(row => row[j])));
  const objects = theirs.map((i, j) => (table[i][j] >= positive ? i : table[i][j] < Math.min(positive, low) ? NEGATIVE : IGNORED));
  table.forEach((row, i) => {
    const high = Math.max(...row);
    if (high < floor) return;
    const places = row.flatMap((x, j) => (x === high ? [j] : []));
    for (const j of one ? places.slice(0, 1) : places) objects[j] = rule === "overwrite" ? i : theirs[j];
  });
  return { objects };
}

const cellOf = (p, [x, y]) =>
  Math.floor(x / p.stride) === Math.floor(p.x / p.stride) && Math.floor(y / p.stride) === Math.floor(p.y / p.stride);
function yoloV1(boxes, priors, predicted, size) {
  const objects = priors.map(() => NEGATIVE);
  const taken = priors.map(() => false);
  boxes.forEach((box, i) => {
    const own = priors.flatMap((p, j) => (cellOf(p, middle(box)) ? [j] : []));
    if (!own.length || taken[own[0]] || Math.min(box[2] - box[0], box[3] - box[1]) / size < 0.005) return;
    const overlaps = own.map(j => iou(box, predicted[j]));
    const shape = b => [...middle(b), b[2] - b[0], b[3] - b[1]];
    const apart = own.map(j => -sum(shape(predicted[j]).map((x, k) => ((x - shape(box)[k]) / size) ** 2)));
    objects[own[top(Math.max(...overlaps) > 0 ? overlaps : apart)]] = i;
    own.forEach(j => {
      taken[j] = true;
    });
  });
  return { objects };
}
function byShape(boxes, priors, compared, limit) {
  const objects = compared.map(one => (boxes.some(box => iou(box, one) > limit) ? IGNORED : NEGATIVE));
  boxes.forEach((box, i) => {
    const [w, h] = [box[2] - box[0], box[3] - box[1]];
    const alike = priors.map(p => {
      const both = Math.min(w, p.w) * Math.min(h, p.h);
      return cellOf(p, middle(box)) ? both / (w * h + p.w * p.h - both) : -1;
    });
    if (alike[top(alike)] >= 0) objects[top(alike)] = i;
  });
  return { objects };
}

function fcos(boxes, priors, [radius]) {
  const objects = priors.map(p => {
    const [low, high] = RANGES[p.level];
    const suits = boxes.map(box => {
      const largest = Math.max(...sides(p, box));
      return within(p, box) && low <= largest && largest <= high && near(p, box, radius) ? -area(box) : -Infinity;
    });
    return suits[top(suits)] > -Infinity ? top(suits) : NEGATIVE;
  });
  return { objects };
}
function atss(boxes, priors, [k]) {
  const table = boxes.map(box => priors.map(p => iou(box, anchorOf(p))));
  const wanted = boxes.map((box, i) => {
    const away = priors.map(p => Math.hypot(p.x - middle(box)[0], p.y - middle(box)[1]));
    const levels = STRIDES.map((_, level) => least([away.map((x, j) => (priors[j].level === level ? x : Infinity))], k)[0]);
    const candidate = priors.map((_, j) => levels.some(taken => taken[j]));
    const own = table[i].filter((_, j) => candidate[j]);
    const mean = sum(own) / own.length;
    const spread = own.length > 1 ? Math.sqrt(sum(own.map(x => (x - mean) ** 2)) / (own.length - 1)) : 0;
    return priors.map((p, j) => candidate[j] && table[i][j] >= mean + spread && within(p, box, 0.01));
  });
  return { objects: bestOfSeveral(wanted, table, priors) };
}

function freeAnchor(boxes, labels, priors, answers, [bag]) {
  const table = boxes.map(box => priors.map(p => iou(box, anchorOf(p))));
  const inBag = least(
    table.map(row => row.map(x => -x)),
    bag,
  );
  const delta = (p, [left, t, right, bottom]) => [
    ((left + right) / 2 - p.x) / p.w / 0.1,
    ((t + bottom) / 2 - p.y) / p.h / 0.1,
    Math.log((right - left) / p.w) / 0.2,
    Math.log((bottom - t) / p.h) / 0.2,
  ];
  const smooth = x => (Math.abs(x) < 0.11 ? (x * x) / 0.22 : Math.abs(x) - 0.055);
  const given = priors.map((p, j) => delta(p, answers.boxes[j]));
  const positive = boxes.map((box, i) => {
    const weights = priors.map((p, j) => {
      const errors = sum(delta(p, box).map((x, k) => smooth(given[j][k] - x)));
      return inBag[i][j] ? 1 / Math.max(1e-12, 1 - answers.scores[j][labels[i]] * Math.exp(-0.75 * errors)) : 0;
    });
    return weights.map(x => x / sum(weights));
  });
  const found = boxes.map(box => answers.boxes.map(one => iou(box, one)));
  const negative = priors.map((_, j) =>
    answers.scores[j].map(
      (_, c) =>
        1 -
        Math.max(
          0,
          ...boxes.map((_, i) => (labels[i] === c ? Math.min(1, (found[i][j] - 0.6) / (Math.max(0.6 + 1e-12, ...found[i]) - 0.6)) : 0)),
        ),
    ),
  );
  return weighed(positive, negative, priors);
}
function autoAssign(boxes, labels, priors, answers) {
  const inside = boxes.map(box => priors.map(p => within(p, box)));
  const giou = (a, b) => {
    const hull = (Math.max(a[2], b[2]) - Math.min(a[0], b[0])) * (Math.max(a[3], b[3]) - Math.min(a[1], b[1]));
    const x = iou(a, b);
    const union = (area(a) + area(b)) / (1 + x);
    return x - (hull - union) / hull;
  };
  const positive = boxes.map((box, i) => {
    const weights = priors.map((p, j) => {
      if (!inside[i][j]) return 0;
      const away = middle(box).map((x, k) => ([p.x, p.y][k] - x) / p.stride);
      const sure = answers.scores[j][labels[i]] * answers.objectness[j] * Math.exp(-5 * (1 - giou(box, answers.boxes[j])));
      return Math.exp(3 * sure) * Math.exp(-(away[0] ** 2 + away[1] ** 2) / 2);
    });
    return weights.map(x => x / Math.max(1e-12, sum(weights)));
  });
  const good = answers.boxes.map(one => 1 / Math.max(1e-12, 1 - Math.max(0, ...boxes.map(box => iou(box, one)))));
  const negative = priors.map((_, j) => answers.scores[j].map(() => 1));
  boxes.forEach((_, i) => {
    const own = good.filter((_, j) => inside[i][j]);
    const [low, high] = [Math.min(...own), Math.max(...own)];
    good.forEach((x, j) => {
      if (inside[i][j]) negative[j][labels[i]] = 1 - (x - low + 1e-12) / (high - low + 1e-12);
    });
  });
  return weighed(positive, negative, priors);
}
/* positive [object][prior], negative [prior][class]; a prior is named after the object of its largest weight. */
const weighed = (positive, negative, priors) => ({
  objects: priors.map((_, j) => {
    const own = positive.map(row => row[j]);
    return own.length && own[top(own)] > 0 ? top(own) : NEGATIVE;
  }),
  positive,
  negative,
});

function simOta(boxes, labels, priors, answers, [radius]) {
  const candidate = priors.map(p => boxes.some(box => within(p, box) || near(p, box, radius)));
  const table = boxes.map(box => answers.boxes.map(one => iou(box, one)));
  const costs = boxes.map((box, i) =>
    priors.map((p, j) => {
      if (!candidate[j]) return Infinity;
      const classes = sum(answers.scores[j].map((x, c) => -Math.log(c === labels[i] ? x : 1 - x)));
      return classes - 3 * Math.log(table[i][j] + 1e-7) + (within(p, box) && near(p, box, radius) ? 0 : 1e5);
    }),
  );
  const wanted = table.map(row => {
    const best = row.filter((_, j) => candidate[j]).sort((a, b) => b - a);
    return Math.max(1, Math.floor(sum(best.slice(0, 10))));
  });
  const taken = least(costs, wanted);
  const objects = priors.map((_, j) => {
    const own = taken.flatMap((row, i) => (row[j] ? [i] : []));
    return own.length > 1 ? top(costs.map(row => -row[j])) : (own[0] ?? NEGATIVE);
  });
  return { objects };
}
function taskAligned(boxes, labels, priors, answers, [k]) {
  const table = boxes.map(box => answers.boxes.map(one => iou(box, one)));
  const aligned = table.map((row, i) => row.map((x, j) => answers.scores[j][labels[i]] * x ** 6));
  const taken = least(
    aligned.map(row => row.map(x => -x)),
    k,
  );
  const wanted = taken.map((row, i) => row.map((on, j) => on && aligned[i][j] > 0 && within(priors[j], boxes[i], 0.01)));
  return { objects: bestOfSeveral(wanted, table, priors) };
}
function oneToOne(boxes, labels, priors, answers, size) {
  const shares = box => [...middle(box), box[2] - box[0], box[3] - box[1]].map(x => x / size);
  const focal = p => -0.25 * (1 - p) ** 2 * Math.log(p + 1e-8) + 0.75 * p ** 2 * Math.log(1 - p + 1e-8);
  const generalised = (a, b) => {
    const x = iou(a, b);
    const union = (area(a) + area(b)) / (1 + x);
    const hull = (Math.max(a[2], b[2]) - Math.min(a[0], b[0])) * (Math.max(a[3], b[3]) - Math.min(a[1], b[1]));
    return x - (hull - union) / hull;
  };
  const cost = priors.map((_, j) =>
    boxes.map((box, i) => {
      const apart = sum(shares(box).map((x, k) => Math.abs(x - shares(answers.boxes[j])[k])));
      return focal(answers.scores[j][labels[i]]) + 5 * apart - 2 * generalised(box, answers.boxes[j]);
    }),
  );
  const objects = priors.map(() => NEGATIVE);
  assign(cost).forEach((j, i) => {
    objects[j] = i;
  });
  return { objects };
}

/* What a method decides in a picture of `size` px a side; answers as madeUp gives them. */
export function assignBy(method, boxes, labels, priors, answers, settings, size) {
  if (!boxes.length) return { objects: priors.map(() => NEGATIVE), positive: [], negative: [] };
  return {
    rpn: () => maxIou(boxes, priors, settings, { rule: "restore" }),
    rpn_overwrite: () => maxIou(boxes, priors, settings, { rule: "overwrite", floor: 0.3 }),
    retinanet: () => maxIou(boxes, priors, settings, { rule: "restore" }),
    ssd: () => maxIou(boxes, priors, settings, { rule: "overwrite", one: true }),
    yolo_v1: () => yoloV1(boxes, priors, answers.boxes, size),
    yolo_v2: () => byShape(boxes, priors, answers.boxes, settings[0]),
    yolo_v3_paper: () => byShape(boxes, priors, priors.map(anchorOf), settings[0]),
    yolo_v3_released: () => byShape(boxes, priors, answers.boxes, settings[0]),
    fcos: () => fcos(boxes, priors, settings),
    free_anchor: () => freeAnchor(boxes, labels, priors, answers, settings),
    auto_assign: () => autoAssign(boxes, labels, priors, answers),
    atss: () => atss(boxes, priors, settings),
    sim_ota: () => simOta(boxes, labels, priors, answers, settings),
    task_aligned: () => taskAligned(boxes, labels, priors, answers, settings),
    one_to_one: () => oneToOne(boxes, labels, priors, answers, size),
  }[method]();
}
