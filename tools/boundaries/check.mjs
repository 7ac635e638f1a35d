import { builtinModules } from 'node:module'
import { environmentReaders, impureNames, isListed, owners, rooms } from './rules.mjs'

/** @typedef {{ name: string, root: string, room: string | null, dependsOn: readonly string[] }} Project `room` and `dependsOn`: tags without `type:`, names of projects */
/** @typedef {ReturnType<typeof import('./read-source.mjs').readSource> & { file: string }} Source */

/**
 * Edges between projects that the table does not allow. An untagged project is one too: nobody said what it may do.
 * @param {readonly Project[]} projects
 * @returns {string[]}
 */
export const checkProjects = (projects) => {
  const byName = new Map(projects.map((project) => [project.name, project]))
  return projects.flatMap(({ name, room, dependsOn }) => {
    const rule = rooms[room ?? '']
    if (rule === undefined) return [`${name} has no tag that the table of rooms knows`]
    return dependsOn.flatMap((target) => {
      const other = byName.get(target)
      // Only npm packages are no projects; the sources are checked for those.
      if (other === undefined || rule.rooms.includes(other.room ?? '')) return []
      return [`${name} (${room}) must not import ${target} (${other.room})`]
    })
  })
}

/** `@scope/name/deep` to `@scope/name`. @param {string} specifier */
const packageOf = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

/** @param {string} specifier */
const isNodeModule = (specifier) => specifier.startsWith('node:') || builtinModules.includes(specifier)

/**
 * What one import breaks, null when nothing.
 * @param {string} room
 * @param {import('./read-source.mjs').Import} imported
 * @param {ReadonlyMap<string, string | null>} roomOfProject
 * @returns {string | null}
 */
const checkImport = (room, { specifier, typeOnly }, roomOfProject) => {
  const rule = rooms[room]
  if (rule === undefined || specifier.startsWith('.')) return null
  if (isNodeModule(specifier)) return rule.pure ? `must not import ${specifier}` : null
  const name = packageOf(specifier)
  const target = roomOfProject.get(name)
  if (target !== undefined) {
    if (!rule.rooms.includes(target ?? '')) return `must not import ${name}`
    return rule.typesOnly?.includes(target ?? '') && !typeOnly ? `may import only types of ${name}` : null
  }
  const owner = owners.find(({ packages }) => isListed(name, packages))
  if (owner && !isListed(room, owner.rooms)) return `must not import ${name}: only ${owner.rooms.join(' and ')} may`
  if (rule.onlyPackages && !isListed(name, rule.onlyPackages)) return `must not import ${name}`
  return rule.bannedPackages && isListed(name, rule.bannedPackages) && !owner ? `must not import ${name}` : null
}

/** Specs may import test tools and look at the environment; what they test may not. @param {string} file */
const isSpec = (file) => /\.spec\.tsx?$/.test(file)

/**
 * What a file breaks.
 * @param {Source} source `file` is relative to the repository
 * @param {string} room
 * @param {ReadonlyMap<string, string | null>} roomOfProject by package name
 * @returns {string[]}
 */
export const checkSource = (source, room, roomOfProject) => {
  const { file, imports, impure, environment } = source
  if (isSpec(file)) return []
  const refusals = imports.flatMap((imported) => {
    const refusal = checkImport(room, imported, roomOfProject)
    return refusal === null ? [] : [`${file}:${imported.line} (${room}) ${refusal}`]
  })
  const impurities = rooms[room]?.pure
    ? impure.map(({ name, line }) => `${file}:${line} (${room}) must not use ${name}: ${impureNames[name]}`)
    : []
  const readings = environmentReaders.some((pattern) => pattern.test(file))
    ? []
    : environment.map(({ line }) => `${file}:${line} (${room}) must not read process.env: only a process' main may`)
  return [...refusals, ...impurities, ...readings]
}
