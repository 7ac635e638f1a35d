import { fileURLToPath } from 'node:url'
import { integer, optional, runAgentApp, text } from '@flotilla/agent-sdk'
import { makeKycAgent } from './kyc-agent.js'
import { loadIdentityRegistry } from './registry/load-identity-registry.js'
import { loadSanctionsList } from './screening/load-sanctions-list.js'

const shipped = (name: string): string => fileURLToPath(new URL(`../data/${name}`, import.meta.url))

await runAgentApp({
  name: 'agent-kyc',
  env: process.env,
  settings: {
    SANCTIONS_LIST_PATH: optional(text()),
    IDENTITY_REGISTRY_PATH: optional(text()),
    KYC_AGE_MIN: integer({ min: 0, max: 120, default: 18 }),
    KYC_AGE_MAX: integer({ min: 0, max: 150, default: 75 }),
  },
  agents: async (config) => [
    makeKycAgent({
      sanctions: await loadSanctionsList(config.SANCTIONS_LIST_PATH ?? shipped('sanctions-synthetic.csv')),
      registry: await loadIdentityRegistry(config.IDENTITY_REGISTRY_PATH ?? shipped('identity-registry.json')),
      ageMin: config.KYC_AGE_MIN,
      ageMax: config.KYC_AGE_MAX,
    }),
  ],
})
