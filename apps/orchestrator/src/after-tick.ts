import type { AgentQueues, ReplyReader, SignalSender } from '@flotilla/queues'
import { jobIdOf } from '@flotilla/contracts'
import { emitSpans, emitsSpans, metrics, parseTraceparent, type Logger } from '@flotilla/telemetry'
import { tellTriggered } from './tell-triggered.js'
import type { Ticked, TickedRun } from './tick.js'
import { spansOf } from './to-applied-run.js'

/** Where a tick's news go once it has committed. */
export interface AfterTickDependencies {
  readonly reader: Pick<ReplyReader, 'ack'>
  readonly signals: SignalSender
  readonly queues: Pick<AgentQueues, 'withdraw'>
  readonly log: Logger
  /** Wakes the relays: something is owed to these queues. */
  readonly onOwed: (queues: ReadonlySet<string>) => void
  /** A run under a limit has ended: there may be room for another. */
  readonly onRoom: () => void
  /** Something has happened that endpoints outside may want to know. */
  readonly onTold: () => void
}

const count = ({ run, folded, events }: TickedRun): void => {
  for (const event of events) metrics.eventsApplied.inc({ type: event.type })
  for (const entry of folded.history)
    if (entry.ignored !== null) metrics.eventsIgnored.inc({ type: entry.event.type, reason: entry.ignored })
  for (const { command, at } of folded.commands) {
    switch (command.type) {
      case 'Publish':
        if (command.event.type === 'hitl.voted') metrics.gateVotes.inc()
        if (command.event.type === 'hitl.reminded') metrics.gateReminders.inc({ kind: 'reminder' })
        if (command.event.type === 'hitl.escalated') metrics.gateReminders.inc({ kind: 'escalation' })
        break
      case 'Finish':
        metrics.runsFinished.inc({ workflow: run.workflow, status: command.status })
        metrics.runSeconds.observe(
          { workflow: run.workflow, status: command.status },
          Math.max(0, at - run.createdAt.getTime()) / 1000,
        )
        break
      case 'DeadLetter':
        metrics.deadLetters.inc({ queue: command.queue, code: command.error.code })
        break
      case 'Dispatch':
        if (command.dispatch > 1 && (folded.state.steps[command.step]?.dispatches ?? 1) > 1)
          metrics.redispatches.inc({ queue: command.queue, reason: 'deadline' })
        break
      case 'EndSpan':
        if (command.span === 'step')
          metrics.stepsFinished.inc({
            workflow: run.workflow,
            step: String(command.attributes['workflow.step'] ?? command.name),
            status: command.error === null ? 'done' : 'failed',
          })
        if (command.span === 'gate')
          metrics.gateWaitSeconds.observe(
            { decision: command.error?.code ?? 'decided' },
            Math.max(0, command.endedAt - command.startedAt) / 1000,
          )
        break
      default:
        break
    }
  }
}

const emit = (ticked: TickedRun): void => {
  if (!emitsSpans(parseTraceparent(ticked.run.traceparent)?.traceFlags)) return
  const spans = spansOf(ticked.run, ticked.folded)
  if (spans.length > 0) emitSpans({ serviceName: ticked.definition.service ?? ticked.definition.name, spans })
}

/**
 * Sends what a committed tick has to tell. Nothing here may fail the tick: an acknowledgement that is lost comes back as a
 * duplicate that the fence ignores, a hint that is lost is found by a sweep, a cancel that is lost is fenced.
 */
export const afterTick = (
  { reader, signals, queues, log, onOwed, onRoom, onTold }: AfterTickDependencies,
  ticked: Ticked,
): void => {
  const failed = (what: string) => (error: unknown) =>
    void log.debug({ what, code: error instanceof Error ? error.message : 'unknown' }, 'hint not sent')
  if (ticked.entryIds.length > 0) reader.ack(ticked.entryIds).catch(failed('ack'))
  const owed = new Set<string>()
  const told: string[] = []
  for (const one of ticked.runs) {
    if (one.folded.history.some((entry) => entry.published.length > 0)) told.push(one.run.runId)
    for (const { queue } of one.applied.owed) owed.add(queue)
    for (const { command } of one.folded.commands) {
      if (command.type === 'CancelJob') {
        const job = { runId: one.run.runId, step: command.step, dispatch: command.dispatch }
        queues.withdraw(command.queue, [jobIdOf(job)]).catch(failed('withdraw'))
        signals.cancel(job).catch(failed('cancel'))
      }
      if (command.type === 'Log')
        log.info({ run_id: one.run.runId, step: command.step, trace_id: one.run.traceId }, command.message)
    }
    count(one)
    emit(one)
  }
  tellTriggered(log, ticked.triggered)
  if (ticked.runs.some(({ run, folded }) => run.limited && folded.state.finishedAt !== null)) onRoom()
  if (ticked.runs.some(({ applied }) => (applied.told ?? []).length > 0)) onTold()
  if (told.length > 0) signals.history(told).catch(failed('history'))
  if (owed.size > 0) onOwed(owed)
}
