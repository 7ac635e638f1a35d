import type { Json } from '@flotilla/engine'

/** Escapes that jsonb may refuse: NUL always, half of a surrogate pair where the other half is missing. */
const suspicious = /\\u(?:0000|d[89a-f])/i

const cleanText = (text: string): string => text.toWellFormed().replaceAll('\0', '\ufffd')

const clean = (value: Json): Json => {
  if (typeof value === 'string') return cleanText(value)
  if (Array.isArray(value)) return value.map(clean)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [cleanText(key), clean(member)]))
}

/** Whether JSON text holds no escape that jsonb could refuse; it may also hold none that it would. */
export const isPlainText = (json: string): boolean => !json.includes('\\u')

/**
 * JSON text that Postgres' jsonb takes: NUL and lone surrogates, which jsonb refuses, become U+FFFD. One hostile string in
 * one agent's answer would otherwise refuse the batch of every run that is saved with it.
 */
export const jsonText = (value: unknown): string => {
  const text = JSON.stringify(value)
  // Reparsed, so that toJSON, undefined members and the like are already settled.
  return !isPlainText(text) && suspicious.test(text) ? JSON.stringify(clean(JSON.parse(text) as Json)) : text // JSON.parse gives Json
}

/** A string that a text column takes: without NUL and lone surrogates. */
export const plainText = cleanText
