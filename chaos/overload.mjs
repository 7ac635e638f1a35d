/**
 * Submits a multiple of what the fleet can do and says whether it kept its word: what it accepted comes to its end, the
 * rest is refused with when to come back, it does as much as without the flood, its memory stays flat, and a flood is felt
 * neither by another tenant nor by urgent runs. `npm run overload -- --seconds 600 --times 3`.
 */
import { appendFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { repoDir } from '../tools/fleet/paths.mjs'
import { startFleet } from './overload/fleet.mjs'
import { measureOverload } from './overload/measure.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    times: { type: 'string', default: '3' },
    calibration: { type: 'string', default: '20' },
    quiet: { type: 'string', default: '20' },
    'per-tenant': { type: 'string', default: '2000' },
    'work-ms': { type: 'string', default: '0' },
    concurrency: { type: 'string', default: '50' },
    json: { type: 'string', default: '' },
    append: { type: 'string', default: path.join(repoDir, 'chaos/overload.ndjson') },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(`npm run overload -- [--seconds 600] [--times 3] [--calibration 20] [--quiet 20] [--per-tenant 2000]
  [--work-ms 0] [--concurrency 50] [--json FILE] [--append FILE|none]
  --quiet, --calibration  seconds of another tenant alone, and of as much as the fleet takes
  --per-tenant            runs of a tenant that may wait (WAITING_RUNS_PER_TENANT_MAX)
  --work-ms      0: runs of bench-desk, whose agents answer at once, so that the machine is the bottleneck;
                 else runs of one step that takes so long, so that its agent is (--concurrency of them at once)`)
  process.exit(0)
}

const fleet = await startFleet({
  WAITING_RUNS_PER_TENANT_MAX: values['per-tenant'],
  AGENT_CONCURRENCY: values.concurrency,
  LOG_LEVEL: 'warn',
})
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void fleet.stop().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143)))
try {
  const result = await measureOverload(fleet, {
    seconds: Number(values.seconds),
    times: Number(values.times),
    calibrationS: Number(values.calibration),
    quietS: Number(values.quiet),
    workMs: Number(values['work-ms']),
  })
  const settings = {
    perTenantMax: Number(values['per-tenant']),
    workMs: Number(values['work-ms']),
    concurrency: Number(values.concurrency),
  }
  const line = JSON.stringify({ at: new Date().toISOString(), settings, ...result })
  console.log(JSON.stringify({ settings, ...result }, null, 2))
  if (values.append !== 'none') appendFileSync(values.append, `${line}\n`)
  if (values.json !== '') writeFileSync(values.json, line)
  process.exitCode = result.violations.length === 0 ? 0 : 1
} finally {
  await fleet.stop()
}
