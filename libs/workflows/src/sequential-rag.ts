import type { WorkflowDefinition } from '@flotilla/engine'
import { briefRetry } from './brief-steps.js'

/**
 * Retrieve, augment, generate, validate: one after the other, a checkpoint after each, so that a resume or a fork goes on
 * behind the step that was paid for. An answer that does not stand in its passages is never given.
 */

const deadlineMs = 60_000

/** `sequential_rag` version 1. */
export const sequentialRag: WorkflowDefinition = {
  name: 'sequential_rag',
  version: 1,
  title: 'Sequential RAG',
  description: 'Answers a question from the policies; what its passages do not bear out is refused.',
  semantics: 1,
  input: 'sequential_rag.input.v1',
  deadlineMs: 10 * 60_000,
  checkpoint: 'after',
  retry: briefRetry,
  initial: 'retrieve',
  states: [
    {
      kind: 'agent',
      name: 'retrieve',
      title: 'Retrieve',
      weight: 25,
      path: 'happy',
      agent: 'research.extract',
      input: { topic: 'input.question' },
      inputContract: 'research.extract.input.v1',
      outputContract: 'research.extract.output.v1',
      deadlineMs,
      outcome: 'size(output.quotes) > 0 ? "retrieved" : "nothing_found"',
      transitions: [
        {
          on: 'retrieved',
          to: 'augment',
          assign: [
            { to: 'sources', from: 'output.sources' },
            { to: 'quotes', from: 'output.quotes' },
          ],
        },
        { on: 'nothing_found', to: 'nothing_found' },
      ],
    },
    {
      kind: 'agent',
      name: 'augment',
      title: 'Augment',
      weight: 25,
      path: 'happy',
      agent: 'research.augment',
      input: { question: 'input.question', sources: 'data.sources', quotes: 'data.quotes' },
      inputContract: 'research.augment.input.v1',
      outputContract: 'research.augment.output.v1',
      deadlineMs,
      transitions: [
        {
          on: 'done',
          to: 'generate',
          assign: [
            { to: 'passages', from: 'output.passages' },
            { to: 'prompt', from: 'output.prompt' },
          ],
        },
      ],
    },
    {
      kind: 'agent',
      name: 'generate',
      title: 'Generate',
      weight: 25,
      path: 'happy',
      agent: 'research.generate',
      input: { question: 'input.question', passages: 'data.passages', prompt: 'data.prompt' },
      inputContract: 'research.generate.input.v1',
      outputContract: 'research.generate.output.v1',
      deadlineMs,
      transitions: [
        {
          on: 'done',
          to: 'validate',
          assign: [
            { to: 'answer', from: 'output.answer' },
            { to: 'citations', from: 'output.citations' },
          ],
        },
      ],
    },
    {
      kind: 'agent',
      name: 'validate',
      title: 'Validate',
      weight: 25,
      path: 'happy',
      agent: 'research.validate',
      input: { answer: 'data.answer', citations: 'data.citations', passages: 'data.passages' },
      inputContract: 'research.validate.input.v1',
      outputContract: 'research.validate.output.v1',
      deadlineMs,
      outcome: 'output.grounded ? "grounded" : "ungrounded"',
      transitions: [
        { on: 'grounded', to: 'answered' },
        { on: 'ungrounded', to: 'ungrounded' },
      ],
    },
    {
      kind: 'end',
      name: 'answered',
      title: 'Answered',
      status: 'completed',
      result: { answer: 'data.answer', citations: 'data.citations' },
    },
    {
      kind: 'end',
      name: 'ungrounded',
      title: 'Not borne out',
      path: 'error',
      status: 'failed',
      error: { code: 'UNGROUNDED', message: 'the answer says what its passages do not' },
    },
    {
      kind: 'end',
      name: 'nothing_found',
      title: 'Nothing found',
      path: 'error',
      status: 'failed',
      error: { code: 'NOTHING_FOUND', message: 'no policy says anything about the question' },
    },
  ],
}
