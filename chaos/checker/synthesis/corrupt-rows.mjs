/** Corruptions of runs, keys, gates, debts, dead letters, the audit and traces (I1, I2, I3, I7 to I10, I12). */
import { hashOfEntry } from '../judge-audit.mjs'
import { accepted, anEntry, copy, historyOf, insertAfter, NothingFit, oneOf, removeFrom, rowOf } from './falsify.mjs'

const isSubmit = (/** @type {any} */ { call, status }) => call === 'submit' && status === 202
const earlierMs = 3_000

/** A lone audit entry in the middle of its chain. @param {import('./falsify.mjs').Campaign} campaign */
const auditEntry = (campaign) => oneOf(campaign, 'dump/audit', ({ seq }) => seq > 1)

/** @param {import('./falsify.mjs').Campaign} campaign @param {string} runId */
const removeRun = (campaign, runId) => {
  removeFrom(campaign, 'dump/run', ({ id }) => id === runId)
  for (const table of ['history', 'gate', 'dead_letter', 'outbox'])
    removeFrom(campaign, `dump/${table}`, (line) => line.run_id === runId)
}

/** @type {import('./falsify.mjs').Corruption[]} */
export const rowCorruptions = [
  {
    ...{ name: 'an accepted run is lost', breaks: 'I1' },
    falsify: (campaign) => removeRun(campaign, oneOf(campaign, 'client', isSubmit).runId),
  },
  {
    ...{ name: 'a run never comes to rest', breaks: 'I1' },
    falsify: (campaign) => {
      oneOf(campaign, 'dump/run', ({ status, workflow }) => status === 'running' && workflow === 'syn-work')
      campaign.meta.dumpedAt = new Date(Date.parse(campaign.meta.dumpedAt) + 3_600_000).toISOString()
    },
  },
  {
    ...{ name: 'a run nobody submitted', breaks: 'I2' },
    falsify: (campaign) => {
      const { runId } = oneOf(campaign, 'client', (line) => isSubmit(line) && line.key === null)
      removeFrom(campaign, 'client', (line) => line.runId === runId)
    },
  },
  {
    ...{ name: 'a run is made twice', breaks: 'I2' },
    falsify: (campaign) => {
      const row = oneOf(campaign, 'dump/run', ({ parent_run_id: parent }) => parent === null)
      const id = campaign.random.uuid()
      const entries = historyOf(campaign, row.id).map((entry) => ({ ...copy(entry), run_id: id }))
      campaign.files['dump/run']?.push({ ...copy(row), id, state: { ...copy(row.state), runId: id } })
      campaign.files['dump/history']?.push(...entries)
    },
  },
  {
    ...{ name: 'a history without a run', breaks: 'I2' },
    falsify: (campaign) => {
      const { id } = oneOf(campaign, 'dump/run', ({ parent_run_id: parent }) => parent !== null)
      removeFrom(campaign, 'dump/run', (row) => row.id === id)
    },
  },
  {
    ...{ name: 'a run is another tenant’s', breaks: 'I2' },
    falsify: (campaign) => {
      const row = rowOf(campaign, oneOf(campaign, 'client', isSubmit).runId)
      row.tenant_id = row.tenant_id === 'north' ? 'south' : 'north'
    },
  },
  {
    ...{ name: 'a key gives two runs', breaks: 'I3' },
    falsify: (campaign) => {
      const submit = oneOf(campaign, 'client', (line) => isSubmit(line) && line.key !== null)
      const other = oneOf(campaign, 'client', (line) => isSubmit(line) && line.runId !== submit.runId)
      insertAfter(campaign, 'client', submit, { ...copy(submit), runId: other.runId })
    },
  },
  {
    ...{ name: 'a key is accepted with another body', breaks: 'I3' },
    falsify: (campaign) => {
      const submit = oneOf(campaign, 'client', (line) => isSubmit(line) && line.key !== null)
      insertAfter(campaign, 'client', submit, { ...copy(submit), bodyHash: 'something else' })
    },
  },
  {
    ...{ name: 'a stored key names another run', breaks: 'I3' },
    falsify: (campaign) => {
      const key = oneOf(campaign, 'dump/idempotency')
      key.run_id = oneOf(campaign, 'dump/run', ({ id }) => id !== key.run_id).id
    },
  },
  {
    ...{ name: 'a key is forgotten', breaks: 'I3' },
    falsify: (campaign) => {
      const lost = oneOf(campaign, 'dump/idempotency')
      removeFrom(campaign, 'dump/idempotency', (line) => line === lost)
    },
  },
  {
    ...{ name: 'the same body is refused as reuse', breaks: 'I3' },
    falsify: (campaign) => {
      const submit = oneOf(campaign, 'client', (line) => isSubmit(line) && line.key !== null)
      insertAfter(campaign, 'client', submit, { ...copy(submit), status: 422, runId: null })
    },
  },
  {
    ...{ name: 'a result is wrong', breaks: 'I7' },
    falsify: (campaign) => {
      const { runId } = oneOf(campaign, 'client', (line) => isSubmit(line) && line.expects.result !== null)
      const row = rowOf(campaign, runId)
      const entry = historyOf(campaign, runId).find((one) => one.patch?.s?.result)
      const [name = ''] = Object.keys(row.result)
      for (const result of [row.result, row.state.result, entry.patch.s.result]) result[name] = 'wrong'
    },
  },
  {
    ...{ name: 'a run ends otherwise than it must', breaks: 'I7' },
    falsify: (campaign) => {
      const submit = oneOf(campaign, 'client', (line) => isSubmit(line) && line.expects.status !== 'any')
      submit.expects = { status: submit.expects.status === 'completed' ? 'failed' : 'completed', result: null }
    },
  },
  {
    ...{ name: 'two decisions of a gate are accepted', breaks: 'I8' },
    falsify: (campaign) => {
      const decide = oneOf(campaign, 'client', ({ call, status }) => call === 'decide' && status === 200)
      insertAfter(campaign, 'client', decide, copy(decide))
    },
  },
  {
    ...{ name: 'a gate is decided twice', breaks: 'I8' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, accepted('GateDecided'))
      const again = {
        ...copy(entry),
        position: entry.position + 1,
        patch: {},
        published: null,
        seq_from: null,
        seq_to: null,
      }
      for (const later of historyOf(campaign, entry.run_id)) if (later.position > entry.position) later.position += 1
      rowOf(campaign, entry.run_id).position += 1
      insertAfter(campaign, 'dump/history', entry, again)
    },
  },
  {
    ...{ name: 'the stored decision is another', breaks: 'I8' },
    falsify: (campaign) => {
      const gate = oneOf(campaign, 'dump/gate', ({ status }) => status === 'decided')
      gate.decision = gate.decision === 'approve' ? 'reject' : 'approve'
    },
  },
  {
    ...{ name: 'a gate’s row is left open', breaks: 'I8' },
    falsify: (campaign) => {
      oneOf(campaign, 'dump/gate', ({ status }) => status === 'expired').status = 'open'
    },
  },
  {
    ...{ name: 'a gate has no row', breaks: 'I8' },
    falsify: (campaign) => {
      const lost = oneOf(campaign, 'dump/gate')
      removeFrom(campaign, 'dump/gate', (line) => line === lost)
    },
  },
  {
    ...{ name: 'who submitted decides', breaks: 'I8' },
    falsify: (campaign) => {
      const gate = oneOf(campaign, 'dump/gate', ({ status }) => status === 'decided')
      gate.decided_by = gate.submitted_by
    },
  },
  {
    ...{ name: 'a timeout comes early', breaks: 'I8' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, accepted('DeadlineReached'))
      entry.at = new Date(Date.parse(entry.at) - earlierMs).toISOString()
    },
  },
  {
    ...{ name: 'a timeout comes late', breaks: 'I8' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, accepted('DeadlineReached'))
      entry.at = new Date(Date.parse(entry.at) + 3 * earlierMs).toISOString()
    },
  },
  {
    ...{ name: 'a debt is lost', breaks: 'I9' },
    falsify: (campaign) => {
      const lost = oneOf(campaign, 'dump/outbox')
      removeFrom(campaign, 'dump/outbox', (line) => line === lost)
    },
  },
  {
    ...{ name: 'a debt is paid but stays', breaks: 'I9' },
    falsify: (campaign) => {
      const { run_id: id, event, tenant_id: tenant } = anEntry(campaign, accepted('StepSucceeded'))
      campaign.files['dump/outbox']?.push({
        run_id: id,
        step: event.step,
        dispatch: event.dispatch,
        tenant_id: tenant,
        traceparent: null,
      })
    },
  },
  {
    ...{ name: 'a dead letter is lost', breaks: 'I9' },
    falsify: (campaign) => {
      const lost = oneOf(campaign, 'dump/dead_letter')
      removeFrom(campaign, 'dump/dead_letter', (line) => line === lost)
    },
  },
  {
    ...{ name: 'a dead letter of what did not fail', breaks: 'I9' },
    falsify: (campaign) => {
      const letter = oneOf(campaign, 'dump/dead_letter')
      const { run_id: id, event } = anEntry(campaign, accepted('StepSucceeded'))
      campaign.files['dump/dead_letter']?.push({
        ...copy(letter),
        status: 'open',
        run_id: id,
        step: event.step,
        dispatch: event.dispatch,
        trace_id: rowOf(campaign, id).trace_id,
      })
    },
  },
  {
    ...{ name: 'a replayed dead letter never comes to its run', breaks: 'I9' },
    falsify: (campaign) => {
      oneOf(campaign, 'dump/dead_letter', ({ status }) => status === 'open').status = 'replayed'
    },
  },
  {
    ...{ name: 'a child run of nothing', breaks: 'I9' },
    falsify: (campaign) => {
      oneOf(campaign, 'dump/child_run').dispatch += 5
    },
  },
  {
    ...{ name: 'an audit entry is altered', breaks: 'I10' },
    falsify: (campaign) => {
      const entry = oneOf(campaign, 'dump/audit')
      const member = campaign.random.pick(['actor', 'action', 'subject'])
      const [at, flipped] = [campaign.random.within(0, entry[member].length - 1), campaign.random.pick(['x', 'Q', '7'])]
      const text = entry[member]
      entry[member] = `${text.slice(0, at)}${text[at] === flipped ? '_' : flipped}${text.slice(at + 1)}`
    },
  },
  {
    ...{ name: 'an audit entry’s detail is altered', breaks: 'I10' },
    falsify: (campaign) => {
      oneOf(campaign, 'dump/audit').detail.more = null
    },
  },
  {
    ...{ name: 'an audit entry’s time is altered', breaks: 'I10' },
    falsify: (campaign) => {
      const entry = oneOf(campaign, 'dump/audit')
      entry.at = new Date(Date.parse(entry.at) + 1).toISOString()
    },
  },
  {
    ...{ name: 'a bit of an audit hash is flipped', breaks: 'I10' },
    falsify: (campaign) => {
      const entry = oneOf(campaign, 'dump/audit')
      const at = 2 + campaign.random.within(0, 63)
      const digit = (Number.parseInt(entry.hash[at], 16) ^ (1 << campaign.random.within(0, 3))).toString(16)
      entry.hash = `${entry.hash.slice(0, at)}${digit}${entry.hash.slice(at + 1)}`
    },
  },
  {
    ...{ name: 'an audit entry is deleted', breaks: 'I10' },
    falsify: (campaign) => {
      const lost = oneOf(campaign, 'dump/audit')
      removeFrom(campaign, 'dump/audit', (line) => line === lost)
    },
  },
  {
    ...{ name: 'two audit entries are swapped', breaks: 'I10' },
    falsify: (campaign) => {
      const entry = auditEntry(campaign)
      const before = oneOf(
        campaign,
        'dump/audit',
        ({ seq, tenant_id: tenant }) => tenant === entry.tenant_id && seq === entry.seq - 1,
      )
      for (const member of ['at', 'actor', 'action', 'subject', 'detail'])
        [entry[member], before[member]] = [before[member], entry[member]]
    },
  },
  {
    ...{ name: 'an altered audit entry is hashed again', breaks: 'I10' },
    falsify: (campaign) => {
      const entry = oneOf(campaign, 'dump/audit')
      entry.actor = 'nobody'
      entry.hash = hashOfEntry(entry)
    },
  },
  {
    ...{ name: 'the end of an audit is cut off', breaks: 'I10' },
    falsify: (campaign) => {
      const head = oneOf(campaign, 'dump/audit_head', ({ seq }) => seq > 1)
      removeFrom(campaign, 'dump/audit', (line) => line.tenant_id === head.tenant_id && line.seq === head.seq)
    },
  },
  {
    ...{ name: 'a decision is not in the audit', breaks: 'I10' },
    falsify: (campaign) => {
      const gate = oneOf(campaign, 'dump/gate', ({ status }) => status !== 'decided')
      gate.status = 'decided'
    },
  },
  {
    ...{ name: 'what a run causes is of another trace', breaks: 'I12' },
    falsify: (campaign) => {
      const other = campaign.random.hex(32)
      const [debt, letter] = [campaign.files['dump/outbox'], campaign.files['dump/dead_letter']].map(
        (lines) => lines?.[0],
      )
      if (debt === undefined && letter === undefined) throw new NothingFit('traces')
      if (debt !== undefined && campaign.random.happens(0.5)) debt.traceparent = `00-${other}-00000000000000aa-01`
      else if (letter !== undefined) letter.trace_id = other
    },
  },
  {
    ...{ name: 'a child is of another trace', breaks: 'I12' },
    falsify: (campaign) => {
      oneOf(campaign, 'dump/run', ({ parent_run_id: parent }) => parent !== null).trace_id = campaign.random.hex(32)
    },
  },
  {
    ...{ name: 'a run has no trace', breaks: 'I12' },
    falsify: (campaign) => {
      oneOf(campaign, 'dump/run').trace_id = '0'.repeat(32)
    },
  },
  {
    ...{ name: 'an event has no span', breaks: 'I12' },
    falsify: (campaign) => {
      anEntry(campaign, ({ published }) => published !== null).published[0].spanId = null
    },
  },
]
