/* The places of the k largest numbers, largest first. */
export const topK = (numbers, k) =>
  Array.from(numbers, (_, i) => i)
    .sort((a, b) => numbers[b] - numbers[a] || a - b)
    .slice(0, k);

/* Intersection over union of two boxes [left, top, right, bottom]. */
export function iou(a, b) {
  const shared = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const area = box => (box[2] - box[0]) * (box[3] - box[1]);
  const union = area(a) + area(b) - shared;
  return union > 0 ? shared / union : 0;
}

/* Non-maximum suppression: the places of the boxes that stay, best score first; a box goes where a better one of its class overlaps it by more
   than `most`. */
export function nonMaximumSuppression(boxes, scores, labels, most = 0.5) {
  const stay = [];
  for (const i of topK(scores, scores.length))
    if (stay.every(j => labels[i] !== labels[j] || iou(boxes[i], boxes[j]) <= most)) stay.push(i);
  return stay;
}
