import { createHash } from 'node:crypto'
import { defineAgent, type Agent } from '@flotilla/agent-sdk'
import {
  type ReportReceipt,
  type ResearchReport,
  ResearchSendInput,
  ResearchSendOutput,
  ResearchSynthesizeInput,
  ResearchSynthesizeOutput,
} from '@flotilla/contracts'
import { synthesizeReport } from './synthesize-report.js'

/** What reports are sent through; the same key sends one message, however often it is asked. */
export interface Mailer {
  readonly send: (
    mail: { readonly to: string; readonly report: ResearchReport },
    call: { readonly idempotencyKey: string },
  ) => Promise<ReportReceipt>
}

/** A mailer that delivers nothing: its receipt follows from the key alone, as a faithful service's would. */
export const localMailer: Mailer = {
  send: (_mail, { idempotencyKey }) =>
    Promise.resolve({ messageId: createHash('sha256').update(idempotencyKey).digest('hex').slice(0, 24) }),
}

/** Writes one report of what was found about the parts of a topic. */
export const synthesizeAgent = defineAgent('research.synthesize', {
  input: ResearchSynthesizeInput,
  output: ResearchSynthesizeOutput,
  run: async (input, { tool }) => ({ report: await tool('synthesize', () => synthesizeReport(input)) }),
})

/** Sends a report: once, however often the step is sent out. */
export const makeSendAgent = (mailer: Mailer) =>
  defineAgent('research.send', {
    input: ResearchSendInput,
    output: ResearchSendOutput,
    run: async ({ report, addressee: to }, { effect }) => ({
      receipt: await effect('send-report', 'report', (call) => mailer.send({ to, report }, call)),
    }),
  })

/** The agents that make a report and send it. */
export const makeReportAgents = (mailer: Mailer): readonly Agent[] => [synthesizeAgent, makeSendAgent(mailer)]
