import { readFile } from 'node:fs/promises'
import { ConfigError } from '@flotilla/runtime'
import type { IdentityRegistry } from './identity-registry.js'

type Entry =
  | { readonly status: 'valid' | 'revoked' }
  | {
      readonly behaviour: 'busy'
      readonly times: number
      readonly afterMs: number
      readonly status: 'valid' | 'revoked'
    }
  | { readonly behaviour: 'malformed' }

const isStatus = (value: unknown): value is 'valid' | 'revoked' => value === 'valid' || value === 'revoked'
const isCount = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most

const parseEntry = (value: unknown): Entry | null => {
  if (typeof value !== 'object' || value === null) return null
  const { status, behaviour, times, afterMs = 500 } = value as Readonly<Record<string, unknown>> // an object by the line above
  if (behaviour === 'malformed') return { behaviour }
  if (behaviour === 'busy' && isCount(times, 100) && isCount(afterMs, 60_000))
    return { behaviour, times, afterMs, status: isStatus(status) ? status : 'valid' }
  return behaviour === undefined && isStatus(status) ? { status } : null
}

/** A registry of the given documents, which answers as a provider would. Throws `ConfigError` for a wrong entry. */
export const makeIdentityRegistry = (documents: Readonly<Record<string, unknown>>): IdentityRegistry => {
  const entries = new Map<string, Entry>()
  const problems: string[] = []
  Object.entries(documents).forEach(([number, value], at) => {
    const entry = parseEntry(value)
    if (entry === null)
      problems.push(`IDENTITY_REGISTRY_PATH: entry ${at + 1} is none of valid, revoked, busy, malformed`)
    else entries.set(number, entry)
  })
  if (problems.length > 0) throw new ConfigError(problems)
  return {
    lookup: async (documentNumber, { attempt }) => {
      const entry = entries.get(documentNumber)
      if (entry === undefined) return { httpStatus: 404, body: null }
      if (!('behaviour' in entry)) return { httpStatus: 200, body: { status: entry.status } }
      if (entry.behaviour === 'malformed') return { httpStatus: 200, body: { state: 1 } }
      if (attempt <= entry.times) return { httpStatus: 429, body: null, retryAfterMs: entry.afterMs }
      return { httpStatus: 200, body: { status: entry.status } }
    },
  }
}

/** Reads the registry's file: a JSON object by document number. Throws `ConfigError` when it cannot be used. */
export const loadIdentityRegistry = async (path: string): Promise<IdentityRegistry> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError([`IDENTITY_REGISTRY_PATH: the file cannot be read (${error.code ?? 'unknown error'})`])
  })
  let documents: unknown
  try {
    documents = JSON.parse(text)
  } catch {
    throw new ConfigError(['IDENTITY_REGISTRY_PATH: the file is no JSON'])
  }
  if (typeof documents !== 'object' || documents === null || Array.isArray(documents))
    throw new ConfigError(['IDENTITY_REGISTRY_PATH: the file must hold a JSON object by document number'])
  return makeIdentityRegistry(documents as Readonly<Record<string, unknown>>) // an object by the check above
}
