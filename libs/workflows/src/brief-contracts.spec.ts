import { contractById, parseContract } from '@flotilla/contracts'
import { checkDefinition, type JsonObject } from '@flotilla/engine'
import { simulate } from '@flotilla/engine/testing'
import { expect, test } from 'vitest'
import { briefWorkflows } from './brief-workflows.js'
import {
  actionOutputs,
  contractOutputs,
  hasAnswer,
  ragOutputs,
  reportOutputs,
  toolResult,
  wantsCall,
} from './testing/action-outputs.js'
import { briefOutputs, failedAudit, incompleteOutline, tooFewSources } from './testing/brief-world.js'
import { worlds } from './testing/worlds.js'

const parse = (id: string, value: unknown) => {
  const type = contractById(id)
  if (!type) throw new Error(`no contract ${id}`)
  return parseContract(type, value)
}

test.each(briefWorkflows.map((definition) => [definition.name, definition] as const))(
  'every contract that %s names is registered',
  (_, definition) => {
    expect(checkDefinition(definition, { resolveContract: (id) => contractById(id) !== undefined })).toEqual([])
  },
)

const outputs: readonly (readonly [string, JsonObject])[] = [
  ...Object.entries({ ...briefOutputs, ...actionOutputs, ...contractOutputs, ...reportOutputs, ...ragOutputs }),
  ['research.extract', tooFewSources],
  ['research.outline', incompleteOutline],
  ['research.verify', failedAudit],
  ['research.reason', wantsCall],
  ['research.reason', hasAnswer],
  ['research.act', toolResult],
]

test.each(outputs)('a simulated output of %s fits its contract', (agent, output) => {
  expect(() => parse(`${agent}.output.v1`, output)).not.toThrow()
})

for (const { name, ...definition } of briefWorkflows)
  for (const [story, { agents, options }] of Object.entries(worlds[name] ?? {}))
    test(`what agents are sent fits their contracts in ${name}, ${story}`, () => {
      const { commands } = simulate({ name, ...definition }, agents, options)
      const sent = commands.filter((command) => command.type === 'Dispatch')
      expect(sent.length).toBeGreaterThan(0)
      for (const { step, input, inputContract } of sent)
        expect(() => parse(String(inputContract), input), `input of ${step}`).not.toThrow()
    })
