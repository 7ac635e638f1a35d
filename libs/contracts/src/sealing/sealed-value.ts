/**
 * Sealed values of columns.
 *
 * V1  AES-256-GCM with a fresh 96-bit nonce under a data key, which seals the values of one family of runs and no others:
 *     far below the bound of NIST SP 800-38D for random nonces.
 * V2  The associated data names table, column, run and row: a text that is put elsewhere does not open.
 * V3  Longer values are deflated first. Lengths are not hidden.
 * V4  What does not open is an error with a code; nothing of the value or the key is in it.
 */
import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { CodedError } from '../errors.js'
import { nextNonce, nonceBytes } from './next-nonce.js'

/** Where a value stands. */
export interface SealedPlace {
  readonly table: string
  readonly column: string
  /** The run that the row belongs to, or whatever else owns it. */
  readonly owner: string
  /** What names the row among those of its owner. */
  readonly row?: readonly (string | number)[]
}

/** No text of people begins so by chance; what does is refused when it is read, never believed. */
const prefix = '~sealed.1.'
const tagBytes = 16
/** Deflating a shorter one costs more than sealing it three times, and saves a few hundred bytes. */
const deflatedFrom = 1_000
/** A value is a body or a state: what inflates to more was not made by `sealValue`. */
const inflatedMax = 256 * 1024 * 1024
const plain = 0
const deflated = 1

const associated = ({ table, column, owner, row = [] }: SealedPlace): string =>
  // JSON, so that no member can reach over into the next.
  JSON.stringify([table, column, owner, ...row])

/** Seals JSON text: a string that says what it is, in base64 behind a prefix. `key` is of 32 bytes. */
export const sealValue = (key: KeyObject, place: SealedPlace, json: string): string => {
  const nonce = nextNonce()
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(associated(place)))
  const isLong = json.length >= deflatedFrom
  const body = isLong ? deflateRawSync(json, { level: 3 }) : Buffer.from(json)
  const parts = [nonce, cipher.update(Buffer.of(isLong ? deflated : plain)), cipher.update(body), cipher.final()]
  return prefix + Buffer.concat([...parts, cipher.getAuthTag()]).toString('base64')
}

/** Whether a stored value is a sealed one. */
export const isSealed = (stored: unknown): stored is string => typeof stored === 'string' && stored.startsWith(prefix)

/** The JSON value again. Throws `CodedError` DATA_UNREADABLE: another key, another place, or damaged. */
export const openValue = (key: KeyObject, place: SealedPlace, sealed: string): unknown => {
  try {
    const data = Buffer.from(sealed.slice(prefix.length), 'base64')
    const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, nonceBytes), { authTagLength: tagBytes })
      .setAAD(Buffer.from(associated(place)))
      .setAuthTag(data.subarray(-tagBytes))
    const opened = decipher.update(data.subarray(nonceBytes, -tagBytes))
    decipher.final()
    const body = opened.subarray(1)
    const text = opened[0] === deflated ? inflateRawSync(body, { maxOutputLength: inflatedMax }) : body
    return JSON.parse(text.toString('utf8'))
  } catch {
    throw new CodedError('DATA_UNREADABLE')
  }
}
