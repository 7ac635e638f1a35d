/** A key ring: new texts are sealed with `current`, older ones open with the key that they name. */
export interface SealingKeys {
  readonly current: string
  /** 32 bytes each, by id. */
  readonly keys: Readonly<Record<string, Uint8Array>>
}

const keyBytes = 32
const idPattern = /^[A-Za-z0-9_-]{1,32}$/

/** What `SEALING_KEYS` must look like; for messages and the table of settings. */
export const sealingKeysShape = '{ "current": id, "keys": { id: 32 bytes in base64 } }'

/** 32 bytes from base64, base64url or hex; throws an `Error` that repeats nothing of them. */
export const parseKey = (text: unknown): Uint8Array => {
  const bytes =
    typeof text !== 'string'
      ? null
      : /^[0-9a-f]{64}$/i.test(text)
        ? Buffer.from(text, 'hex')
        : Buffer.from(text, 'base64')
  if (bytes?.length !== keyBytes) throw new Error('a key of 32 bytes in base64 or hex')
  return bytes
}

/** Reads a key ring from parsed JSON; throws an `Error` that says what is wanted and repeats no key. */
export const parseSealingKeys = (value: unknown): SealingKeys => {
  const refuse = (): never => {
    throw new Error(sealingKeysShape)
  }
  if (typeof value !== 'object' || value === null) return refuse()
  const { current, keys } = value as { current?: unknown; keys?: unknown } // members are checked below
  if (typeof current !== 'string' || typeof keys !== 'object' || keys === null) return refuse()
  const entries = Object.entries(keys).map(([id, key]): [string, Uint8Array] =>
    idPattern.test(id) ? [id, parseKey(key)] : refuse(),
  )
  if (!entries.some(([id]) => id === current)) return refuse()
  return { current, keys: Object.fromEntries(entries) }
}
