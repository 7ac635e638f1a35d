/** Entry of the process that `replay.mjs` starts. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { parseSealingKeys } from '@flotilla/queues'
import { checkHistories } from '../../apps/orchestrator/dist/check-histories.js'

const usage = `npm run replay -- RUN ...          the histories of these runs
npm run replay -- --all            those of all runs that were not erased
  --write DIR                      also writes each as a file that can be replayed without a database;
                                   it holds what the run knows of people`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean', default: false }, write: { type: 'string', default: '' } },
})
if (values.all === positionals.length > 0) {
  console.error(usage)
  process.exit(78)
}
const unusable = positionals.find((id) => !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id))
if (unusable !== undefined) {
  console.error(`${unusable} is not the id of a run\n${usage}`)
  process.exit(78)
}
if (values.write !== '') mkdirSync(values.write, { recursive: true, mode: 0o700 })

const counts = { same: 0, different: 0, unreadable: 0, unknown: 0 }
let events = 0
await checkHistories(
  {
    url: process.env.DATABASE_URL ?? '',
    sealing: parseSealingKeys(JSON.parse(process.env.SEALING_KEYS ?? 'null')),
  },
  {
    runIds: values.all ? null : positionals,
    onChecked: (checked) => {
      counts[checked.outcome] += 1
      if (checked.outcome === 'unknown') console.log(`${checked.runId}  there is no such run`)
      if (checked.outcome === 'unreadable') console.log(`${checked.runId}  cannot be replayed: ${checked.code}`)
      if (checked.outcome !== 'same' && checked.outcome !== 'different') return
      events += checked.events
      const { history, divergence } = checked
      if (divergence !== null)
        console.log(
          `${checked.runId}  ${history.workflow}: ${divergence.event} at position ${divergence.position} ` +
            (divergence.why === 'ignored' ? 'is ignored now, or was then' : 'leads to another state'),
        )
      if (values.write === '') return
      const file = path.join(values.write, `${history.workflow}-${checked.runId}.json`)
      writeFileSync(file, `${JSON.stringify(history)}\n`, { mode: 0o600 })
    },
  },
)
console.log(
  `${counts.same} histories give the same states (${events} events), ${counts.different} do not, ` +
    `${counts.unreadable + counts.unknown} could not be replayed`,
)
process.exitCode = counts.different + counts.unknown > 0 ? 1 : 0
