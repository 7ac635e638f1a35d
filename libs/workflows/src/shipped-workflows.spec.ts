import { checkDefinition } from '@flotilla/engine'
import { expect, test } from 'vitest'
import { shippedWorkflows } from './index.js'

for (const definition of shippedWorkflows)
  test(`${definition.name} version ${definition.version} passes the linter and is plain JSON`, () => {
    const json: unknown = JSON.parse(JSON.stringify(definition))
    expect(json).toEqual(definition)
    expect(checkDefinition(json)).toEqual([])
  })
