import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Desk } from './start-desk.js'

/** What becomes of a run, by what its input says. */
const expected = { plain: 'completed', retry: 'completed', fail: 'failed', cancel: 'cancelled' } as const
type Mode = keyof typeof expected

/** A run of the workload with what it came to. */
export interface Worked {
  readonly runId: string
  readonly mode: Mode
  readonly status: string
  readonly wanted: string
}

interface Answer {
  readonly status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- documents of the gateway, read by a test
  readonly body: any
}

/** Above 64 KiB: the input of each step stays in Postgres and the agent reads it there. */
const filler = 'f'.repeat(66_000)

/** One client of the desk, as patient as clients have to be: what is not answered is asked again, under the same key. */
export const makeDeskClient = (desk: Desk) => {
  const once = async (key: string, method: string, at: string, body: unknown, idempotencyKey?: string) => {
    try {
      const response = await fetch(new URL(at, desk.url), {
        method,
        signal: AbortSignal.timeout(10_000),
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: await response.json() } satisfies Answer
    } catch {
      return { status: 0, body: null } satisfies Answer
    }
  }
  const patiently = async (...call: Parameters<typeof once>): Promise<Answer> => {
    const until = Date.now() + 30_000
    for (;;) {
      const answer = await once(...call)
      if ((answer.status > 0 && answer.status < 500) || Date.now() > until) return answer
      await pause(50)
    }
  }

  const view = async (runId: string) => (await patiently(desk.keys.submitter, 'GET', `/runs/${runId}`, undefined)).body
  const isOver = (status: string): boolean => ['completed', 'failed', 'cancelled', 'parked'].includes(status)

  const work = async (mode: Mode, until: number): Promise<Worked> => {
    const payload = { mode, filler: mode === 'retry' ? filler : '' }
    const body = { workflow: 'fault-desk', input: { payload } }
    const submitted = await patiently(desk.keys.submitter, 'POST', '/runs', body, randomUUID())
    const { runId } = submitted.body
    if (typeof runId !== 'string') throw new Error(`not accepted: ${JSON.stringify(submitted)}`)
    let told = false
    for (;;) {
      const run = await view(runId)
      if (isOver(run.status) || Date.now() > until) return { runId, mode, status: run.status, wanted: expected[mode] }
      if (run.waitingFor?.kind === 'gate' && !told) {
        const { status } =
          mode === 'cancel'
            ? await patiently(desk.keys.admin, 'POST', `/runs/${runId}/cancel`, {})
            : await patiently(desk.keys.admin, 'POST', `/runs/${runId}/hitl`, { decision: 'approve' })
        // 409: an earlier try was heard and its answer lost.
        told = status === 200 || status === 202 || status === 409
      }
      await pause(40)
    }
  }

  return {
    register: (definition: { readonly name: string; readonly version: number }) =>
      patiently(desk.keys.admin, 'PUT', `/workflows/${definition.name}/versions/${definition.version}`, definition),
    /** One run of each kind, all at once; resolves when all have ended, or after `timeoutMs` with those that have not. */
    workload: (timeoutMs: number): Promise<readonly Worked[]> => {
      const until = Date.now() + timeoutMs
      return Promise.all((['plain', 'retry', 'fail', 'cancel'] as const).map((mode) => work(mode, until)))
    },
  }
}
