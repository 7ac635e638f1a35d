import { defineAgent, type Agent } from '@flotilla/agent-sdk'
import {
  type ReactMessage,
  ResearchActInput,
  ResearchActOutput,
  ResearchReasonInput,
  ResearchReasonOutput,
} from '@flotilla/contracts'
import type { Corpus } from '../corpus/make-corpus.js'
import { reasonNext } from './reason.js'
import { useTool } from './use-tool.js'

/** Decides from the conversation what to do next. */
export const reasonAgent = defineAgent('research.reason', {
  input: ResearchReasonInput,
  output: ResearchReasonOutput,
  run: ({ messages }) => reasonNext(messages),
})

/** Carries out the tool calls of the last message. */
export const makeActAgent = (corpus: Corpus) =>
  defineAgent('research.act', {
    input: ResearchActInput,
    output: ResearchActOutput,
    run: async ({ messages }, { tool }) => {
      const results: ReactMessage[] = []
      for (const call of messages.at(-1)?.tool_calls ?? []) {
        const result = await tool(call.name, () => useTool(corpus, call))
        results.push({ role: 'tool', content: JSON.stringify(result), tool_calls: null, tool_call_id: call.id })
      }
      return { messages: results, calls: results.length }
    },
  })

/** The agents of the loop of reasoning and acting. */
export const makeReactAgents = (corpus: Corpus): readonly Agent[] => [reasonAgent, makeActAgent(corpus)]
