export {
  contract,
  contractById,
  contractId,
  contractIds,
  hostileMembers,
  Nested,
  NestedList,
  parseContract,
  type ContractClass,
  type ParseOptions,
} from './contract.js'
export { errorCodes, type ErrorCode } from './error-codes.js'
export {
  CodedError,
  ContractError,
  invariant,
  InvariantError,
  RetryableError,
  TerminalError,
  type Problem,
} from './errors.js'
export {
  deadQueueOf,
  isAgentName,
  jobIdOf,
  parseJobId,
  queueOfAgent,
  queueOfDead,
  repliesStream,
  runsQueue,
  type JobKey,
} from './queue/queue-names.js'
export { RunNudge } from './queue/run-nudge.js'
export { StepJob, traceparentPattern, type StepJobBody } from './queue/step-job.js'
export {
  replyKinds,
  StepReply,
  type ReplyKind,
  type ReplyUsage,
  type StepReplyBodies,
} from './queue/step-reply.js'
