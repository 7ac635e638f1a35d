import fs from 'node:fs'
import { survivors } from './survivors.mjs'

/** @typedef {import('./bugs.mjs').Bug} Bug */
/** @typedef {{ name: string, check: string | null, test: string | null }} Found */

const cell = (/** @type {string} */ text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

/**
 * Writes the table of bugs with what noticed each, and the survivors with the reason.
 * @param {string} file
 * @param {readonly Bug[]} bugs
 * @param {ReadonlyMap<string, Found>} found
 */
export const writeTable = (file, bugs, found) => {
  const tried = bugs.flatMap((bug) => {
    const one = found.get(bug.name)
    return one === undefined ? [] : [{ ...bug, ...one }]
  })
  const surviving = tried.filter(({ check }) => check === null)
  const lines = [
    '# Planted bugs',
    '',
    'Written by `node chaos/planted-bugs.mjs --write`. Each bug was planted alone; the first check that failed is named.',
    '',
    `${tried.length - surviving.length} of ${tried.length} are caught; ${bugs.length - tried.length} of ${bugs.length} were not tried in this campaign.`,
    '',
    '| bug | what it does | room | caught by |',
    '| --- | --- | --- | --- |',
    ...tried.map(
      ({ name, what, file: where, test }) =>
        `| ${name} | ${cell(what)} | \`${where.split('/').slice(0, 2).join('/')}\` | ${test === null ? 'nothing, see below' : cell(test)} |`,
    ),
    '',
    '## Survivors',
    '',
    ...(surviving.length === 0
      ? ['None.']
      : surviving.map(({ name }) => `- ${name}: ${survivors[name] ?? 'not explained.'}`)),
    '',
  ]
  fs.writeFileSync(file, lines.join('\n'))
}
