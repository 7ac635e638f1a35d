/** Names of queues, streams and channels in Redis. A queue's name never holds a colon, which BullMQ refuses. */

/** The queue of nudges that wake the orchestrator. */
export const runsQueue = 'runs'

/** The Redis stream on which agents answer. */
export const repliesStream = 'replies'

const part = /^[a-z0-9][a-z0-9-]{0,62}$/

/** `kyc`, `risk.pd`, `bench-kyc`: parts of lower-case letters, digits and hyphens, joined by points. */
export const isAgentName = (name: string): boolean => name.length <= 128 && name.split('.').every((p) => part.test(p))

/** The queue that serves an agent unless its definition names another: `risk.pd` is served by `agent.risk`. */
export const queueOfAgent = (agent: string): string => `agent.${agent.split('.')[0] ?? agent}`

/** The dead-letter queue beside an agent queue: `agent.kyc` has `dead.kyc`. */
export const deadQueueOf = (queue: string): string => `dead.${queue.startsWith('agent.') ? queue.slice(6) : queue}`

/** The agent queue beside a dead-letter queue: `dead.kyc` belongs to `agent.kyc`. */
export const queueOfDead = (dead: string): string => `agent.${dead.startsWith('dead.') ? dead.slice(5) : dead}`

/** What a job id says. */
export interface JobKey {
  readonly runId: string
  /** Path of the step; may hold points itself. */
  readonly step: string
  readonly dispatch: number
}

/** `<runId>.<step>.<dispatch>`: the same debt has the same id, so that sending it twice adds one job. */
export const jobIdOf = ({ runId, step, dispatch }: JobKey): string => `${runId}.${step}.${dispatch}`

/** Reads a job id back; null for one that is not ours. */
export const parseJobId = (jobId: string): JobKey | null => {
  const found = /^([^.]+)\.(.+)\.(\d+)$/.exec(jobId)
  const [, runId, step, dispatch] = found ?? []
  return runId && step && dispatch ? { runId, step, dispatch: Number(dispatch) } : null
}
