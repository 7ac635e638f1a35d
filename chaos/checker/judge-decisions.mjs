/** Judges what deciders were told (I8): of one gate, one decision is accepted, and it is the one that is stored. */

/**
 * @param {import('./findings.mjs').Findings} findings @param {import('./read-client.mjs').Client} client @param {import('./read-tables.mjs').Tables} tables
 */
export const judgeDecisions = (findings, client, tables) => {
  for (const [runId, calls] of client.byRun) {
    const decided = calls.filter(({ call, status }) => call === 'decide' && status === 200)
    if (decided.length === 0) continue
    const gates = new Map((tables.gates.get(runId) ?? []).map((gate) => [gate.id, gate]))
    /** @type {Map<string, number>} */
    const perGate = new Map()
    for (const { gateId, decision } of decided) {
      // Without the gate's id only a run with a single gate says which it was.
      const id = gateId !== null && gates.has(gateId) ? gateId : gates.size === 1 ? [...gates.keys()][0] : undefined
      const gate = id === undefined ? undefined : gates.get(id)
      if (gate === undefined || gate.needed > 1) continue
      const count = (perGate.get(gate.id) ?? 0) + 1
      perGate.set(gate.id, count)
      findings.expect('I8', 'one decision of a gate is accepted', count === 1, runId, () => ({
        gateId: gate.id,
        accepted: count,
      }))
      if (decision !== null)
        findings.expect(
          'I8',
          'the decision that was accepted is stored',
          gate.decision === decision || count > 1,
          runId,
          () => ({
            ...{ gateId: gate.id, told: decision, stored: gate.decision },
          }),
        )
    }
  }
}
