import { defineAgent, type Agent } from '@flotilla/agent-sdk'
import { FraudInput, FraudOutput } from '@flotilla/contracts'
import { assessFraud } from './assess-fraud.js'
import { dayOf } from './calendar-day.js'
import { readIdentifiers } from './identifiers.js'
import { countVelocity } from './velocity.js'

/**
 * The fraud agent: velocity across applications, contact details, account, statement. `now` is the time of arrival in
 * epoch ms. Calling it again for the same application gives the same answer as long as no other application came.
 */
export const makeFraudAgent = (now: () => number = Date.now): Agent<FraudInput, FraudOutput> =>
  defineAgent('fraud', {
    input: FraudInput,
    output: FraudOutput,
    run: async (input, { facts, progress, signal, tool }) => {
      const question = {
        applicationId: input.applicationId,
        submittedDay: dayOf(input.submittedOn),
        arrivedAt: now(),
        identifiers: readIdentifiers(input),
      }
      const velocity = await tool('velocity', () => countVelocity(facts, question))
      signal.throwIfAborted()
      progress(0.5, 'Velocity counted')
      const output = await tool('statement-forensics', () => assessFraud(input, velocity))
      progress(1, 'Fraud checks complete')
      return output
    },
  })
