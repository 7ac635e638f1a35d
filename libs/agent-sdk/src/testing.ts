export { agentLaws, type Law } from './testing/agent-laws.js'
export { callAgent, type AgentCall, type CallOverrides } from './testing/call-agent.js'
export { aWorld, type KnownFact, type World } from './testing/world.js'
