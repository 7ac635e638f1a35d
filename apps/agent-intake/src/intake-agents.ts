import { defineAgent } from '@flotilla/agent-sdk'
import { IntakeExtractInput, IntakeExtractOutput, IntakeParseInput, IntakeParseOutput } from '@flotilla/contracts'
import { extractFeatures } from './features/extract-features.js'
import { normaliseApplication } from './normalise/normalise-application.js'
import { parseApplication } from './parse-application.js'

/** Reads an application: one spelling, findings, arithmetic of the statement. */
export const parseAgent = defineAgent('intake.parse', {
  input: IntakeParseInput,
  output: IntakeParseOutput,
  run: async (input, { progress, tool }) => {
    const output = await tool('statement-arithmetic', () => parseApplication(input))
    progress(1, 'Application parsed')
    return output
  },
})

/** Derives the features that the score is computed from. */
export const extractAgent = defineAgent('intake.extract', {
  input: IntakeExtractInput,
  output: IntakeExtractOutput,
  run: async ({ application }, { progress, tool }) => {
    // Normalising what is normalised changes nothing; an application that was not is read all the same.
    const features = await tool('statement-features', () => extractFeatures(normaliseApplication(application)))
    progress(1, 'Features extracted')
    return { features }
  },
})
