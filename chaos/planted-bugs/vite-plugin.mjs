import fs from 'node:fs'
import path from 'node:path'
import { bugsOf, plant } from './plant.mjs'

const repoDir = path.resolve(import.meta.dirname, '../..')

/**
 * Plants bugs into the sources that specs load. They are planted into what the file holds, before anything else changes it.
 * @param {string | undefined} names separated by commas
 * @returns {import('vite').Plugin[]}
 */
export const plantedBugs = (names) => {
  const bugs = bugsOf(names)
  if (bugs.length === 0) return []
  return [
    {
      name: 'planted-bugs',
      enforce: 'pre',
      load: (id) => {
        const file = path.relative(repoDir, id.split('?')[0] ?? id)
        const here = bugs.filter((bug) => bug.file === file)
        return here.length === 0 ? null : here.reduce(plant, fs.readFileSync(path.join(repoDir, file), 'utf8'))
      },
    },
  ]
}
