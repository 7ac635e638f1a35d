import type { KeyObject } from 'node:crypto'
import type { Sealer } from '@flotilla/queues'
import type { TargetPolicy } from '@flotilla/webhooks'
import type { TokenBuckets } from './http/token-bucket.js'
import type { Diagrams } from './workflows/diagram.js'
import type { KeyChecker } from './auth/make-key-checker.js'
import type { TokenChecker } from './auth/make-token-checker.js'
import type { QueuePorts, StorePorts } from './ports.js'
import type { Admission } from './runs/admission.js'
import type { Batcher } from './runs/submit-batcher.js'
import type { WorkflowCatalogue } from './runs/workflow-catalogue.js'
import type { Submission, Submitted } from '@flotilla/store'
import type { StreamLimits, StreamRegistry } from './streams/stream-registry.js'

/** Everything that routes work with: rooms behind the gateway, its memories and its limits. */
export interface Gateway {
  readonly store: StorePorts
  readonly queues: QueuePorts
  readonly keys: KeyChecker
  /** Null where no identity provider is configured. */
  readonly tokens: TokenChecker | null
  readonly catalogue: WorkflowCatalogue
  /** Signs heads of audits; null: they are not signed. */
  readonly auditKey: KeyObject | null
  readonly submissions: Batcher<Submission, Submitted>
  readonly admission: Admission
  readonly requestLimits: TokenBuckets
  readonly failureLimits: TokenBuckets
  readonly streams: StreamRegistry
  readonly streamLimits: StreamLimits
  readonly diagrams: Diagrams
  /** Opens and seals secrets of webhooks. */
  readonly sealer: Sealer
  readonly webhookPolicy: TargetPolicy
  readonly now: () => number
  /** Aborted when the process begins to stop. */
  readonly stopping: AbortSignal
  /** Told of a stream that ended because the store could not be read; its client resumes. */
  readonly onStreamError: (error: unknown) => void
}

/** Token under which Nest hands the gateway to controllers. */
export const GATEWAY = Symbol('gateway')
