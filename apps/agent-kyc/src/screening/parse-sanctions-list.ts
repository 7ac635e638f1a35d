import { parseListedBirths } from './listed-births.js'
import type { ListedBirth } from './listed-births.js'

/** One natural person or entity of the list, reduced to what screening needs. */
export interface SanctionsEntry {
  /** `ofac:` and the entry's number, the only thing about a listed name that leaves the agent. */
  readonly uid: string
  readonly kind: 'individual' | 'entity' | 'vessel' | 'aircraft'
  /** As listed; individuals are `SURNAME, Given names`. */
  readonly name: string
  readonly aliases: readonly string[]
  readonly births: readonly ListedBirth[]
}

/** What is wrong with a list, and on which line (1-based) it starts. */
export interface SanctionsListProblem {
  readonly line: number
  readonly problem: string
}

const COLUMNS = 12
const PROBLEMS_MAX = 20
const ABSENT = '-0-'
const ALIAS = /\b[afn]\.k\.a\.:?,? (?:'(.+?)'(?=\s*(?:[;.,)]|$))|"(.+?)"|([^;'"]+?)\.?(?=;|$))/gi

interface Row {
  readonly line: number
  readonly fields: readonly string[]
}

/**
 * Splits CSV with quotes, doubled quotes and line breaks inside quotes, row by row so that the whole table is never in
 * memory; reports an unclosed quote by its line.
 */
function* splitRows(text: string, problems: SanctionsListProblem[]): Generator<Row, void> {
  let position = 0
  let line = 1
  while (position < text.length) {
    const startLine = line
    const fields: string[] = []
    for (let rowOpen = true; rowOpen;) {
      let field: string
      while (text[position] === ' ') position += 1
      if (text[position] === '"') {
        field = ''
        for (;;) {
          const close = text.indexOf('"', position + 1)
          if (close < 0) {
            problems.push({ line: startLine, problem: 'a quoted field is never closed' })
            return
          }
          field += text.slice(position + 1, close)
          position = close + 1
          if (text[position] !== '"') break
          field += '"'
        }
        for (let at = field.indexOf('\n'); at >= 0; at = field.indexOf('\n', at + 1)) line += 1
        while (text[position] === ' ') position += 1
        if (position < text.length && !',\r\n'.includes(text[position] ?? '')) {
          problems.push({ line: startLine, problem: 'text follows the closing quote of a field' })
          const skip = text.indexOf('\n', position)
          position = skip < 0 ? text.length : skip
        }
      } else {
        let end = position
        while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end += 1
        field = text.slice(position, end)
        position = end
      }
      fields.push(field.trim())
      if (text[position] === ',') position += 1
      else {
        if (text[position] === '\r') position += 1
        if (text[position] === '\n') position += 1
        line += 1
        rowOpen = false
      }
    }
    yield { line: startLine, fields }
  }
}

const kindOf = (type: string): SanctionsEntry['kind'] | null => {
  const lower = type.toLowerCase()
  if (lower === ABSENT || lower === '' || lower === 'entity') return 'entity'
  return lower === 'individual' || lower === 'vessel' || lower === 'aircraft' ? lower : null
}

const aliasesIn = (remarks: string): readonly string[] =>
  [...remarks.matchAll(ALIAS)]
    .map((match) => (match[1] ?? match[2] ?? match[3] ?? '').trim())
    .filter((name) => name !== '')

const isBlank = (row: Row): boolean => row.fields.length === 1 && (row.fields[0] === '' || row.fields[0] === '\u001a')

const parseRow = (row: Row): SanctionsEntry | string => {
  const { fields } = row
  if (fields.length !== COLUMNS) return `${COLUMNS} columns are expected, ${fields.length} found`
  const [number = '', name = '', type = ''] = fields
  const remarks = fields[COLUMNS - 1] ?? ''
  if (!/^\d{1,9}$/.test(number)) return 'column 1 (ent_num) is not a number'
  if (name === '' || name === ABSENT) return 'column 2 (SDN_Name) is empty'
  const kind = kindOf(type)
  if (kind === null) return 'column 3 (SDN_Type) is none of individual, vessel, aircraft, -0-'
  return { uid: `ofac:${number}`, kind, name, aliases: aliasesIn(remarks), births: parseListedBirths(remarks) }
}

/**
 * Parses OFAC's SDN.CSV: no header; ent_num, SDN_Name, SDN_Type, Program, Title, Call_Sign, Vess_type, Tonnage, GRT,
 * Vess_flag, Vess_owner, Remarks; absent is `-0-`; a final 0x1A line is allowed. Never throws: at most twenty
 * problems come back with their lines, and entries are only to be used when there are none.
 */
export const parseSanctionsList = (
  text: string,
): { readonly entries: readonly SanctionsEntry[]; readonly problems: readonly SanctionsListProblem[] } => {
  const problems: SanctionsListProblem[] = []
  const entries: SanctionsEntry[] = []
  const lineOf = new Map<string, number>()
  for (const row of splitRows(text.startsWith('\ufeff') ? text.slice(1) : text, problems)) {
    if (isBlank(row)) continue
    const parsed = parseRow(row)
    if (typeof parsed === 'string') problems.push({ line: row.line, problem: parsed })
    else if (lineOf.has(parsed.uid))
      problems.push({ line: row.line, problem: `the entry number stands on line ${lineOf.get(parsed.uid)} already` })
    else {
      lineOf.set(parsed.uid, row.line)
      entries.push(parsed)
    }
  }
  if (entries.length === 0 && problems.length === 0) problems.push({ line: 1, problem: 'the list has no entries' })
  return { entries, problems: problems.sort((left, right) => left.line - right.line).slice(0, PROBLEMS_MAX) }
}
