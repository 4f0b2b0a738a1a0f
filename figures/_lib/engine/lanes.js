import { predictSet, threeLayers } from "./detr.js";

/* The lane detector of chapter 12, as in book_lib/lanes/lstr.py: a picture in, as for detr, a set of curves out. Returns for every decoder
   layer logits [queries · 2], of no lane and of lane, and lanes [queries · 8]: lower, upper, k'', f'', m'', n', b'', b'''; and the grid. */
export const lanes = (engine, picture) =>
  predictSet(engine, picture, said => {
    const own = threeLayers(engine, said, "own_head").data;
    const road = threeLayers(engine, said, "shared_head").data;
    const n = said.rows;
    const { units } = engine.header;
    const found = new Float32Array(8 * n);
    for (let j = 0; j < 4; j++) {
      let mean = 0;
      for (let i = 0; i < n; i++) mean += road[4 * i + j] / n; // the queries share one road
      for (let i = 0; i < n; i++) {
        const place = j < 2 ? j : 4 + j;
        found[8 * i + 2 + j] = mean * units[2 + j];
        found[8 * i + place] = own[4 * i + j] * units[place];
      }
    }
    return { logits: engine.linear(said, "class_head").data.slice(), lanes: found };
  });
