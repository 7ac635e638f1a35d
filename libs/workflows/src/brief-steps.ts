import type { AgentState, RetryPolicy } from '@flotilla/engine'

/** What the workflows that make policy briefs share: the same agents, called with what the shared state holds. */

type Given = Pick<AgentState, 'transitions'> & Partial<AgentState>

/** Attempts, and their distances, of every agent that makes briefs. */
export const briefRetry: RetryPolicy = {
  attempts: 5,
  backoff: { delayMs: 500, multiplier: 2, maxMs: 60_000, jitter: 0.2 },
  dispatches: 3,
}

const agentDeadlineMs = 60_000

/** Searches for `input.topic`, and for what was found missing (`data.also`); gives `sources` and `quotes`. */
export const searchStep = (given: Given): AgentState => ({
  kind: 'agent',
  name: 'research',
  title: 'Research',
  path: 'happy',
  agent: 'research.extract',
  input: { topic: 'input.topic', constraints: 'input.constraints', also: 'data.also' },
  inputContract: 'research.extract.input.v1',
  outputContract: 'research.extract.output.v1',
  deadlineMs: agentDeadlineMs,
  ...given,
})

/** Plans the sections; gives `outline`. */
export const outlineStep = (given: Given): AgentState => ({
  kind: 'agent',
  name: 'outline',
  title: 'Outline',
  path: 'happy',
  agent: 'research.outline',
  input: { topic: 'input.topic', sources: 'data.sources', quotes: 'data.quotes', template: 'input.template' },
  inputContract: 'research.outline.input.v1',
  outputContract: 'research.outline.output.v1',
  deadlineMs: agentDeadlineMs,
  ...given,
})

/** Writes the sections, or revises them where there is a report; gives `draft`. */
export const draftStep = (given: Given): AgentState => ({
  kind: 'agent',
  name: 'draft',
  title: 'Draft',
  path: 'happy',
  agent: 'research.draft',
  input: {
    topic: 'input.topic',
    outline: 'data.outline',
    sources: 'data.sources',
    quotes: 'data.quotes',
    style_guide: 'input.style_guide',
    quotations: 'input.quotations',
    draft: 'data.draft',
    verification_report: 'data.verification_report',
  },
  inputContract: 'research.draft.input.v1',
  outputContract: 'research.draft.output.v1',
  deadlineMs: agentDeadlineMs,
  ...given,
})

/** Audits the draft; gives `verification_report`. */
export const verifyStep = (given: Given): AgentState => ({
  kind: 'agent',
  name: 'verify',
  title: 'Verify',
  path: 'happy',
  agent: 'research.verify',
  input: { draft: 'data.draft', style_guide: 'input.style_guide' },
  inputContract: 'research.verify.input.v1',
  outputContract: 'research.verify.output.v1',
  deadlineMs: agentDeadlineMs,
  ...given,
})

/** Applies the report and sets the brief; gives `final_brief`. */
export const finalizeStep = (given: Given): AgentState => ({
  kind: 'agent',
  name: 'finalize',
  title: 'Finalize',
  path: 'happy',
  agent: 'research.finalize',
  input: {
    draft: 'data.draft',
    sources: 'data.sources',
    verification_report: 'data.verification_report',
    style_guide: 'input.style_guide',
  },
  inputContract: 'research.finalize.input.v1',
  outputContract: 'research.finalize.output.v1',
  deadlineMs: agentDeadlineMs,
  ...given,
})
