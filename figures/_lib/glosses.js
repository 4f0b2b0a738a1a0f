import { fill } from "./chrome.js";

/* Readings of Chinese for readers who do not read it. glosses: a sentence cut into words, [[word, pinyin, gloss], …]. */

export const spelled = glosses =>
  glosses
    .map(([word, pinyin]) => (pinyin === "–" ? ({ "，": ",", "。": ".", "？": "?" }[word] ?? "") : ` ${pinyin}`))
    .join("")
    .trim();
/* A sentence and its pinyin, for a list of sentences. */
export const withPinyin = (sentence, glosses) => (glosses?.length ? `${sentence} (${spelled(glosses)})` : sentence);
/* For each character, the word that it belongs to and its place in it: [word, pinyin, gloss, place]. */
export const wordsAt = glosses => glosses.flatMap(([word, pinyin, gloss]) => [...word].map((_, place) => [word, pinyin, gloss, place]));
/* "动 (of 动物, dòngwù, animal)"; template and whole are the figure's words for it. */
export function named(character, [word, pinyin, gloss] = [], { whole, part }) {
  if (!pinyin || pinyin === "–") return character;
  return fill(word === character ? whole : part, { character, word, pinyin, gloss });
}
