import type { JsonObject } from '@flotilla/engine'
import type { Decision, LawfulWorld } from '@flotilla/engine/testing'

/** A document that waits for a signature. */
export const signOffRequest = {
  document: { id: 'handbook', version: 3, title: 'Handbook', summary: null, body: 'Lock your screen.' },
  waitingFor: 'head-of-training',
}

/** What `training.publish` answers. */
export const published: JsonObject = {
  publicationId: 'pub-0123456789abcdef',
  documentId: 'handbook',
  version: 3,
  sha256: '0'.repeat(64),
}

const signOffWorld = (...decisions: readonly (Decision | null)[]): LawfulWorld => {
  const walk = { outputs: () => [published] }
  return {
    agents: { publishing: () => ({ output: published }) },
    options: {
      input: signOffRequest,
      decide: ({ gate }) => decisions[gate === 'escalated' ? 1 : 0] ?? null,
    },
    walk,
  }
}

/** Worlds of `manager_sign_off`. */
export const signOffWorlds: Readonly<Record<string, LawfulWorld>> = {
  approved: signOffWorld({ decision: 'approve' }),
  rejected: signOffWorld({ decision: 'reject' }),
  'approved after the escalation': signOffWorld(null, { decision: 'approve' }),
  unanswered: signOffWorld(),
}
