/** The woven form of a built file, from its source; kept from one process to the next, as compiling takes a while. */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { bugsOf, plant } from '../planted-bugs/plant.mjs'
import { points } from './points.mjs'

const require = createRequire(import.meta.url)
const repoDir = path.resolve(import.meta.dirname, '../..')
const cacheDir = path.join(repoDir, '.nx/woven')
const weaver = fs.readFileSync(path.join(import.meta.dirname, 'weave.mjs'), 'utf8')

/** The source of a built file of ours, relative to the repository; null for any other. @param {string} file */
const sourceOf = (file) => {
  const relative = path.relative(repoDir, file)
  return /^(apps|libs)\/[^/]+\/dist\/.+\.js$/.test(relative)
    ? relative.replace('/dist/', '/src/').replace(/\.js$/, '.ts')
    : null
}

/** @param {string} name @param {string} text @param {readonly { name: string, call: string }[]} weavings */
const compile = (name, text, weavings) => {
  // Loaded only when something is to be compiled: it takes a third of a second.
  const ts = /** @type {typeof import('typescript')} */ (require('typescript'))
  const { weave } = /** @type {typeof import('./weave.mjs')} */ (require('./weave.mjs'))
  return ts.transpileModule(weave(name, text, weavings), {
    fileName: name,
    compilerOptions: {
      target: ts.ScriptTarget.ES2024,
      module: ts.ModuleKind.ESNext,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      useDefineForClassFields: false,
    },
  }).outputText
}

/**
 * JavaScript of a built file with its fail points and with the planted bugs that are named; null where it has neither.
 * @param {string} file absolute
 * @param {string | undefined} planted names of planted bugs, separated by commas
 */
export const wovenFile = (file, planted) => {
  const name = sourceOf(file)
  if (name === null) return null
  const weavings = points.filter((point) => point.file === name)
  const bugs = bugsOf(planted).filter((bug) => bug.file === name)
  if (weavings.length === 0 && bugs.length === 0) return null
  const text = bugs.reduce(plant, fs.readFileSync(path.join(repoDir, name), 'utf8'))
  // Of a call that a planted bug took away there is no point.
  const standing =
    bugs.length === 0 ? weavings : weavings.filter(({ call }) => text.replaceAll(/\s+/g, '').includes(call))
  const key = createHash('sha256')
    .update(JSON.stringify([name, text, standing, weaver, import.meta.url]))
    .digest('hex')
  const kept = path.join(cacheDir, `${key}.js`)
  if (fs.existsSync(kept)) return fs.readFileSync(kept, 'utf8')
  const compiled = compile(name, text, standing)
  fs.mkdirSync(cacheDir, { recursive: true })
  const part = `${kept}.${process.pid}`
  fs.writeFileSync(part, compiled)
  fs.renameSync(part, kept) // never half a file for a process that starts meanwhile
  return compiled
}
