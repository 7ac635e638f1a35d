import { defineAgent } from '@flotilla/agent-sdk'
import {
  RiskAffordabilityInput,
  RiskAffordabilityOutput,
  RiskPdInput,
  RiskPdOutput,
  RiskPolicyInput,
  RiskPolicyOutput,
} from '@flotilla/contracts'
import { assessAffordability } from './assess-affordability.js'
import { decidePolicy } from './policy/decide-policy.js'
import { scorePd } from './scorecard/score-pd.js'

/** Probability of default by the scorecard. */
export const pdAgent = defineAgent('risk.pd', {
  input: RiskPdInput,
  output: RiskPdOutput,
  run: async ({ features }, { progress, tool, usage }) => {
    const output = await tool('pd-scorecard', () => scorePd(features))
    usage({ model: output.model, inputTokens: 0, outputTokens: 0 })
    progress(1, 'Risk PD model complete')
    return output
  },
})

/** Whether the payment can be carried, as things stand and under stress. */
export const affordabilityAgent = defineAgent('risk.affordability', {
  input: RiskAffordabilityInput,
  output: RiskAffordabilityOutput,
  run: async ({ income, loan }, { progress, tool }) => {
    const output = await tool('affordability-stress', () => assessAffordability(income, loan))
    progress(1, 'Affordability assessed')
    return output
  },
})

/** The decision that the bank's rules propose. */
export const policyAgent = defineAgent('risk.policy', {
  input: RiskPolicyInput,
  output: RiskPolicyOutput,
  run: async (input, { progress, tool }) => {
    const output = await tool('policy-rules', () => decidePolicy(input))
    progress(1, 'Policy applied')
    return output
  },
})
