import type { DocumentEntity, IngestedDocument } from '@flotilla/contracts'

const entitiesMax = 100
const month = 'January|February|March|April|May|June|July|August|September|October|November|December'

/** In this order: what one pattern has taken, no later one takes. */
const patterns: readonly (readonly [DocumentEntity['kind'], RegExp])[] = [
  ['date', new RegExp(String.raw`\b(?:\d{4}-\d{2}-\d{2}|\d{1,2} (?:${month}) \d{4}|(?:${month}) \d{4})\b`, 'g')],
  ['amount', /\b\d[\d,.]*\d? ?(?:million |billion )?(?:crowns|marks|euros|dollars)\b/g],
  ['share', /\b\d+(?:\.\d+)? ?(?:%|per cent)/g],
  // Two or more capitalised words: a single one may only begin its sentence.
  ['name', /\b\p{Lu}[\p{L}'’-]+(?: (?:of|for|the|and) (?=\p{Lu})| )\p{Lu}[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+)*/gu],
]

/** A name's leading article belongs to the sentence. */
const withoutArticle = (text: string): string => text.replace(/^(?:The|A|An|In|On|At|For) /, '')

/** Names, dates, amounts of money and shares that a document mentions, most mentioned first, ties in order of kind and text. */
export const extractEntities = ({ sentences }: IngestedDocument): readonly DocumentEntity[] => {
  const found = new Map<string, DocumentEntity>()
  for (const sentence of sentences) {
    let left = sentence
    for (const [kind, pattern] of patterns)
      left = left.replaceAll(pattern, (taken) => {
        const text = kind === 'name' ? withoutArticle(taken) : taken
        if (kind === 'name' && !text.includes(' ')) return taken
        const key = `${kind}|${text}`
        found.set(key, { kind, text: text.slice(0, 200), mentions: (found.get(key)?.mentions ?? 0) + 1 })
        return ' | '
      })
  }
  return [...found.values()].sort((a, b) => b.mentions - a.mentions).slice(0, entitiesMax)
}
