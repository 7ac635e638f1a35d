import { beforeAll, describe, expect, test } from 'vitest'
import type { RunState } from '@flotilla/engine'
import { makeReadReplies } from '../read-replies.js'
import { relay } from '../relay.js'
import { tick } from '../tick.js'
import { makeCoverage } from './coverage.js'
import type { Query } from './model-postgres.js'
import { generatedStories, shrink, simulateCore, type CoreOptions, type Story } from './simulate-core.js'

/** The simulation is alive: each of these bugs, planted from outside into the product that it drives, is found. */

const seedsMax = 4_000
let stories: readonly Story[]
beforeAll(() => {
  stories = generatedStories(150)
})

/** The rows of one part of `save-applied`, by how its SQL begins. */
const savedRows = (query: Query, begin: string, change: (rows: object[]) => object[]): Query => {
  if (!query.name.startsWith('save-applied-')) return query
  const begins = [...query.text.matchAll(/\bp\d+ as \(\s*((?:update|delete from|insert into) \w+)/g)].map(
    ([, of]) => of,
  )
  const values = query.values.map((value, index) =>
    begins[index] === begin ? JSON.stringify(change(JSON.parse(String(value)) as object[])) : value,
  )
  return { ...query, values }
}

/** A run whose step is at work owes the earlier dispatch that its tick has a reply to, as if none were fenced out. */
const withoutFence = (): Pick<CoreOptions, 'product' | 'planted'> => {
  const answered = new Map<string, { readonly step: string; readonly dispatch: number }>()
  const owingAnswered = (row: { readonly runId: string; readonly state: RunState | null }) => {
    const answer = answered.get(row.runId)
    const step = answer && row.state?.steps[answer.step]
    if (!row.state || !step || answer.dispatch >= step.dispatch) return row
    if (step.status !== 'waiting' && step.status !== 'running') return row
    const steps = { ...row.state.steps, [answer.step]: { ...step, dispatch: answer.dispatch } }
    return { ...row, state: { ...row.state, steps } }
  }
  return {
    product: {
      tick: async (dependencies, input) => {
        const given = input.replies.map(({ runId, toEvent }) => ({ runId, event: toEvent(0) }))
        for (const { runId, event } of given) if (event.type === 'StepSucceeded') answered.set(runId, event)
        try {
          return await tick(dependencies, input)
        } finally {
          for (const { runId } of given) answered.delete(runId)
        }
      },
    },
    planted: {
      answer: ({ name }, rows) =>
        // Rows of that statement have these columns.
        name === 'read-claimed-runs' ? (rows as Parameters<typeof owingAnswered>[0][]).map(owingAnswered) : rows,
    },
  }
}

const bugs: Readonly<Record<string, Pick<CoreOptions, 'product' | 'planted' | 'effectKey'>>> = {
  'an emptied Redis is not sent again what it lost': {
    planted: {
      answer: ({ name }, rows) =>
        name === 'lock-courier' ? (rows as object[]).map((row) => ({ ...row, lastBeat: 0 })) : rows,
    },
  },
  'a debt is marked as sent, and the beat raised, before it is sent': {
    product: {
      relay: (given) => {
        const { queues } = given
        const sendOwed: typeof queues.sendOwed = async (owed, beats) => {
          await queues.sendOwed(new Map(), beats)
          void queues.sendOwed(owed, { known: beats.next, next: beats.next }).catch(() => undefined)
        }
        return relay({ ...given, queues: { ...queues, sendOwed } })
      },
    },
  },
  'replies are acknowledged before they are applied': {
    product: {
      makeReadReplies: (given) => {
        const { reader } = given
        const read = async () => {
          const entries = await reader.read()
          if (entries.length > 0) await reader.ack(entries.map(({ id }) => id))
          return entries
        }
        return makeReadReplies({ ...given, reader: { ...reader, read } })
      },
    },
  },
  'a reply to an earlier dispatch counts': withoutFence(),
  'a run is claimed without its lock': { planted: { unlocked: 'claim-runs' } },
  'a paid debt stays in the outbox': {
    planted: { tamper: (query) => savedRows(query, 'delete from outbox', () => []) },
  },
  'a new debt is not written down': {
    planted: { tamper: (query) => savedRows(query, 'insert into outbox', (rows) => rows.slice(1)) },
  },
  'a deadline does not ask whether a person was faster': {
    planted: {
      answer: ({ name, values }, rows) =>
        name === 'lock-open-gates'
          ? (JSON.parse(String(values[0])) as { gateId: string }[]).map(({ gateId }) => ({ id: gateId }))
          : rows,
    },
  },
  'the row of a run says that it is due later than it is': {
    planted: {
      tamper: (query) =>
        savedRows(query, 'update run', (rows) => rows.map((row) => ({ ...row, next_deadline_at: 4e12 }))),
    },
  },
  'an effect has another key with each attempt': {
    effectKey: (job, attempt) => `${job.rootRunId}/${job.step}/${job.visit}/effect/${job.dispatch}.${attempt}`,
  },
  'the key of a submission is not looked at': {
    planted: {
      tamper: (query) =>
        query.name === 'submit-runs'
          ? {
              ...query,
              values: [
                JSON.stringify((JSON.parse(String(query.values[0])) as object[]).map((row) => ({ ...row, key: null }))),
              ],
            }
          : query,
    },
  },
}

describe('planted bugs', () => {
  for (const [name, bug] of Object.entries(bugs))
    test(`it is found that ${name}`, { timeout: 300_000 }, async () => {
      const options = { stories, coverage: makeCoverage(), ...bug }
      const found = await simulateCore(
        Array.from({ length: seedsMax }, (_, index) => index + 1),
        options,
      )
      expect(found?.broken ?? 'nothing broke').not.toBe('nothing broke')
      if (found === null) return
      const small = await shrink(found, options)
      expect(small.faults.length).toBeLessThanOrEqual(found.faults.length)
      console.log(
        `${name}: seed ${found.seed} of ${options.coverage.worlds}, ${small.faults.length} faults, ${small.broken}`,
      )
    })
})
