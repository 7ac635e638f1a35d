import { defineAgent } from '@flotilla/agent-sdk'
import { ComplianceInput, ComplianceOutput } from '@flotilla/contracts'
import { checkCompliance } from './compliance/check-compliance.js'

/** Tells who is overdue with which training, by role. */
export const complianceAgent = defineAgent('training.compliance', {
  input: ComplianceInput,
  output: ComplianceOutput,
  run: async (input, { progress, tool }) => {
    const output = await tool('training-register', () => checkCompliance(input))
    progress(1, 'Register checked')
    return output
  },
})
