import type { LawfulWorld } from '@flotilla/engine/testing'
import { briefAgents } from './brief-world.js'

const input = { topic: 'summer heat' }

/** The worlds of the workflows of agent-research, by workflow. */
export const briefWorlds: Readonly<Record<string, Readonly<Record<string, LawfulWorld>>>> = {
  policy_brief_v1: {
    'all well': { agents: briefAgents(), options: { input }, walk: { badDays: { deadlines: false } } },
  },
}
