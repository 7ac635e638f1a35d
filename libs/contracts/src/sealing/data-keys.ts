/**
 * Keys of data, and the keys that wrap them.
 *
 * K1  A data key is 32 random bytes. It is stored wrapped, and nowhere else: who deletes the wrapped one has destroyed what
 *     it sealed, in every copy of the database.
 * K2  It is wrapped (AES-256-GCM) under the tenant's key-encryption key, which is derived (HKDF-SHA256, RFC 5869) from the
 *     ring's key of that id and stored nowhere. One that is moved to another tenant or run does not unwrap.
 * K3  Rotation wraps it again under another id; what it sealed is not touched.
 */
import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto'
import { CodedError } from '../errors.js'
import type { SealingKeys } from './sealing-keys.js'

/** A data key as it is stored. */
export interface WrappedKey {
  /** Id in the ring. */
  readonly keyId: string
  /** Nonce, ciphertext and tag. */
  readonly wrapped: Uint8Array
}

/** Whose data key it is: the run that heads its family. */
export interface KeyOwner {
  readonly tenantId: string
  readonly keyRunId: string
}

/** Makes, wraps and unwraps data keys with one ring. Keys are key objects: with bytes, Node makes one for each call. */
export interface KeyWrapper {
  /** The id that new keys are wrapped under. */
  readonly current: string
  /** A new data key, wrapped under the ring's current key. */
  readonly make: (owner: KeyOwner) => WrappedKey & { readonly key: KeyObject }
  /** Throws `CodedError` DATA_KEY_UNREADABLE: an id that the ring does not have, another ring, or another owner. */
  readonly unwrap: (owner: KeyOwner, stored: WrappedKey) => KeyObject
  /** The same data key under the ring's current key. Throws as `unwrap` does. */
  readonly rewrap: (owner: KeyOwner, stored: WrappedKey) => WrappedKey
  /** A key of the tenant itself, for what belongs to no run yet; derived, so it cannot be destroyed. Throws as `unwrap` does. */
  readonly ofTenant: (keyId: string, tenantId: string) => KeyObject
}

const nonceBytes = 12
const tagBytes = 16
const keyBytes = 32
const tenantsCached = 1_000

const associated = ({ tenantId, keyRunId }: KeyOwner, keyId: string): Buffer =>
  Buffer.from(JSON.stringify(['run_key', tenantId, keyRunId, keyId]))

/** A wrapper over a ring. */
export const makeKeyWrapper = (ring: SealingKeys): KeyWrapper => {
  const derived = new Map<string, KeyObject>()

  const derive = (purpose: 'kek' | 'tenant', keyId: string, tenantId: string): KeyObject => {
    const name = `${purpose}|${keyId}|${tenantId}`
    const cached = derived.get(name)
    if (cached) return cached
    const master = Object.hasOwn(ring.keys, keyId) ? ring.keys[keyId] : undefined
    if (!master) throw new CodedError('DATA_KEY_UNREADABLE')
    const key = createSecretKey(Buffer.from(hkdfSync('sha256', master, tenantId, `flotilla/${purpose}/v1`, keyBytes)))
    const oldest = derived.size >= tenantsCached ? derived.keys().next().value : undefined
    if (oldest !== undefined) derived.delete(oldest)
    derived.set(name, key)
    return key
  }

  const wrap = (owner: KeyOwner, key: KeyObject): WrappedKey => {
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv('aes-256-gcm', derive('kek', ring.current, owner.tenantId), nonce)
    cipher.setAAD(associated(owner, ring.current))
    return {
      keyId: ring.current,
      wrapped: Buffer.concat([nonce, cipher.update(key.export()), cipher.final(), cipher.getAuthTag()]),
    }
  }

  const unwrap = (owner: KeyOwner, { keyId, wrapped }: WrappedKey): KeyObject => {
    const kek = derive('kek', keyId, owner.tenantId)
    try {
      const data = Buffer.from(wrapped)
      const decipher = createDecipheriv('aes-256-gcm', kek, data.subarray(0, nonceBytes), { authTagLength: tagBytes })
        .setAAD(associated(owner, keyId))
        .setAuthTag(data.subarray(-tagBytes))
      const key = Buffer.concat([decipher.update(data.subarray(nonceBytes, -tagBytes)), decipher.final()])
      if (key.length !== keyBytes) throw new CodedError('DATA_KEY_UNREADABLE')
      return createSecretKey(key)
    } catch {
      throw new CodedError('DATA_KEY_UNREADABLE')
    }
  }

  return {
    current: ring.current,
    make: (owner) => {
      const key = createSecretKey(randomBytes(keyBytes))
      return { key, ...wrap(owner, key) }
    },
    unwrap,
    rewrap: (owner, stored) => wrap(owner, unwrap(owner, stored)),
    ofTenant: (keyId, tenantId) => derive('tenant', keyId, tenantId),
  }
}
