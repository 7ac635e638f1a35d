import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { IntakeExtractOutput, parseContract } from '@flotilla/contracts'
import { scorecardFeatures } from '../scorecard/scorecard-features.js'
import type { FittingCase } from './cross-validate.js'

/**
 * One case from a line of what intake's `write-features` prints, `{ applicationId, features, outcome: { good } }`.
 * Throws `ContractError` for features that are none, `RangeError` for a case without outcome or without statement.
 */
export const parseCase = (line: string): FittingCase => {
  const row = JSON.parse(line) as { applicationId: string; features: unknown; outcome: { good?: unknown } | null } // checked below
  const { features } = parseContract(IntakeExtractOutput, { features: row.features })
  const good = row.outcome?.good
  if (typeof good !== 'boolean') throw new RangeError(`${row.applicationId} has no outcome`)
  const values = scorecardFeatures.map((feature) => {
    const value = feature.read(features)
    if (value === null) throw new RangeError(`${row.applicationId} has no ${feature.name}`)
    return value
  })
  return { applicationId: row.applicationId, values, bad: good ? 0 : 1 }
}

/**
 * The cases of a file of applications with outcomes. Their features come from the built intake agent, run as a process
 * of its own: a scorecard is fitted on what it will be served, and no agent imports another.
 */
export const readCases = (applications: string): FittingCase[] => {
  const script = new URL('../../../agent-intake/dist/write-features.js', import.meta.url).pathname
  if (!existsSync(script)) throw new RangeError('agent-intake is not built')
  const printed = execFileSync(process.execPath, [script, applications], { encoding: 'utf8', maxBuffer: 2 ** 28 })
  return printed
    .split('\n')
    .filter((line) => line !== '')
    .map(parseCase)
}
