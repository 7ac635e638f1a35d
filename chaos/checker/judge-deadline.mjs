/** Judges deadlines: none is applied before it is due, none much later while nothing is wrong (I8). */

/**
 * When the deadline of an event was due by the state before it; undefined: nothing was due at all.
 * @param {any} event @param {import('./fold-history.mjs').State} before @returns {number | null | undefined}
 */
const dueAtOf = ({ deadline, step, gateId }, before) => {
  switch (deadline) {
    case 'run':
      return before.dueAt
    case 'gate':
      return before.gates[gateId]?.dueAt
    case 'remind':
      return before.gates[gateId]?.remindAt
    case 'escalate':
      return before.gates[gateId]?.escalateAt
    case 'checkpoint':
      return before.steps[step]?.checkpointAt
    case 'clean-up':
      return before.cancel?.waitUntil ?? before.compensation?.waitUntil
    default:
      return before.steps[step]?.dueAt
  }
}

/**
 * @param {{ findings: import('./findings.mjs').Findings, runId: string, isCalm: (from: number, to: number) => boolean, lateMs: number }} world
 * @param {{ entry: import('./fold-history.mjs').Entry, before: import('./fold-history.mjs').State }} turn
 */
export const judgeDeadline = ({ findings, runId, isCalm, lateMs }, { entry, before }) => {
  const { event, position } = entry
  const at = Date.parse(entry.at)
  const dueAt = dueAtOf(event, before)
  const evidence = () => ({
    position,
    deadline: event.deadline,
    step: event.step,
    gateId: event.gateId,
    at: entry.at,
    dueAt: dueAt ? new Date(dueAt) : null,
  })
  const due = dueAt !== undefined && dueAt !== null
  findings.expect('I8', 'no deadline is applied before it is due', due && at >= dueAt, runId, evidence)
  if (due && isCalm(dueAt, at))
    findings.expect('I8', 'no deadline is applied late', at - dueAt <= lateMs, runId, evidence)
}
