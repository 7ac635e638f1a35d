import { defineAgent } from '@flotilla/agent-sdk'
import { IncomeInput, IncomeOutput } from '@flotilla/contracts'
import { assessIncome } from './assess-income.js'

/** Tells from a bank statement what comes in, what has to go out, and whether the rest carries a payment. */
export const incomeAgent = defineAgent('income', {
  input: IncomeInput,
  output: IncomeOutput,
  run: async (input, { progress, tool }) => {
    const output = await tool('statement-income', () => assessIncome(input))
    progress(1, 'Income assessed')
    return output
  },
})
