import type { ContractsSplitOutput } from '@flotilla/contracts'

/** Takes a contract apart at lines that begin with a number (`3.`, `3.2`), each with its heading and place. */
export const splitClauses = (text: string): ContractsSplitOutput => {
  const starts = [...text.matchAll(/^[ \t]*(\d+(?:\.\d+)+|\d+(?=\.))\.?[ \t]+(.*)$/gm)]
  const clauses = starts.map((found, position) => {
    const end = starts[position + 1]?.index ?? text.length
    const body = text.slice(found.index + found[0].length, end).trim()
    const line = (found[2] ?? '').trim()
    const hasBody = body !== ''
    return {
      number: found[1] ?? '',
      heading: hasBody ? line.slice(0, 300) : '',
      text: hasBody ? body : line,
      start: found.index,
      end,
    }
  })
  return { clauses, preamble: text.slice(0, starts[0]?.index ?? text.length).trim() }
}
