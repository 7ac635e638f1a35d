import type { JsonObject } from '@flotilla/engine'
import type { LawfulWorld, SimulatedAgents } from '@flotilla/engine/testing'

/** A document, as a run of either pipeline begins. */
export const documentRequest: JsonObject = { documentId: 'D-1', text: 'A ferry makes noise.', drillFailures: 0 }

/** What each stage answers, in the shape of its output contract. */
export const documentOutputs: Readonly<Record<string, JsonObject>> = {
  ingest: {
    documentId: 'D-1',
    title: 'A ferry makes noise.',
    sentences: ['A ferry makes noise.'],
    terms: ['ferry', 'noise'],
    words: 4,
    sha256: '0'.repeat(64),
  },
  extract: { entities: [{ kind: 'name', text: 'Harbour Authority', mentions: 1 }] },
  enrich: { enrichments: [{ term: 'ferry', fact: 'A ferry carries 90 cars.', source: 'book' }], unknown: ['noise'] },
  summarize: { summary: 'A ferry makes noise.', sentenceIndexes: [0] },
}

/** Agents of which all is well. */
export const documentAgents: SimulatedAgents = Object.fromEntries(
  Object.entries(documentOutputs).map(([step, output]) => [step, () => ({ output })]),
)

const world: LawfulWorld = {
  agents: documentAgents,
  options: { input: documentRequest },
  walk: { outputs: (step) => [documentOutputs[step] ?? {}] },
}

/** Worlds of the pipelines. */
export const documentWorlds: Readonly<Record<string, Readonly<Record<string, LawfulWorld>>>> = {
  document_pipeline: { 'all well': world },
  entity_pipeline: { 'all well': world },
}
