export type {
  AgentContext,
  EffectOptions,
  Facts,
  FactWindow,
  JsonObject,
  ModelUsage,
  ToolOptions,
} from './agent-context.js'
export { agentSettings, type AgentConfig, type QueueDefaults } from './agent-settings.js'
export { makeCircuitBreaker, type BreakerOptions, type CircuitBreaker } from './circuit-breaker.js'
export { defineAgent, type Agent } from './define-agent.js'
export { runAgentApp, type AgentApp } from './run-agent-app.js'
export { StopError, type StopCode } from './stop-error.js'
export {
  decimalNumber,
  flag,
  integer,
  json,
  oneOf,
  optional,
  text,
  url,
  type Env,
  type EnvFields,
} from '@flotilla/runtime'
