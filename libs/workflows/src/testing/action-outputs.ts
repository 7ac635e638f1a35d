import type { JsonObject } from '@flotilla/engine'

/** Outputs of the agents that propose, act, reason and read contracts, for tests: as short as their contracts allow. */

const notice = {
  kind: 'publish_notice',
  policyId: 'p-1',
  addressee: 'Office',
  text: 'Please say.',
  duties: ['It must.'],
}

export const actionOutputs = {
  'research.propose': { due: true, proposed_action: notice, agent_reasoning: 'It is old.' },
  'research.execute': { receipt: { receiptId: 'receipt-1', addressee: 'Office' } },
} as const satisfies Readonly<Record<string, JsonObject>>

const call = { id: 'search-1', name: 'search', arguments: { query: 'roofs' } }

/** A reasoner that asks for one call. */
export const wantsCall: JsonObject = {
  message: { role: 'assistant', content: 'Calling.', tool_calls: [call] },
  final_answer: null,
  answer_so_far: 'Nothing yet.',
}
/** A reasoner that has its answer. */
export const hasAnswer: JsonObject = {
  message: { role: 'assistant', content: 'White.', tool_calls: [] },
  final_answer: 'White.',
  answer_so_far: 'White.',
}
export const toolResult: JsonObject = {
  messages: [{ role: 'tool', content: '{"ids":[]}', tool_calls: null, tool_call_id: 'search-1' }],
  calls: 1,
}

const clause = { number: '1', heading: 'Scope', text: 'All of it.', start: 0, end: 10 }
const facts = {
  parties: ['A', 'B'],
  value: 1,
  liability: null,
  noticeDays: null,
  paymentDays: null,
  renewalMonths: null,
  law: null,
  personalData: false,
}

export const contractOutputs = {
  'contracts.split': { clauses: [clause], preamble: 'Between A and B.' },
  'contracts.extract': { facts },
  'contracts-risk.assess': {
    findings: [{ code: 'LAW_MISSING', severity: 'medium', clause: null, text: 'No law.' }],
    level: 'medium',
  },
  'contracts.report': { report: '# Contract' },
} as const satisfies Readonly<Record<string, JsonObject>>
