import { defineAgent, type Agent } from '@flotilla/agent-sdk'
import {
  ResearchGatherInput,
  ResearchGatherOutput,
  ResearchPlanInput,
  ResearchPlanOutput,
  ResearchWorkInput,
  ResearchWorkOutput,
  TerminalError,
} from '@flotilla/contracts'
import type { Corpus } from '../corpus/make-corpus.js'
import { gatherFound, planTasks, readSource } from './extract-sources.js'

/** The supervisor splits a topic into tasks, one source each. */
export const makePlanAgent = (corpus: Corpus) =>
  defineAgent('research.plan', {
    input: ResearchPlanInput,
    output: ResearchPlanOutput,
    run: (input, { tool }) => tool('search', () => planTasks(corpus, input)),
  })

/** A worker reads one source. */
export const makeWorkAgent = (corpus: Corpus) =>
  defineAgent('research.work', {
    input: ResearchWorkInput,
    output: ResearchWorkOutput,
    run: async ({ task }, { tool }) => {
      const read = await tool('extract', () => readSource(corpus, task))
      if (!read) throw new TerminalError('SOURCE_UNKNOWN')
      return read
    },
  })

/** The supervisor looks at what came back. */
export const gatherAgent = defineAgent('research.gather', {
  input: ResearchGatherInput,
  output: ResearchGatherOutput,
  run: (input) => gatherFound(input),
})

/** A supervisor and its workers. */
export const makeSupervisorAgents = (corpus: Corpus): readonly Agent[] => [
  makePlanAgent(corpus),
  makeWorkAgent(corpus),
  gatherAgent,
]
