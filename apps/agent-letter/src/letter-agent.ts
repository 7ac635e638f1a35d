import { defineAgent, type Agent } from '@flotilla/agent-sdk'
import { LetterInput, LetterOutput } from '@flotilla/contracts'
import { writeLetter } from './write-letter.js'

/** The agent that writes the decision letter. */
export const makeLetterAgent = (): Agent<LetterInput, LetterOutput> =>
  defineAgent('letter.write', {
    input: LetterInput,
    output: LetterOutput,
    run: async (input, { progress, tool }) => {
      const output = await tool('write-letter', () => writeLetter(input))
      progress(1, 'Decision letter written')
      return output
    },
  })
