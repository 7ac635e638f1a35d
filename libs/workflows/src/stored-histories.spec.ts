/**
 * Histories that were stored by earlier builds, replayed by this one: runs that are under way while the engine is changed go
 * on from what the engine before made of them. A change that breaks one of these breaks such runs: give the definition new
 * semantics instead, and leave the files as they are.
 *
 * `WRITE_HISTORIES=1` adds files for shipped workflows that have none, of the version that ships. None is ever overwritten.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { replayEvents, type StoredHistory } from '@flotilla/engine'
import { describe, expect, test } from 'vitest'
import { shippedWorkflows } from './index.js'
import { makeHistory } from './testing/make-history.js'
import { worlds } from './testing/worlds.js'

const dir = fileURLToPath(new URL('../histories/', import.meta.url))
const fileOf = (name: string, version: number): string => path.join(dir, `${name}-${version}.json`)

/** Of each world the history in order, and one out of order with replies that came twice. */
const seeds = [0, 7]

if (process.env['WRITE_HISTORIES'] === '1') {
  mkdirSync(dir, { recursive: true })
  for (const definition of shippedWorkflows) {
    const file = fileOf(definition.name, definition.version)
    if (existsSync(file)) continue
    const histories = Object.entries(worlds[definition.name] ?? {}).flatMap(([story, world]) =>
      seeds.map((seed) => {
        const { definition: _same, ...history } = makeHistory(definition, world, seed)
        return { story: `${story}, seed ${seed}`, ...history }
      }),
    )
    writeFileSync(file, `${JSON.stringify({ definition, histories })}\n`)
  }
}

/** A file: one version of a workflow, and histories of it. */
interface Stored {
  readonly definition: StoredHistory['definition']
  readonly histories: readonly (Omit<StoredHistory, 'definition'> & { readonly story: string })[]
}

const read = (file: string): Stored => JSON.parse(readFileSync(file, 'utf8')) as Stored // written above
const files = readdirSync(dir).filter((name) => name.endsWith('.json'))
const completeOf = ({ definition, histories }: Stored, index: number): StoredHistory => {
  const history = histories[index]
  if (!history) throw new Error('no such history')
  return { definition, ...history }
}

test('there are some of every shipped workflow', () => {
  expect(
    shippedWorkflows.map(({ name, version }) => fileOf(name, version)).filter((file) => !existsSync(file)),
  ).toEqual([])
})

describe.each(files)('%s', (name) => {
  const stored = read(path.join(dir, name))
  test.each(stored.histories.map(({ story }, index) => [story, index] as const))('%s', async (_story, index) => {
    expect(await replayEvents(completeOf(stored, index))).toBeNull()
  })
})

describe('a history that this engine would not make is told with where it differs', () => {
  const stored = read(fileOf('credit-desk', shippedWorkflows.find(({ name }) => name === 'credit-desk')?.version ?? 0))
  const history = completeOf(stored, 0)
  const at = history.events.findIndex(({ event }) => event.type === 'StepSucceeded')
  const changed = (change: (event: StoredHistory['events'][number]) => StoredHistory['events'][number]) => ({
    ...history,
    events: history.events.map((event, index) => (index === at ? change(event) : event)),
  })

  test('an event that was ignored then', async () => {
    const found = await replayEvents(changed((event) => ({ ...event, ignored: 'stale-dispatch', patch: null })))
    expect(found).toEqual({ position: at + 1, event: 'StepSucceeded', why: 'ignored' })
  })
  test('an event that did something else then', async () => {
    const found = await replayEvents(changed((event) => ({ ...event, patch: null })))
    expect(found).toEqual({ position: at + 1, event: 'StepSucceeded', why: 'state' })
  })
  test('a state that does not follow from its history', async () => {
    expect((await replayEvents({ ...history, events: history.events.slice(0, -1) }))?.why).toBe('state')
  })
})
