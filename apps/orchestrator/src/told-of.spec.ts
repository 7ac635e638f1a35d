import { initialState, type JsonObject } from '@flotilla/engine'
import type { ClaimedRun, PublishedEvent } from '@flotilla/store'
import { expect, test } from 'vitest'
import type { FoldedRun } from './fold-run.js'
import { toldOf } from './told-of.js'

const runId = '01941f29-7c00-7000-8000-000000000000'
const run = {
  runId,
  rootRunId: null,
  tenantId: 'acme',
  workflow: 'credit-desk',
  version: 2,
  traceId: '0af7651916cd43dd8448eb211c80319c',
} as ClaimedRun // what is told looks at nothing else
const folded = (...events: readonly { type: string; meta?: JsonObject; message?: string }[]): FoldedRun => ({
  state: initialState({ runId, submittedBy: 'clerk' }),
  position: 1,
  commands: [],
  nextDeadlineAt: null,
  ignored: 0,
  history: [
    {
      position: 1,
      at: 1_795_000_000_000,
      event: { type: 'CancelRequested', by: 'x', reason: null, at: 1_795_000_000_000 } as never,
      ignored: null,
      patch: null,
      published: events.map(({ type, meta = {}, message = 'Ann Doe, 12 Hill Road' }, index): PublishedEvent => ({
        seq: index + 1,
        type,
        meta,
        message,
        phase: null,
        status: 'running',
        progress: 0,
        stepProgress: null,
        step: 'review',
        spanKey: 'run',
        spanId: null,
      })),
    },
  ],
})

test('ends of runs and gates are told, nothing else', () => {
  const types = ['run.started', 'progress', 'hitl.requested', 'hitl.resolved', 'hitl.reminded', 'run.failed']
  const told = toldOf(run, folded(...types.map((type) => ({ type }))))
  expect(told.map(({ type, eventId }) => [type, eventId])).toEqual([
    ['hitl.requested', `evt_${runId}_3`],
    ['hitl.reminded', `evt_${runId}_5`],
    ['run.failed', `evt_${runId}_6`],
  ])
})

test('ids, codes and times are told, and nothing that a person said or is', () => {
  const gate = { gate: 'review', gateId: `${runId}.review.1`, dueAt: 1_795_000_060_000, shown: 'Ann Doe', outcomes: [] }
  const [told] = toldOf(run, folded({ type: 'hitl.requested', meta: gate }))
  expect(told).toEqual({
    tenantId: 'acme',
    eventId: `evt_${runId}_1`,
    type: 'hitl.requested',
    runId,
    workflow: 'credit-desk',
    occurredAt: 1_795_000_000_000,
    data: {
      runId,
      rootRunId: runId,
      workflow: 'credit-desk',
      version: 2,
      status: 'waiting',
      errorCode: null,
      gate: 'review',
      gateId: `${runId}.review.1`,
      dueAt: new Date(1_795_000_060_000).toISOString(),
      channel: null,
      traceId: run.traceId,
      links: { self: `/runs/${runId}`, events: `/runs/${runId}/events` },
    },
  })
  const error = { code: 'REJECTED', message: 'Ann Doe was rejected' }
  const [failed] = toldOf(run, folded({ type: 'run.failed', meta: { error } }))
  expect(failed?.data).toMatchObject({ status: 'failed', errorCode: 'REJECTED' })
  expect(JSON.stringify([told, failed])).not.toContain('Ann')
})

test('the end of a child run is its parent’s affair, its gates are a person’s', () => {
  const child = { ...run, rootRunId: '01941f29-7c00-7000-8000-000000000001' }
  const told = toldOf(child, folded({ type: 'hitl.requested' }, { type: 'run.completed' }))
  expect(told).toMatchObject([{ type: 'hitl.requested', data: { rootRunId: child.rootRunId } }])
})
