export { makeAgentQueues, type AgentQueues, type OwedJob } from './agent-queues.js'
export { backoffMs, type Backoff } from './backoff.js'
export { checkEviction } from './check-eviction.js'
export { makeEvictionWatch } from './watch-eviction.js'
export { redisPlace, shardOf, type RedisPlace, type RedisSettings } from './connection.js'
export { holdTotal, type TotalHeld } from './hold-total.js'
export { JobFailure, type JobFate } from './job-failure.js'
export {
  makeQueueDesk,
  type DeadLetterMirror,
  type QueueCounts,
  type QueueDesk,
  type QueueWorker,
  type SilentFailure,
} from './queue-desk.js'
export { makeReplyReader, type ReplyEntry, type ReplyReader, type ReplyReaderOptions } from './reply-reader.js'
export { makeReplyWriter, type ReplyWriter } from './reply-writer.js'
export { makeRunsQueue, type Nudged, type Priority, type RunsQueue } from './runs-queue.js'
export { runsWorkerModule } from './runs-worker.js'
export { makeSealer, type SealedFor, type Sealer } from './seal.js'
export { parseKey, parseSealingKeys, sealingKeysShape, type SealingKeys } from '@flotilla/contracts/sealing'
export {
  listenForCancel,
  listenForHistory,
  makeSignalSender,
  type SignalListener,
  type SignalSender,
} from './signals.js'
export { openWebhookSecret, sealWebhookSecret } from './webhook-secret.js'
export { queuesModule, queueToken, workerModule, type WorkerJob, type WorkerSettings } from './worker-module.js'
