/** How values at rest are sealed: the one format that gateway, orchestrator and agents share. */
export { makeKeyWrapper, type KeyWrapper, type WrappedKey } from './data-keys.js'
export { makeKeyCache, type KeyCache } from './key-cache.js'
export { nextNonce, nonceBytes } from './next-nonce.js'
export { isSealed, openValue, sealValue, type SealedPlace } from './sealed-value.js'
export { parseKey, parseSealingKeys, sealingKeysShape, type SealingKeys } from './sealing-keys.js'
