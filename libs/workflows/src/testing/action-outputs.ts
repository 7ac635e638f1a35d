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

const policy = { id: 'cool-roofs', title: 'Cool Roofs', issuer: 'Office', issuedOn: '2023-04-18', score: 3 }
const passage = { number: 1, sourceId: 'cool-roofs', title: 'Cool Roofs', text: 'Roofs are white.' }
const quote = { sourceId: 'cool-roofs', text: 'Roofs are white.', start: 0, end: 16, score: 3 }

/** Agents that make a report and send it. */
export const reportOutputs = {
  'research.plan': { tasks: [{ sourceId: 'cool-roofs', query: 'heat', score: 1 }], sourcesMin: 2 },
  'research.work': { source: policy, quotes: [quote] },
  'research.synthesize': { report: { title: 'Report', body: '# Report', quotes: 1, sources: [policy] } },
  'research.send': { receipt: { messageId: 'message-1' } },
} as const satisfies Readonly<Record<string, JsonObject>>

/** Agents that answer a question from passages. */
export const ragOutputs = {
  'research.augment': { passages: [passage], prompt: 'Which colour?' },
  'research.generate': {
    answer: 'Cool Roofs: “Roofs are white.” [1]',
    citations: [{ number: 1, sourceId: 'cool-roofs', quote: 'Roofs are white.' }],
  },
  'research.validate': { grounded: true, problems: [] },
} as const satisfies Readonly<Record<string, JsonObject>>
