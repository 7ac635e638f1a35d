import { ContractError, type Problem } from '@flotilla/contracts'

/** A parsed query string: repeated names are lists. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>

const refuse = (name: string, code: string, detail: string): never => {
  const problem: Problem = { pointer: `/${name}`, code, detail }
  throw new ContractError('query', [problem])
}

/** The one value of a parameter, or null when it is absent or empty. */
export const textParam = (query: Query, name: string, lengthMax = 256): string | null => {
  const value = query[name]
  if (value === undefined || value === '') return null
  if (typeof value !== 'string') return refuse(name, 'REPEATED', 'may be given once')
  if (value.length > lengthMax) return refuse(name, 'MAX_LENGTH', `may have at most ${lengthMax} characters`)
  if (value.includes('\u0000') || !value.isWellFormed()) return refuse(name, 'NUL_CHARACTER', 'is not valid text')
  return value
}

/** An integer parameter within its range; `fallback` when absent. */
export const integerParam = (
  query: Query,
  name: string,
  { min, max, fallback }: { readonly min: number; readonly max: number; readonly fallback: number },
): number => {
  const value = textParam(query, name)
  if (value === null) return fallback
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
  return number >= min && number <= max ? number : refuse(name, 'RANGE', `must be an integer from ${min} to ${max}`)
}

/** One of the given words, or null when absent. */
export const wordParam = <const T extends string>(query: Query, name: string, words: readonly T[]): T | null => {
  const value = textParam(query, name)
  if (value === null) return null
  return words.find((word) => word === value) ?? refuse(name, 'IS_IN', `must be one of ${words.join(', ')}`)
}
