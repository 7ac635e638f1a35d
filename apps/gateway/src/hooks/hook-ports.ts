import {
  answerOnce,
  appendAudit,
  asTenant,
  deleteHook,
  findHook,
  insertHook,
  listHooks,
  publishSignal,
  rotateHook,
  submitRunsIn,
  type FoundHook,
  type HookRow,
  type PublishedSignal,
  type Store,
  type Submission,
  type Tx,
} from '@flotilla/store'
import type { HookAnswer } from '@flotilla/contracts'
import type { Actor } from '../ports.js'

/** What a call of a hook asks for. */
export type HookWork =
  | { readonly kind: 'ignored' }
  | { readonly kind: 'start'; readonly submission: Submission }
  | { readonly kind: 'signal'; readonly signal: PublishedSignal }

/** What came of a call; `replayed`: it had been answered before, and nothing was done. */
export type Called =
  | { readonly outcome: 'answered'; readonly answer: HookAnswer; readonly replayed: boolean }
  | { readonly outcome: 'limited' | 'full' }

/** What the gateway needs of the store for hooks that endpoints outside call. Changes are audited. */
export interface HookPorts {
  /** Null: there is one of that name, or the tenant has as many as it may. */
  readonly registerHook: (actor: Actor, hook: Parameters<typeof insertHook>[1]) => Promise<HookRow | 'exists' | 'full'>
  readonly listHooks: (tenantId: string) => Promise<readonly HookRow[]>
  readonly readHook: (tenantId: string, id: string) => Promise<HookRow | null>
  readonly deleteHook: (actor: Actor, id: string) => Promise<boolean>
  readonly rotateHook: (actor: Actor, rotation: Parameters<typeof rotateHook>[1]) => Promise<HookRow | null>
  readonly findHook: (id: string) => Promise<FoundHook | null>
  /** Does what a call asks for, once per `messageId`. */
  readonly callHook: (
    actor: Actor,
    call: { readonly hookId: string; readonly messageId: string },
    work: () => HookWork,
  ) => Promise<Called>
}

/** Hooks of one tenant at most. */
const hooksMax = 100

const audit = (tx: Tx, { tenantId, principal }: Actor, action: string, subject: string) =>
  appendAudit(tx, { tenant: tenantId, actor: principal, action, subject, detail: {} })

/** Undoes what a call had begun, and says why. */
class NotTaken extends Error {
  constructor(readonly outcome: 'limited' | 'full') {
    super(outcome)
  }
}

const carryOut = async (tx: Tx, work: HookWork): Promise<HookAnswer> => {
  if (work.kind === 'ignored') return { outcome: 'ignored', runId: null, delivered: 0 }
  if (work.kind === 'start') {
    const [submitted] = await submitRunsIn(tx, [work.submission])
    if (submitted?.outcome !== 'accepted') throw new NotTaken('limited')
    return { outcome: 'started', runId: work.submission.runId, delivered: 0 }
  }
  const { delivered, runId, kept } = await publishSignal(tx, work.signal)
  if (delivered === 0 && !kept) throw new NotTaken('full')
  return { outcome: delivered > 0 ? 'delivered' : 'kept', runId, delivered }
}

/** Plugs the store in. */
export const makeHookPorts = ({ pool }: Pick<Store, 'pool'>): HookPorts => {
  const as = <T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> => asTenant(pool, tenantId, work)
  return {
    registerHook: (actor, hook) =>
      as(actor.tenantId, async (tx) => {
        const row = await insertHook(tx, hook, hooksMax)
        if (row === null) return (await listHooks(tx)).some(({ name }) => name === hook.name) ? 'exists' : 'full'
        await audit(tx, actor, 'hook.registered', hook.id)
        return row
      }),
    listHooks: (tenantId) => as(tenantId, (tx) => listHooks(tx)),
    readHook: (tenantId, id) => as(tenantId, async (tx) => (await listHooks(tx, id))[0] ?? null),
    deleteHook: (actor, id) =>
      as(actor.tenantId, async (tx) => {
        const deleted = await deleteHook(tx, id)
        if (deleted) await audit(tx, actor, 'hook.deleted', id)
        return deleted
      }),
    rotateHook: (actor, rotation) =>
      as(actor.tenantId, async (tx) => {
        const row = await rotateHook(tx, rotation)
        if (row !== null) await audit(tx, actor, 'hook.rotated', rotation.id)
        return row
      }),
    findHook: (id) => findHook(pool, id),
    callHook: async (actor, call, work) => {
      try {
        return await as(actor.tenantId, async (tx) => {
          const { answer, replayed } = await answerOnce(tx, call, () => carryOut(tx, work()))
          return { outcome: 'answered', answer, replayed } as const
        })
      } catch (error) {
        if (error instanceof NotTaken) return { outcome: error.outcome }
        throw error
      }
    },
  }
}
