import { fill, h, s } from "./chrome.js";
import { READINGS } from "./readings.js";

/* Readings of Chinese for readers who do not read it. glosses: a sentence cut into words, [[word, pinyin, gloss], …]. */

const NONE = "–"; // the pinyin of a punctuation mark
const LETTER = 6.2; // px of a letter of 12 px
const LONGEST = 18; // letters of a label
const known = new Map(
  READINGS.trim()
    .split("\n")
    .map(line => /^(\S+) (.+?): (.+)$/.exec(line).slice(1))
    .map(entry => [entry[0], entry]),
);

/* A sentence cut into the longest words there are, as book_lib.data.translation_glosses.reading cuts it; what has no reading gets `unknown`. */
export function reading(sentence, unknown = "") {
  const found = [];
  for (let rest = [...sentence]; rest.length; rest = rest.slice([...found.at(-1)[0]].length)) {
    let n = rest.length;
    while (n > 1 && !known.has(rest.slice(0, n).join(""))) n--;
    found.push(known.get(rest.slice(0, n).join("")) ?? [rest[0], "", unknown]);
  }
  return found;
}

export const isMark = ([, pinyin]) => pinyin === NONE;
const listed = (glosses, part) =>
  glosses
    .map(entry => (isMark(entry) ? ({ "，": ",", "。": "", "？": "?" }[entry[0]] ?? "") : ` ${entry[part]}`))
    .join("")
    .trim();
/* A sentence with its pinyin and its glosses, word by word, for a list of sentences. */
export const withReading = (sentence, glosses) =>
  glosses?.length ? `${sentence} (${listed(glosses, 1)}: ${listed(glosses, 2)})` : sentence;
/* For each character, the word that it belongs to and its place in it: [word, pinyin, gloss, place]. */
export const wordsAt = glosses => glosses.flatMap(([word, pinyin, gloss]) => [...word].map((_, place) => [word, pinyin, gloss, place]));
/* "动 (of 动物, dòngwù, animal)"; template and whole are the figure's words for it. */
export function named(character, [word, pinyin, gloss] = [], { whole, part }) {
  if (!pinyin) return gloss ? `${character} (${gloss})` : character;
  if (pinyin === NONE) return character;
  return fill(word === character ? whole : part, { character, word, pinyin, gloss });
}
/* The words of a sentence, each over its pinyin and its gloss. */
export const glossed = glosses =>
  glosses.map(entry =>
    h(
      "span",
      { class: "bk-zh" },
      h("span", { lang: "zh" }, entry[0]),
      !isMark(entry) && [h("small", {}, entry[1]), h("small", {}, entry[2])],
    ),
  );

/* What stands at each character on an axis: at the first of a word its pinyin and gloss; where both together are long, the gloss at the second. */
export const atCharacters = glosses =>
  wordsAt(glosses).map(entry => {
    const [word, pinyin, gloss, place] = entry;
    const whole = `${pinyin} ${gloss}`;
    if (isMark(entry)) return "";
    return (whole.length <= LONGEST || [...word].length === 1 ? [whole] : [pinyin, gloss])[place] ?? "";
  });
/* How much room the longest of these labels takes, in units of an SVG whose text has 12. */
export const roomOf = labels => LETTER * Math.max(0, ...labels.map(label => label.length));
/* Heads of the columns of a matrix: the characters upright, what stands at each above it, read upwards. x(j): the middle of column j; y: the
   upper edge of the matrix. */
export const columnHeads = (characters, labels, { x, y, ...more }) =>
  characters.map((character, j) => [
    s("text", { x: x(j), y: y - 5, "text-anchor": "middle", lang: "zh", ...more }, character),
    labels[j] && s("text", { transform: `translate(${x(j) + 4} ${y - 22}) rotate(-90)`, ...more }, labels[j]),
  ]);
