import type { ReactMessage, ResearchReasonOutput, ToolCall } from '@flotilla/contracts'

/**
 * A deterministic reasoner: it knows nothing but the conversation. A question is taken apart at its conjunctions; each part
 * is searched for, then read; amounts are added up where the question asks for them together.
 */

const partsOf = (question: string): readonly string[] =>
  question
    .replace(/\?\s*$/, '')
    .split(/\s{0,20}(?:[,;]|\band\b)\s{0,20}/i)
    .filter((part) => part.trim() !== '')

const wantsSum = (question: string): boolean => /\b(?:combined|together|total|sum)\b/i.test(question)

/** Sums of money in a sentence, in marks. */
export const amountsIn = (text: string): readonly number[] =>
  [...text.matchAll(/(\d[\d,]{0,30}(?:\.\d{1,9})?)( million)? marks/g)].map(
    ([, digits = '', million]) => Number(digits.replaceAll(',', '')) * (million ? 1_000_000 : 1),
  )

interface Reading {
  readonly sourceId: string
  readonly sentence: string
}

const resultOf = (messages: readonly ReactMessage[], id: string): Record<string, unknown> | null => {
  const found = messages.find((message) => message.role === 'tool' && message.tool_call_id === id)
  return found ? (JSON.parse(found.content) as Record<string, unknown>) : null // an object by the tools' doing
}

const nextCalls = (
  messages: readonly ReactMessage[],
  parts: readonly string[],
  unit: string | null,
): readonly ToolCall[] => {
  for (const [position, part] of parts.entries()) {
    const number = position + 1
    const searched = resultOf(messages, `search-${number}`)
    if (!searched) return [{ id: `search-${number}`, name: 'search', arguments: { query: part } }]
    const [sourceId] = Array.isArray(searched['ids']) ? searched['ids'] : []
    if (typeof sourceId === 'string' && !resultOf(messages, `extract-${number}`))
      return [{ id: `extract-${number}`, name: 'extract', arguments: { sourceId, query: part, unit } }]
  }
  return []
}

const readingsOf = (messages: readonly ReactMessage[], parts: readonly string[]): readonly Reading[] =>
  parts.flatMap((_, position) => {
    const read = resultOf(messages, `extract-${position + 1}`)
    return typeof read?.['sentence'] === 'string'
      ? [{ sourceId: String(read['sourceId']), sentence: read['sentence'] }]
      : []
  })

const answerOf = (readings: readonly Reading[], sum: unknown): string => {
  if (readings.length === 0) return 'The policies say nothing about this.'
  const said = readings.map(({ sourceId, sentence }) => `${sentence} [${sourceId}]`).join(' ')
  return typeof sum === 'number' ? `${said} Together: ${sum} marks.` : said
}

/** Decides from the messages alone what to do next: calls to make, or the answer. */
export const reasonNext = (messages: readonly ReactMessage[]): ResearchReasonOutput => {
  const question = messages.find(({ role }) => role === 'user')?.content ?? ''
  const parts = partsOf(question)
  const readings = readingsOf(messages, parts)
  const summed = resultOf(messages, 'calculate-1')
  const soFar = answerOf(readings, summed?.['sum'])
  const amounts = readings.flatMap(({ sentence }) => amountsIn(sentence).slice(0, 1))
  const sum: readonly ToolCall[] =
    wantsSum(question) && amounts.length > 1 && !summed
      ? [{ id: 'calculate-1', name: 'calculate', arguments: { add: amounts } }]
      : []
  const more = nextCalls(messages, parts, wantsSum(question) ? 'marks' : null)
  const calls = more.length > 0 ? more : sum
  if (calls.length === 0)
    return { message: { role: 'assistant', content: soFar, tool_calls: [] }, final_answer: soFar, answer_so_far: soFar }
  const content = `Calling ${calls.map(({ id }) => id).join(', ')}.`
  return {
    message: { role: 'assistant', content, tool_calls: [...calls] },
    final_answer: null,
    answer_so_far: soFar,
  }
}
