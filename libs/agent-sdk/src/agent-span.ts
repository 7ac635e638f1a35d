import type { StepJob } from '@flotilla/contracts'
import { attribute } from '@flotilla/telemetry'

/** Attributes of the span around one execution: GenAI, workflow and messaging names, and the older aliases. */
export const spanAttributes = (queue: string, job: StepJob, jobId: string, attempt: number) => ({
  [attribute.genAiOperation]: 'invoke_agent',
  [attribute.genAiAgent]: job.agent,
  [attribute.aliasAgent]: job.agent,
  [attribute.genAiWorkflow]: job.workflow,
  [attribute.genAiConversation]: job.runId,
  [attribute.workflowName]: job.workflow,
  [attribute.workflowVersion]: job.workflowVersion,
  [attribute.workflowRun]: job.runId,
  [attribute.workflowStep]: job.step,
  [attribute.workflowIteration]: job.visit,
  [attribute.workflowDispatch]: job.dispatch,
  [attribute.workflowAttempt]: attempt,
  [attribute.messagingSystem]: 'bullmq',
  [attribute.messagingOperation]: 'process',
  [attribute.messagingOperationType]: 'process',
  [attribute.messagingDestination]: queue,
  [attribute.messagingMessageId]: jobId,
  [attribute.messagingConversation]: job.runId,
})
