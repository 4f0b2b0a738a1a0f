import { softmax } from "../chrome.js";

/* DETR's matching and loss for one picture, as in book_lib/detection/matching.py and criterion.py. logits [n_queries · (n_classes + 1)], boxes
   [n_queries · 4], both flat; targets: [{label, box}], boxes (cx, cy, w, h) as shares. */
export const cornersOf = ([cx, cy, w, h]) => [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2];
export function generalisedIou(a, b) {
  const [p, q] = [cornersOf(a), cornersOf(b)];
  const side = (i, of, low) => of(p[i + 2], q[i + 2]) - low(p[i], q[i]);
  const shared = Math.max(0, side(0, Math.min, Math.max)) * Math.max(0, side(1, Math.min, Math.max));
  const union = a[2] * a[3] + b[2] * b[3] - shared;
  const hull = side(0, Math.max, Math.min) * side(1, Math.max, Math.min);
  return (union > 0 ? shared / union : 0) - (hull > 0 ? (hull - union) / hull : 0);
}
const distance = (a, b) => a.reduce((sum, x, i) => sum + Math.abs(x - b[i]), 0);

/* Probabilities [n_queries][n_classes + 1] and boxes [n_queries][4] of flat answers; with chancesOf = sigmoids of a network without a class for
   no object, whose n_classes are a yes or no each. */
export function readAnswers({ logits, boxes }, chancesOf = softmax) {
  const n = boxes.length / 4;
  const classes = logits.length / n;
  const row = (list, i, wide) => Array.from(list.slice(i * wide, (i + 1) * wide));
  return Array.from({ length: n }, (_, i) => ({ chances: chancesOf(row(logits, i, classes)), box: row(boxes, i, 4) }));
}
export const sigmoids = row => row.map(x => 1 / (1 + Math.exp(-x)));
/* Twice what the focal loss of a yes or no would be for yes, less what it would be for no (Deformable DETR). */
export const focalCost = p => 2 * (-0.25 * (1 - p) ** 2 * Math.log(p + 1e-8) + 0.75 * p ** 2 * Math.log(1 - p + 1e-8));
/* What each pair of a query and an object would cost: - p(class) + 5 · distance - 2 · GIoU; or another cost of the class. */
export const matchingCost = (answers, targets, classCost = p => -p) =>
  answers.map(({ chances, box }) =>
    targets.map(({ label, box: wanted }) => classCost(chances[label]) + 5 * distance(box, wanted) - 2 * generalisedIou(box, wanted)),
  );

/* For each column of cost [n][m], m ≤ n, a row of its own, so that all together cost least: the Hungarian algorithm with prices, one column more at
   a time, each by the cheapest path of changes. */
export function assign(cost) {
  const n = cost.length;
  const m = n ? cost[0].length : 0;
  const owner = Array(n + 1).fill(-1);
  const rowPrice = Array(n + 1).fill(0);
  const columnPrice = Array(m).fill(0);
  for (let column = 0; column < m; column++) {
    const least = Array(n).fill(Infinity);
    const from = Array(n).fill(n);
    const done = Array(n + 1).fill(false);
    let at = n; // row n is the start of every path
    owner[n] = column;
    while (owner[at] >= 0) {
      const asking = owner[at];
      let next = -1;
      done[at] = true;
      for (let row = 0; row < n; row++) {
        if (done[row]) continue;
        const extra = cost[row][asking] - columnPrice[asking] - rowPrice[row];
        if (extra < least[row]) {
          least[row] = extra;
          from[row] = at;
        }
        if (next < 0 || least[row] < least[next]) next = row;
      }
      const step = least[next];
      for (let row = 0; row <= n; row++) {
        if (done[row]) {
          columnPrice[owner[row]] += step;
          rowPrice[row] -= step;
        } else if (row < n) least[row] -= step;
      }
      at = next;
    }
    for (; at !== n; at = from[at]) owner[at] = owner[from[at]];
  }
  return Array.from({ length: m }, (_, column) => owner.slice(0, n).indexOf(column));
}

/* The loss of the last layer: cross-entropy, unmatched queries wanting no object with weight .1, distance and 1 - GIoU of the pairs, each with its
   weight in the sum. rows: for each target its query. */
export function detectionLoss(answers, targets, rows) {
  const none = answers[0].chances.length - 1;
  const n = Math.max(1, targets.length);
  let classes = 0;
  let weights = 0;
  answers.forEach(({ chances }, query) => {
    const object = rows.indexOf(query);
    const weight = object < 0 ? 0.1 : 1;
    classes -= weight * Math.log(chances[object < 0 ? none : targets[object].label]);
    weights += weight;
  });
  const boxes = rows.reduce((sum, query, i) => sum + distance(answers[query].box, targets[i].box), 0) / n;
  const giou = rows.reduce((sum, query, i) => sum + 1 - generalisedIou(answers[query].box, targets[i].box), 0) / n;
  return { classes: classes / weights, boxes, giou, total: classes / weights + 5 * boxes + 2 * giou };
}
