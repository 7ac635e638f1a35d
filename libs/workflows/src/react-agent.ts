import type { SubWorkflowState, WorkflowDefinition } from '@flotilla/engine'
import { briefRetry } from './brief-steps.js'

/**
 * Reason and act: a reasoner says which tools to call, the tools answer, until it gives an answer. The loop is a sub-graph
 * with a state of its own; the engine keeps the cap, whatever the reasoner wants: it goes on to act only while fewer than
 * ten calls were made, and enters neither state more than eleven times.
 */

const toolCallsMax = 10
const deadlineMs = 30_000

const loop: SubWorkflowState = {
  kind: 'workflow',
  name: 'loop',
  title: 'Reason and act',
  weight: 95,
  path: 'happy',
  workflow: 'react-loop',
  version: 1,
  input: { messages: 'data.messages' },
  body: {
    initial: 'observe',
    states: [
      {
        kind: 'set',
        name: 'observe',
        title: 'Observe',
        assign: [
          { to: 'messages', from: 'input.messages', reducer: 'append' },
          { to: 'tool_calls_made', from: '0' },
        ],
        transitions: [{ on: 'done', to: 'reason' }],
      },
      {
        kind: 'agent',
        name: 'reason',
        title: 'Reason',
        weight: 1,
        maxVisits: toolCallsMax + 1,
        checkpoint: 'after',
        agent: 'research.reason',
        input: { messages: 'data.messages' },
        inputContract: 'research.reason.input.v1',
        outputContract: 'research.reason.output.v1',
        deadlineMs,
        outcome: 'size(output.message.tool_calls) > 0 ? "tool_calls" : "answer"',
        transitions: [
          {
            on: 'tool_calls',
            when: `data.tool_calls_made < ${toolCallsMax}`,
            to: 'act',
            assign: [
              { to: 'messages', from: 'output.message', reducer: 'append' },
              { to: 'answer_so_far', from: 'output.answer_so_far' },
            ],
          },
          { on: 'tool_calls', to: 'capped', assign: [{ to: 'answer_so_far', from: 'output.answer_so_far' }] },
          {
            on: 'answer',
            to: 'answered',
            assign: [
              { to: 'messages', from: 'output.message', reducer: 'append' },
              { to: 'final_answer', from: 'output.final_answer' },
            ],
          },
        ],
      },
      {
        kind: 'agent',
        name: 'act',
        title: 'Act',
        weight: 1,
        maxVisits: toolCallsMax,
        agent: 'research.act',
        input: { messages: 'data.messages' },
        inputContract: 'research.act.input.v1',
        outputContract: 'research.act.output.v1',
        deadlineMs,
        transitions: [
          {
            on: 'done',
            to: 'reason',
            assign: [
              { to: 'messages', from: 'output.messages', reducer: 'append' },
              { to: 'tool_calls_made', from: 'output.calls', reducer: 'sum' },
            ],
          },
        ],
      },
      {
        kind: 'end',
        name: 'answered',
        title: 'Answered',
        status: 'completed',
        result: {
          final_answer: 'data.final_answer',
          messages: 'data.messages',
          tool_calls_made: 'data.tool_calls_made',
          capped: 'false',
        },
      },
      {
        kind: 'end',
        name: 'capped',
        title: 'Out of calls',
        path: 'edge',
        status: 'completed',
        result: {
          final_answer: 'data.answer_so_far',
          messages: 'data.messages',
          tool_calls_made: 'data.tool_calls_made',
          capped: 'true',
        },
      },
    ],
  },
  transitions: [
    {
      on: 'done',
      to: 'finish',
      assign: [
        { to: 'final_answer', from: 'output.final_answer' },
        { to: 'tool_calls_made', from: 'output.tool_calls_made' },
        { to: 'capped', from: 'output.capped' },
        { to: 'messages', from: 'output.messages' },
      ],
    },
  ],
}

/** `react_agent` version 1. */
export const reactAgent: WorkflowDefinition = {
  name: 'react_agent',
  version: 1,
  title: 'ReAct agent',
  description: 'Answers a question about the policies by reasoning and calling tools in turn, at most ten calls.',
  semantics: 1,
  input: 'react_agent.input.v1',
  deadlineMs: 30 * 60_000,
  retry: briefRetry,
  initial: 'ask',
  states: [
    {
      kind: 'set',
      name: 'ask',
      title: 'Ask',
      weight: 5,
      path: 'happy',
      assign: [{ to: 'messages', from: '{"role": "user", "content": input.question}', reducer: 'append' }],
      transitions: [{ on: 'done', to: 'loop' }],
    },
    loop,
    {
      kind: 'end',
      name: 'finish',
      title: 'Finish',
      status: 'completed',
      result: {
        final_answer: 'data.final_answer',
        tool_calls_made: 'data.tool_calls_made',
        capped: 'data.capped',
        messages: 'data.messages',
      },
    },
  ],
}
