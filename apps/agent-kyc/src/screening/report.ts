import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { describeFigures, measureScreening } from './measure-screening.js'
import { parseSanctionsList } from './parse-sanctions-list.js'

/** Prints the figures of docs/screening.md: `node dist/screening/report.js --list <csv> [--seed n] [--people n]`. */
const { values } = parseArgs({
  options: {
    list: { type: 'string' },
    seed: { type: 'string', default: '2' },
    people: { type: 'string', default: '4000' },
    'per-class': { type: 'string', default: '100000' },
  },
})
if (values.list === undefined) throw new TypeError('--list <path of a list in OFAC format> is needed')
const started = performance.now()
const { entries, problems } = parseSanctionsList(readFileSync(values.list, 'utf8'))
const parsedMs = performance.now() - started
for (const { line, problem } of problems) process.stderr.write(`line ${line}: ${problem}\n`)
process.stdout.write(`${entries.length} entries, parsed in ${parsedMs.toFixed(0)} ms\n`)
for (const half of ['tuning', 'validation'] as const) {
  const figures = measureScreening(entries, {
    half,
    seed: Number(values.seed),
    perClassMax: Number(values['per-class']),
    people: Number(values.people),
  })
  const cultures = Object.entries(figures.falsePositivesByCulture)
    .map(([culture, count]) => `${culture} ${count}`)
    .join(', ')
  process.stdout.write(`\n## ${half} half\n\n${describeFigures(figures)}\nBy culture: ${cultures}\n`)
}
