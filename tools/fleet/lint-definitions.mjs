/**
 * Checks workflow definitions as the gateway does when they are registered. Runs on the fleet's own Node, started by
 * `lint-workflow.mjs`.
 */
import fs from 'node:fs'
import { readWorkflowYaml, WorkflowYamlError } from '@flotilla/builder'
import { contractById, jsonSchemaOf } from '@flotilla/contracts'
import { checkDefinition, InlineError, inlineWorkflows } from '@flotilla/engine'
import { whyNotCron } from '@flotilla/runtime'
import { shippedWorkflows } from '@flotilla/workflows'

/**
 * @typedef {import('@flotilla/engine').WorkflowDefinition} WorkflowDefinition
 * @typedef {import('@flotilla/engine').Finding & { line: number | null }} LocatedFinding
 * @typedef {{ definition: WorkflowDefinition, lineOf: (where: string) => number | null }} Given
 */

/** @type {import('@flotilla/engine').CheckOptions} */
const options = {
  resolveContract: (id) => contractById(id) !== undefined,
  contractSchema: (id) => {
    const type = contractById(id)
    return type && /** @type {import('@flotilla/engine').JsonObject} */ (jsonSchemaOf(type)) // a schema is JSON
  },
  whyNotSchedule: (schedule) => whyNotCron(schedule, new Date()),
}

/** @param {string} code @param {string} message @param {number | null} line @returns {LocatedFinding} */
const refusal = (code, message, line) => ({
  code,
  severity: 'error',
  where: '',
  message,
  fix: 'Register that workflow first, or give its file as well.',
  line,
})

/** @param {Given} given @param {readonly WorkflowDefinition[]} known @returns {LocatedFinding[]} */
const lint = ({ definition, lineOf }, known) => {
  /** @type {WorkflowDefinition} */
  let whole = definition
  try {
    whole = inlineWorkflows(definition, (name, version) =>
      known.find((other) => other.name === name && other.version === version),
    )
  } catch (error) {
    if (error instanceof InlineError) return [refusal(error.code, error.message, lineOf(''))]
    // Of a wrong shape, as the check will say.
  }
  return checkDefinition(whole, options).map((finding) => ({ ...finding, line: lineOf(finding.where) }))
}

/**
 * Reads a definition: YAML, short or plain, and JSON, which is YAML.
 * @param {string} text
 * @returns {Given | LocatedFinding[]} the definition, or why it cannot be read
 */
const read = (text) => {
  try {
    return readWorkflowYaml(text, { version: 1 })
  } catch (error) {
    if (!(error instanceof WorkflowYamlError)) throw error
    return error.problems.map(({ line, path, code, message, fix }) => ({
      code: `YAML_${code}`,
      severity: /** @type {const} */ ('error'),
      where: path,
      message,
      fix,
      line,
    }))
  }
}

/**
 * The findings of every definition; each may hold any other of them as a sub-workflow, and those that ship.
 * @param {readonly { name: string, text: string }[]} files
 * @returns {{ name: string, findings: LocatedFinding[] }[]}
 */
export const lintTexts = (files) => {
  const given = files.map(({ name, text }) => ({ name, found: read(text) }))
  const own = given.flatMap(({ found }) => (Array.isArray(found) ? [] : [found.definition]))
  return given.map(({ name, found }) => ({
    name,
    findings: Array.isArray(found) ? found : lint(found, [...own, ...shippedWorkflows]),
  }))
}

/** The findings of the definitions that ship. */
export const lintShipped = () =>
  shippedWorkflows.map((definition) => ({
    name: `${definition.name} version ${definition.version}`,
    findings: lint({ definition, lineOf: () => null }, shippedWorkflows),
  }))

/** @param {{ name: string, findings: LocatedFinding[] }} linted @returns {string[]} lines for people */
export const linesOf = ({ name, findings }) => [
  findings.length === 0 ? `${name}: nothing found` : name,
  ...findings.flatMap(({ severity, line, where, code, message, fix }) => [
    `  ${severity.padEnd(7)} ${code}  ${[line === null ? '' : `line ${line}`, where].filter(Boolean).join(', ')}`,
    `          ${message}`,
    `          ${fix}`,
  ]),
]

/** @param {string[]} paths @returns {number} the exit code: 1 where a definition would be refused */
export const lintDefinitions = (paths) => {
  const linted =
    paths.length === 0 ? lintShipped() : lintTexts(paths.map((name) => ({ name, text: fs.readFileSync(name, 'utf8') })))
  const findings = linted.flatMap((each) => each.findings)
  const errors = findings.filter(({ severity }) => severity === 'error').length
  for (const line of linted.flatMap(linesOf)) console.log(line)
  console.log(`${errors} errors, ${findings.length - errors} warnings`)
  return errors === 0 ? 0 : 1
}
