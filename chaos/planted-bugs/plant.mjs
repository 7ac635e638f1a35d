/** Plants bugs into sources: each replaces one piece of text that stands exactly once in its file. */
import { bugs } from './bugs.mjs'

/** @typedef {import('./bugs.mjs').Bug} Bug */

/**
 * The source with a bug in it. Throws where the text does not stand exactly once: the table is behind the code then.
 * @param {string} source
 * @param {Bug} bug
 */
export const plant = (source, { name, file, find, replace }) => {
  const parts = source.split(find)
  if (parts.length !== 2) throw new Error(`${name}: what it replaces stands ${parts.length - 1} times in ${file}`)
  return parts.join(replace)
}

/**
 * @param {string | undefined} names separated by commas
 * @returns {readonly Bug[]} throws for a name that there is not
 */
export const bugsOf = (names) =>
  (names ?? '')
    .split(',')
    .filter((name) => name !== '')
    .map((name) => {
      const bug = bugs.find((one) => one.name === name)
      if (bug === undefined) throw new Error(`PLANTED: there is no bug ${name}`)
      return bug
    })
