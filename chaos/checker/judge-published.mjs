/** Judges what a run published: numbers without gaps, one end per opening and nothing after it (I4), progress (I11). */
import { isFinished } from './fold-history.mjs'
import { lastEvents, reopening } from './transition-tables.mjs'
import { withoutItems } from './workflow-graph.mjs'

/** @typedef {{ seq: number, progress: number, ended: boolean, terminals: number, openings: number, events: { type: string, status: string, progress: number }[] }} Stream */

const terminal = new Set(Object.values(lastEvents))

/** A stream that nothing was published on. @returns {Stream} */
export const makeStream = () => ({ seq: 0, progress: 0, ended: false, terminals: 0, openings: 0, events: [] })

/** A step of a map's item may begin and end within one event, so that no state shows it. @param {string} step @param {number} seen */
const visitsOf = (step, seen) => (seen === 0 && withoutItems(step) !== step ? 1 : seen)

/**
 * @param {{ findings: import('./findings.mjs').Findings, runId: string, stream: Stream, visits: Map<string, { visits: number, completed: number }> }} world
 * @param {{ entry: import('./fold-history.mjs').Entry, before: import('./fold-history.mjs').State, after: import('./fold-history.mjs').State }} turn
 */
export const judgePublished = ({ findings, runId, stream, visits }, { entry, after }) => {
  const { event, position, published, ignored } = entry
  for (const item of published ?? []) {
    const { seq, type, status, progress, step } = item
    const evidence = () => ({ position, seq, type, progress })
    findings.expect('I4', 'stream numbers have no gap and no repetition', seq === stream.seq + 1, runId, () => ({
      ...{ position, seq, expected: stream.seq + 1 },
    }))
    if (stream.seq === 0)
      findings.expect('I4', 'a stream begins with run.started', type === 'run.started', runId, evidence)
    stream.seq = seq
    // A failed run that is given up is told as cancelled; else nothing follows an end but a new opening.
    const reopens = reopening.has(event.type) && (type === 'run.resumed' || type === 'run.cancelled')
    findings.expect('I4', 'nothing is told after the end', !stream.ended || reopens, runId, evidence)
    if (type === 'run.resumed') stream.openings += 1
    stream.ended = terminal.has(type)
    if (stream.ended) {
      stream.terminals += 1
      const said = /** @type {Record<string, string>} */ (lastEvents)[after.status]
      findings.expect('I4', 'the end that is told is the run’s', said === type, runId, () => ({
        ...evidence(),
        status: after.status,
      }))
    }
    const rises = progress >= stream.progress && progress >= 0 && progress <= 1
    findings.expect('I11', 'progress rises from 0 to 1', rises, runId, () => ({
      ...evidence(),
      before: stream.progress,
    }))
    findings.expect(
      'I11',
      'progress is 1 only when completed',
      (progress === 1) === (type === 'run.completed'),
      runId,
      evidence,
    )
    stream.progress = Math.max(stream.progress, progress)
    stream.events.push({ type, status, progress })
    if (type === 'step.completed' && step !== null) {
      const count = visits.get(step) ?? { visits: 0, completed: 0 }
      count.completed += 1
      visits.set(step, count)
      findings.expect(
        'I6',
        'a visit of a step completes once',
        count.completed <= visitsOf(step, count.visits) + stream.openings,
        runId,
        () => ({
          ...{ ...evidence(), step, completed: count.completed, visits: count.visits },
        }),
      )
    }
  }
  if (ignored !== null) return
  const [first, last] = [published?.[0], published?.at(-1)]
  const agrees = entry.seq_from === (first?.seq ?? null) && entry.seq_to === (last?.seq ?? null)
  findings.expect('I4', 'an entry’s range is that of its events', agrees, runId, () => ({
    position,
    from: entry.seq_from,
    to: entry.seq_to,
  }))
  findings.expect('I4', 'what was published is counted', after.published === stream.seq, runId, () => ({
    ...{ position, state: after.published, stream: stream.seq },
  }))
  findings.expect('I4', 'the end is told when the run ends', isFinished(after.status) === stream.ended, runId, () => ({
    ...{ position, status: after.status, ended: stream.ended },
  }))
}
