import { createHash } from 'node:crypto'
import { defineAgent, type Agent } from '@flotilla/agent-sdk'
import {
  type NoticeReceipt,
  type ProposedAction,
  ResearchExecuteInput,
  ResearchExecuteOutput,
  ResearchProposeInput,
  ResearchProposeOutput,
} from '@flotilla/contracts'
import type { Corpus } from '../corpus/make-corpus.js'
import { proposeAction } from './propose-action.js'

/** Where notices are published; the same key publishes one notice, however often it is sent. */
export interface NoticeBoard {
  readonly publish: (notice: ProposedAction, call: { readonly idempotencyKey: string }) => Promise<NoticeReceipt>
}

/** A notice board that keeps nothing: its receipt follows from the key alone, as a faithful board's would. */
export const localNoticeBoard: NoticeBoard = {
  publish: ({ addressee }, { idempotencyKey }) =>
    Promise.resolve({ receiptId: createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 24), addressee }),
}

/** Proposes what to do about a policy, with the reasons. Does nothing itself. */
export const makeProposeAgent = (corpus: Corpus) =>
  defineAgent('research.propose', {
    input: ResearchProposeInput,
    output: ResearchProposeOutput,
    run: (input, { tool }) => tool('propose', () => proposeAction(corpus, input)),
  })

/** Publishes the notice that was approved: once, however often the step is sent out. */
export const makeExecuteAgent = (board: NoticeBoard) =>
  defineAgent('research.execute', {
    input: ResearchExecuteInput,
    output: ResearchExecuteOutput,
    run: async ({ proposed_action: notice }, { effect }) => ({
      receipt: await effect('publish-notice', notice.policyId, (call) => board.publish(notice, call)),
    }),
  })

/** The agents that propose and act. */
export const makeActionAgents = (corpus: Corpus, board: NoticeBoard): readonly Agent[] => [
  makeProposeAgent(corpus),
  makeExecuteAgent(board),
]
