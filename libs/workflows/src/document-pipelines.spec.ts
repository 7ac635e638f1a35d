import { contractById, parseContract } from '@flotilla/contracts'
import { checkDefinition } from '@flotilla/engine'
import { simulate, type Dispatched } from '@flotilla/engine/testing'
import { describe, expect, test } from 'vitest'
import { documentPipeline, documentWorkflows, entityPipeline } from './document-pipelines.js'
import { documentAgents, documentOutputs, documentRequest } from './testing/document-worlds.js'

const down = { failed: { code: 'REFERENCE_SERVICE_DOWN', message: 'down' } }
const options = { input: documentRequest }
const dispatchedOf = ({ commands }: ReturnType<typeof simulate>): readonly Dispatched[] =>
  commands.flatMap((command) => (command.type === 'Dispatch' ? [command] : []))

describe.each(documentWorkflows.map((definition) => [definition.name, definition] as const))('%s', (_, definition) => {
  test('keeps a checkpoint after every stage', () => {
    const simulated = simulate(definition, documentAgents, options)
    const labels = simulated.commands.flatMap((command) => (command.type === 'SaveCheckpoint' ? [command.label] : []))
    expect(labels).toEqual(dispatchedOf(simulated).map(({ step }) => step))
    expect(simulated.state.result).toMatchObject({ documentId: 'D-1', enrichments: 1, unknown: ['noise'] })
  })

  test('enriches in five attempts with growing pauses up to a minute', () => {
    const enrich = dispatchedOf(simulate(definition, documentAgents, options)).find(({ step }) => step === 'enrich')
    expect(enrich?.retry).toMatchObject({ attempts: 5, backoff: { delayMs: 1_000, multiplier: 2, maxMs: 60_000 } })
  })

  test('a service that stays down fails the run, and a resume goes on from the last checkpoint', () => {
    let broken = true
    let resumed = 0
    const simulated = simulate(
      definition,
      { ...documentAgents, enrich: () => (broken ? down : { output: documentOutputs['enrich'] ?? null }) },
      {
        ...options,
        interfere: (_before, event, { state }) => {
          if (state.status !== 'failed' || resumed > 0) return []
          expect(state.error?.code).toBe('REFERENCE_SERVICE_DOWN')
          resumed += 1
          broken = false
          return [{ type: 'ResumeRequested', at: event.at + 1, by: 'an-operator', checkpoint: null }]
        },
      },
    )
    expect(simulated.state.status).toBe('completed')
    const counts = new Map<string, number>()
    for (const { step } of dispatchedOf(simulated)) counts.set(step, (counts.get(step) ?? 0) + 1)
    expect(Object.fromEntries(counts)).toMatchObject({ ingest: 1, enrich: 2, summarize: 1 })
  })

  test('inputs fit their contracts, given outputs that do', () => {
    for (const { input, inputContract, outputContract, step } of dispatchedOf(
      simulate(definition, documentAgents, options),
    ))
      for (const [id, value] of [
        [inputContract, input],
        [outputContract, documentOutputs[step]],
      ] as const) {
        const type = contractById(String(id))
        if (!type) throw new Error(`no contract ${String(id)}`)
        expect(() => parseContract(type, value), `${String(id)} of ${step}`).not.toThrow()
      }
    expect(checkDefinition(definition, { resolveContract: (id) => contractById(id) !== undefined })).toEqual([])
  })
})

test('entities are extracted before they are looked up', () => {
  const order = (definition: typeof documentPipeline) =>
    dispatchedOf(simulate(definition, documentAgents, options)).map(({ step }) => step)
  expect(order(documentPipeline)).toEqual(['ingest', 'enrich', 'summarize'])
  expect(order(entityPipeline)).toEqual(['ingest', 'extract', 'enrich', 'summarize'])
  const enrich = dispatchedOf(simulate(entityPipeline, documentAgents, options)).find(({ step }) => step === 'enrich')
  expect(enrich?.input).toMatchObject({ terms: ['Harbour Authority', 'ferry', 'noise'] })
})
