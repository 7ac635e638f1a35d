/** A sentence with its place in the text: offsets of the first character and of the one after the last. */
export interface Sentence {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The sentences of a text. A point inside a figure (`3.4`) ends none, nor does one before a small letter. */
export const sentencesOf = (text: string): readonly Sentence[] =>
  [...text.matchAll(/[^\s](?:[^\n]*?[.!?]["”]?(?=\s+[\p{Lu}\d“]|\s*\n|\s*$)|[^\n]+)/gu)].map((found) => ({
    text: found[0],
    start: found.index,
    end: found.index + found[0].length,
  }))
