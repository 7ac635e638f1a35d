import type { ToolCall } from '@flotilla/contracts'
import type { Corpus } from '../corpus/make-corpus.js'

const idsMax = 5

/** Carries out a tool call. What cannot be done is a result with `problem`, for the reasoner to read. */
export const useTool = (corpus: Corpus, { name, arguments: given }: ToolCall): Record<string, unknown> => {
  if (name === 'search') {
    const found = corpus.search(String(given['query'] ?? ''))
    return { ids: found.slice(0, idsMax).map(({ document }) => document.id) }
  }
  if (name === 'extract') {
    const document = corpus.byId(String(given['sourceId'] ?? ''))
    if (!document) return { problem: 'SOURCE_UNKNOWN' }
    const { unit } = given
    const found = corpus.searchWithin(document, String(given['query'] ?? ''))
    const best = typeof unit === 'string' ? found.find(({ text }) => text.includes(unit)) : found[0]
    return { sourceId: document.id, sentence: (best ?? found[0])?.text ?? null }
  }
  const numbers = Array.isArray(given['add']) ? given['add'].map(Number) : []
  const sum = numbers.reduce((total, number) => total + number, 0)
  return Number.isFinite(sum) ? { sum } : { problem: 'NOT_A_NUMBER' }
}
