import { defineAgent, type Agent } from '@flotilla/agent-sdk'
import {
  ResearchAugmentInput,
  ResearchAugmentOutput,
  ResearchGenerateInput,
  ResearchGenerateOutput,
  ResearchValidateInput,
  ResearchValidateOutput,
} from '@flotilla/contracts'
import { augmentQuestion, generateAnswer, validateAnswer } from './rag-steps.js'

/** Puts a question together with the passages that were retrieved for it. */
export const augmentAgent = defineAgent('research.augment', {
  input: ResearchAugmentInput,
  output: ResearchAugmentOutput,
  run: (input, { tool }) => tool('augment', () => augmentQuestion(input)),
})

/** Answers from the passages. */
export const generateAgent = defineAgent('research.generate', {
  input: ResearchGenerateInput,
  output: ResearchGenerateOutput,
  run: (input, { tool }) => tool('generate', () => generateAnswer(input)),
})

/** Finds what an answer says that its passages do not. */
export const validateAgent = defineAgent('research.validate', {
  input: ResearchValidateInput,
  output: ResearchValidateOutput,
  run: (input, { tool }) => tool('validate', () => validateAnswer(input)),
})

/** The agents that answer questions from passages. */
export const ragAgents: readonly Agent[] = [augmentAgent, generateAgent, validateAgent]
