import { lawsOf } from '@flotilla/engine/testing'
import { describe, expect, test } from 'vitest'
import { shippedWorkflows } from './index.js'
import { worlds } from './testing/worlds.js'

test.each(shippedWorkflows.map(({ name }) => name))('%s has a world to be tried in', (name) => {
  expect(Object.keys(worlds[name] ?? {}), `add one to testing/worlds.ts for ${name}`).not.toEqual([])
})

for (const definition of shippedWorkflows)
  for (const [story, world] of Object.entries(worlds[definition.name] ?? {}))
    describe(`${definition.name}, ${story}`, () => {
      for (const { fact, check } of lawsOf(definition, world))
        test(`law: ${fact}`, () => {
          expect(check).not.toThrow()
        })
    })
