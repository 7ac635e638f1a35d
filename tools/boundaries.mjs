/**
 * Refuses imports across rooms that the architecture forbids: between projects by Nx's graph and the tags in each
 * package.json, of packages, Node modules and impure names by the sources. Checks the workspace it is run in.
 */
import fs from 'node:fs'
import path from 'node:path'
import { createProjectGraphAsync } from 'nx/src/devkit-exports.js'
import { checkProjects, checkSource } from './boundaries/check.mjs'
import { readSource } from './boundaries/read-source.mjs'

const root = process.cwd()

/** @returns {Promise<import('./boundaries/check.mjs').Project[]>} */
const readProjects = async () => {
  const graph = await createProjectGraphAsync({ exitOnError: true })
  return Object.entries(graph.nodes).map(([name, { data }]) => ({
    name,
    root: data.root,
    room: data.tags?.find((tag) => tag.startsWith('type:'))?.slice('type:'.length) ?? null,
    dependsOn: (graph.dependencies[name] ?? []).map(({ target }) => target),
  }))
}

/** @param {string} projectRoot @returns {string[]} files relative to the workspace */
const sourcesOf = (projectRoot) => {
  const src = path.join(root, projectRoot, 'src')
  if (!fs.existsSync(src)) return []
  return fs
    .readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/\.d\.ts$/.test(file) && !/(^|\/)generated\//.test(file))
    .map((file) => path.join(projectRoot, 'src', file))
}

const projects = await readProjects()
// Nx names a project as its package is named, which is what sources import.
const roomOfProject = new Map(projects.map(({ name, room }) => [name, room]))
let files = 0
const refusals = [
  ...checkProjects(projects),
  ...projects.flatMap((project) =>
    sourcesOf(project.root).flatMap((file) => {
      files += 1
      const source = readSource(file, fs.readFileSync(path.join(root, file), 'utf8'))
      return checkSource({ file, ...source }, project.room ?? '', roomOfProject)
    }),
  ),
]
for (const refusal of refusals) console.error(refusal)
console.log(`${projects.length} projects, ${files} files, ${refusals.length} boundary violations`)
process.exitCode = refusals.length === 0 ? 0 : 1
