export { makeKycAgent, type KycDependencies } from './kyc-agent.js'
export type { IdentityRegistry, RegistryCall, RegistryResponse } from './registry/identity-registry.js'
export { loadIdentityRegistry, makeIdentityRegistry } from './registry/load-identity-registry.js'
export { loadSanctionsList } from './screening/load-sanctions-list.js'
