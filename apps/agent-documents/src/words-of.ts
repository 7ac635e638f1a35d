/** Words that say nothing about what a text is about. */
const common = new Set(
  (
    'a an and are as at be been but by can for from had has have he her his if in into is it its may more most must no not ' +
    'of on one or our she so some such than that the their them then there these they this to under up was we were what ' +
    'when which who will with would year years you also after all any other over only'
  ).split(' '),
)

/** The words of a text in lower case, without figures. */
export const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/\p{L}+(?:['’-]\p{L}+)*/gu) ?? []

/** How often each word that says something occurs, most frequent first, ties in the order of the text. */
export const frequenciesOf = (text: string): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const word of wordsOf(text))
    if (word.length > 2 && !common.has(word)) counts.set(word, (counts.get(word) ?? 0) + 1)
  return new Map([...counts].sort(([, a], [, b]) => b - a))
}
