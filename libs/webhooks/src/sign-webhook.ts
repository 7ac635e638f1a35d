/**
 * Signatures as Standard Webhooks has them (https://www.standardwebhooks.com): HMAC-SHA256 over `<id>.<timestamp>.<body>`.
 *
 * G1  The body is signed as the bytes that travel.
 * G2  A header may carry several signatures; one that a known secret made is enough: that is how secrets are rotated.
 * G3  Signatures are compared in constant time, and before the body is parsed.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** What is signed. `timestamp` in whole seconds since 1970. */
export interface SignedMessage {
  readonly id: string
  readonly timestamp: number
  readonly body: string | Uint8Array
}

const prefix = 'whsec_'
const secretBytes = 32
const secretBytesMin = 24
const secretBytesMax = 64
/** How many signatures of one header are looked at. */
const signaturesMax = 8

/** How old or how far ahead a timestamp may be, in seconds. */
export const toleranceS = 300

/** A new secret, to be shown once: `whsec_` and 32 random bytes in base64. */
export const makeWebhookSecret = (): string => `${prefix}${randomBytes(secretBytes).toString('base64')}`

/** The key in a secret. Throws an `Error` that repeats nothing of it when it is not `whsec_` and 24 to 64 bytes. */
export const keyOfSecret = (secret: string): Buffer => {
  const key = secret.startsWith(prefix) ? Buffer.from(secret.slice(prefix.length), 'base64') : Buffer.alloc(0)
  if (key.length < secretBytesMin || key.length > secretBytesMax) throw new Error('whsec_ and 24 to 64 bytes in base64')
  return key
}

const mac = (secret: string, { id, timestamp, body }: SignedMessage): Buffer =>
  createHmac('sha256', keyOfSecret(secret)).update(`${id}.${timestamp}.`).update(body).digest()

/** `webhook-signature`: one `v1,<base64>` per secret, with spaces between. */
export const signWebhook = (message: SignedMessage, secrets: readonly string[]): string =>
  secrets.map((secret) => `v1,${mac(secret, message).toString('base64')}`).join(' ')

/** Whether one of the signatures is one of the secrets' (G2, G3). Says nothing about the timestamp's age. */
export const isSignedBy = (message: SignedMessage, signature: string, secrets: readonly string[]): boolean => {
  const given = signature
    .split(' ', signaturesMax)
    .filter((one) => one.startsWith('v1,'))
    .map((one) => Buffer.from(one.slice(3), 'base64'))
  const expected = secrets.map((secret) => mac(secret, message))
  return given.some((one) => expected.some((other) => one.length === other.length && timingSafeEqual(one, other)))
}
