import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'

/** The root of the repository. */
export const repoDir = path.resolve(import.meta.dirname, '..')

/** Text of a file of the repository. */
export const readText = (name: string): string => readFileSync(path.join(repoDir, name), 'utf8')

/** A YAML file of the repository with its merge keys applied, as `docker compose` and the collector read it. */
export const readYaml = (name: string): unknown => parse(readText(name), { merge: true })
