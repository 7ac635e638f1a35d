import type { Command, Json, JsonObject } from '@flotilla/engine'
import type { SimulatedAgents } from '@flotilla/engine/testing'

/** Outputs of the agents that make briefs, for tests: as short as their contracts allow. */

const source = { id: 'cool-roofs', title: 'Cool Roofs', issuer: 'Office', issuedOn: '2023-04-18', score: 3 }
const quote = { sourceId: 'cool-roofs', text: 'Roofs are white.', start: 0, end: 16, score: 3 }
const outline = { title: 'A brief', sections: [{ heading: 'Findings', role: 'findings', quotes: [0] }] }
const sentence = { text: 'The Office states: “Roofs are white.” [1]', citation: 1 }
const draft = {
  title: 'A brief',
  version: 1,
  sections: [{ heading: 'Findings', role: 'findings', sentences: [sentence] }],
  citations: [{ number: 1, sourceId: 'cool-roofs', quote: 'Roofs are white.' }],
}
const report = (passed: boolean): JsonObject => ({
  passed,
  citationsChecked: 1,
  citations: passed ? [] : [{ number: 1, code: 'QUOTE_NOT_IN_SOURCE', instead: null }],
  compliance: [],
  words: 7,
})

/** What an agent answers when all goes well. */
export const briefOutputs = {
  'research.extract': { sources: [source, { ...source, id: 'green-roofs' }], quotes: [quote], sourcesMin: 2 },
  'research.outline': { outline, complete: true, missing: [] },
  'research.draft': { draft, missing: [] },
  'research.verify': { verification_report: report(true) },
  'research.finalize': {
    final_brief: { title: 'A brief', body: '# A brief\n', words: 2, citations: draft.citations, changes: [] },
  },
} as const satisfies Readonly<Record<string, JsonObject>>

/** A supervisor who plans so many tasks, workers who bring a source each, and a review that counts; two are enough. */
export const supervisedBy = (tasks: number): SimulatedAgents => ({
  'research.plan': () => ({
    output: {
      tasks: Array.from({ length: tasks }, (_, n) => ({ sourceId: `source-${n}`, query: 'heat', score: 1 })),
      sourcesMin: 2,
    },
  }),
  'research.work': () => ({ output: { source, quotes: [quote] } }),
  'research.gather': ({ input }) => {
    const { found: brought } = input as { found: readonly unknown[] } // what the definition maps
    const found = brought.length
    const sources = Array.from({ length: found }, () => source)
    return { output: { sources, quotes: found > 0 ? [quote] : [], sourcesMin: 2, enough: found >= 2 } }
  },
})

/** Fewer sources than would be enough. */
export const tooFewSources: JsonObject = { ...briefOutputs['research.extract'], sources: [source] }
/** An outline with a section that nothing supports. */
export const incompleteOutline: JsonObject = {
  ...briefOutputs['research.outline'],
  complete: false,
  missing: ['costs'],
}
/** An audit that found a wrong citation. */
export const failedAudit: JsonObject = { verification_report: report(false) }

/** Agents by name that always answer the same. */
export const alwaysAnswering = (outputs: Readonly<Record<string, JsonObject>>): SimulatedAgents =>
  Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, () => ({ output })]))

/** What the steps of the state machine may come to, by the last part of their path, for a walk over all of it. */
export const stateMachineOutputs = (step: string): readonly Json[] => {
  const { sources, quotes } = briefOutputs['research.extract']
  const gathered = { sources, quotes, sourcesMin: 2, enough: true }
  const byName: Readonly<Record<string, readonly Json[]>> = {
    plan: [{ tasks: [{ sourceId: 'cool-roofs', query: 'heat', score: 1 }], sourcesMin: 2 }],
    worker: [{ source, quotes: [quote] }],
    review: [gathered, { ...gathered, enough: false }],
    outlining: [briefOutputs['research.outline'], incompleteOutline],
    sections: [briefOutputs['research.draft']],
    setting: [briefOutputs['research.finalize']],
    verifying: [briefOutputs['research.verify'], failedAudit],
  }
  return byName[step.split('.').at(-1) ?? ''] ?? [{}]
}

/** The agents that make briefs, all answering well unless told otherwise. */
export const briefAgents = (other: SimulatedAgents = {}): SimulatedAgents => ({
  ...alwaysAnswering(briefOutputs),
  ...other,
})

/** An agent that gives one answer on the step's first visit, the next on its second, and the last one for ever. */
export const answering =
  (...outputs: readonly Json[]): SimulatedAgents[string] =>
  ({ visit }) => ({ output: outputs[Math.min(visit, outputs.length) - 1] ?? null })

/** Steps in the order in which they were sent out. */
export const stepsSent = (commands: readonly Command[]): readonly string[] =>
  commands.flatMap((command) => (command.type === 'Dispatch' ? [command.step] : []))
