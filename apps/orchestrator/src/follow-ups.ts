import {
  cancelChildren,
  insertInbox,
  saveItems,
  startChildren,
  type ClaimedRun,
  type InboxEntry,
  type NewChild,
  type OpenedMap,
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
}

/** An event that the run gives itself: what it asked for is put in when it is read (see `hydrate-event.ts`). */
const toItself = (runId: string, event: InboxEntry['event'], dedupKey: string): InboxEntry => ({
  runId,
  event,
  dedupKey,
  traceparent: null,
})

/** Collects the follow-ups of a folded run from its commands. Child runs get ids of their own here. */
export const followUpsOf = (run: ClaimedRun, folded: FoldedRun): FollowUps => {
  const { runId, tenantId } = run
  const opened: OpenedMap[] = []
  const saved: SavedItem[] = []
  const children: NewChild[] = []
  const cancelled: { runId: string; step: string; dispatch: number }[] = []
  const inbox: InboxEntry[] = []
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
  }
}

/** Carries follow-ups out. The runs that they come from are locked and saved. */
export const saveFollowUps = async (tx: Tx, all: readonly FollowUps[]): Promise<void> => {
  const opened = all.flatMap((one) => one.opened)
  const saved = all.flatMap((one) => one.saved)
  if (opened.length + saved.length > 0) await saveItems(tx, { opened, saved })
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
