export { assessAffordability } from './assess-affordability.js'
export { decidePolicy } from './policy/decide-policy.js'
export { affordabilityAgent, pdAgent, policyAgent } from './risk-agents.js'
export { scorePd } from './scorecard/score-pd.js'
