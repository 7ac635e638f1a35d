const common = new Set(
  `a about after against all also among an and any are as at be before been between but by can do does each for from had has have
  how if in into is it its like many may more most much must no not of on one only or other our out over per same should
  so some such than that the their them then there these they this those to two under until up was were what when where
  which while who whose why will with within would`.split(/\s+/),
)

/** A word without the endings of number, tense and adverb, so that `planted` and `plants` meet. */
const stemOf = (word: string): string => {
  if (word.length <= 3) return word
  return word
    .replace(/(?:ies|ied)$/, 'y')
    .replace(/(?:(?<=[sxz]|ch|sh)es|(?<=[^s])s|(?<=..)(?:ing|ed|ly))$/, '')
    .replace(/([^aeioul])\1$/, '$1')
    .replace(/e$/, '')
}

/** The words of a text that carry meaning, in their order, in lower case and without endings. Figures count as words. */
export const wordsOf = (text: string): readonly string[] =>
  (text.toLowerCase().match(/\p{L}+|\d+(?:[.,]\d+)*/gu) ?? []).filter((word) => !common.has(word)).map(stemOf)

/** How many words a text has, as a reader counts them. */
export const countWords = (text: string): number => text.match(/[\p{L}\d][\p{L}\d.,'’-]*/gu)?.length ?? 0
