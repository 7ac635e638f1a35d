import {
  cancelChildren,
  insertInbox,
  saveItems,
  saveSubscriptions,
  startChildren,
  type ClaimedRun,
  type InboxEntry,
  type NewChild,
  type OpenedMap,
  type NewSubscription,
  type SavedItem,
  type Tx,
} from '@flotilla/store'
import { formatTraceparent, parseTraceparent, spanIdOf } from '@flotilla/telemetry'
import { v7 as uuidv7 } from 'uuid'
import type { FoldedRun } from './fold-run.js'

/**
 * What follows from an applied run beyond its own rows, in the same transaction: items of maps, child runs, and events for
 * other runs or for itself. Most runs have none of it.
 */
export interface FollowUps {
  readonly opened: readonly OpenedMap[]
  readonly saved: readonly SavedItem[]
  readonly children: readonly NewChild[]
  readonly cancelled: readonly { readonly runId: string; readonly step: string; readonly dispatch: number }[]
  readonly inbox: readonly InboxEntry[]
  readonly subscribed: readonly NewSubscription[]
  readonly unsubscribed: readonly { readonly runId: string; readonly step: string; readonly visit: number }[]
}

/** An event that the run gives itself: what it asked for is put in when it is read (see `hydrate-event.ts`). */
const toItself = (runId: string, event: InboxEntry['event'], dedupKey: string): InboxEntry => ({
  runId,
  event,
  dedupKey,
  traceparent: null,
})

/** An event serves a subscription once: a wait that has refused it, by its guards, subscribes again. */
const refusedBy = ({ runId, tenantId }: ClaimedRun, { state, history }: FoldedRun): NewSubscription[] =>
  history.flatMap(({ event, ignored }) =>
    event.type !== 'SignalReceived' || event.key === undefined || ignored !== 'not-accepted'
      ? []
      : Object.entries(state.steps).flatMap(([step, { awaits, visits }]) =>
          awaits !== undefined && awaits.key === event.key && awaits.names.includes(event.name)
            ? [{ runId, tenantId, step, visit: visits, name: event.name, key: awaits.key }]
            : [],
        ),
  )

/** What began and ended in the same turn never was. */
const stillOpen = ({ state }: FoldedRun, subscribed: readonly NewSubscription[]): NewSubscription[] => {
  const open = subscribed.filter(({ step, visit }) => {
    const now = state.steps[step]
    return now?.status === 'waiting' && now.visits === visit
  })
  return [...new Map(open.map((one) => [`${one.visit} ${one.name} ${one.step}`, one])).values()]
}

/** Collects the follow-ups of a folded run from its commands. Child runs get ids of their own here. */
export const followUpsOf = (run: ClaimedRun, folded: FoldedRun): FollowUps => {
  const { runId, tenantId } = run
  const opened: OpenedMap[] = []
  const saved: SavedItem[] = []
  const children: NewChild[] = []
  const cancelled: { runId: string; step: string; dispatch: number }[] = []
  const inbox: InboxEntry[] = []
  const subscribed: NewSubscription[] = []
  const unsubscribed: { runId: string; step: string; visit: number }[] = []
  for (const { command, position } of folded.commands) {
    switch (command.type) {
      case 'OpenMap':
        opened.push({ runId, tenantId, step: command.step, visit: command.visit, items: command.items })
        break
      case 'SaveItem': {
        const { type: _type, ...item } = command
        saved.push({ runId, ...item })
        break
      }
      case 'ReadItems': {
        const { step, visit, from, count } = command
        inbox.push(toItself(runId, { type: 'ItemsRead', step, visit, from, count }, `items:${position}:${step}`))
        break
      }
      case 'CollectItems':
        inbox.push(
          toItself(
            runId,
            { type: 'ItemsCollected', step: command.step, visit: command.visit },
            `results:${position}:${command.step}`,
          ),
        )
        break
      case 'StartChild':
        children.push({
          childId: uuidv7(),
          runId,
          rootRunId: run.rootRunId ?? runId,
          tenantId,
          step: command.step,
          dispatch: command.dispatch,
          workflow: command.workflow,
          version: command.version,
          input: command.input,
          priority: run.priority,
          submittedBy: run.submittedBy,
          traceId: run.traceId,
          traceparent: formatTraceparent({
            traceId: run.traceId,
            spanId: spanIdOf(runId, `step:${command.step}:${command.visit}`),
            traceFlags: parseTraceparent(run.traceparent)?.traceFlags ?? 0,
          }),
        })
        break
      case 'CancelChild':
        cancelled.push({ runId, step: command.step, dispatch: command.dispatch })
        break
      case 'Subscribe': {
        const { step, visit, name, key } = command
        subscribed.push({ runId, tenantId, step, visit, name, key })
        break
      }
      case 'Unsubscribe': {
        const { step, visit } = command
        unsubscribed.push({ runId, step, visit })
        break
      }
      case 'Finish':
        if (run.childOf)
          inbox.push({
            runId: run.childOf.runId,
            event: {
              type: 'ChildFinished',
              step: run.childOf.step,
              dispatch: run.childOf.dispatch,
              runId,
              status: command.status,
              output: command.result,
              error: command.error,
            },
            dedupKey: `child:${run.childOf.dispatch}:${position}`,
            traceparent: null,
          })
        break
      default:
        break
    }
  }
  const given = new Set(cancelled.map(({ step, dispatch }) => `${dispatch} ${step}`))
  // A child that is void before it was started never is.
  return {
    opened,
    saved,
    children: children.filter(({ step, dispatch }) => !given.has(`${dispatch} ${step}`)),
    cancelled,
    inbox,
    subscribed: stillOpen(folded, [...subscribed, ...refusedBy(run, folded)]),
    unsubscribed,
  }
}

/** Carries follow-ups out. The runs that they come from are locked and saved. */
export const saveFollowUps = async (tx: Tx, all: readonly FollowUps[]): Promise<void> => {
  const opened = all.flatMap((one) => one.opened)
  const saved = all.flatMap((one) => one.saved)
  if (opened.length + saved.length > 0) await saveItems(tx, { opened, saved })
  await saveSubscriptions(tx, {
    subscribed: all.flatMap((one) => one.subscribed),
    unsubscribed: all.flatMap((one) => one.unsubscribed),
  })
  await startChildren(
    tx,
    all.flatMap((one) => one.children),
  )
  await cancelChildren(
    tx,
    all.flatMap((one) => one.cancelled),
  )
  await insertInbox(
    tx,
    all.flatMap((one) => one.inbox),
  )
}
