/** Builders for specs: small, complete, and different only in what the test is about. */
import type { RunState } from '@flotilla/engine'
import { v7 } from 'uuid'
import type { AppliedRun, OwedJob } from './sql/applied-run.js'
import type { ClaimedRun } from './sql/read-claimed.js'
import type { Submission } from './sql/submit-runs.js'

/** A submission of tenant acme without an idempotency key. */
export const aSubmission = (given: Partial<Submission> = {}): Submission => ({
  runId: v7(),
  tenant: 'acme',
  workflow: 'bench-desk',
  version: 1,
  definitionHash: 'h1',
  priority: 1,
  input: { amount: 100 },
  tags: [],
  submittedBy: 'clerk',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  traceparent: null,
  idempotencyKey: null,
  fingerprint: null,
  ...given,
})

/** A state of a run that is under way. */
export const aState = (runId: string, given: Partial<RunState> = {}): RunState => ({
  semantics: 1,
  runId,
  submittedBy: 'clerk',
  status: 'running',
  startedAt: 1_795_000_000_000,
  finishedAt: null,
  dueAt: null,
  dispatchCount: 0,
  gateCount: 0,
  checkpointCount: 0,
  published: 0,
  progress: 0,
  scopes: { '': { input: { amount: 100 }, data: {} } },
  steps: {},
  gates: {},
  signals: {},
  artifacts: {},
  cancel: null,
  result: null,
  error: null,
  openings: 0,
  ...given,
})

/** What a tick did to a claimed run: nothing, unless given. */
export const anApplied = (run: ClaimedRun, given: Partial<AppliedRun> = {}): AppliedRun => ({
  runId: run.runId,
  tenantId: run.tenantId,
  workflow: run.workflow,
  submittedBy: run.submittedBy,
  traceId: run.traceId,
  priority: run.priority,
  orderKey: run.orderKey,
  state: aState(run.runId),
  position: run.position,
  nextDeadlineAt: null,
  inboxIds: [],
  history: [],
  owed: [],
  paid: [],
  openedGates: [],
  closedGates: [],
  checkpoints: [],
  artifacts: [],
  deadLetters: [],
  notifications: [],
  ...given,
})

/** A debt to agent kyc. */
export const anOwedJob = (given: Partial<OwedJob> = {}): OwedJob => ({
  step: 'kyc',
  dispatch: 1,
  visit: 1,
  queue: 'agent.kyc',
  agent: 'kyc',
  payload: { input: { name: 'x' }, decision: null },
  retry: { attempts: 3 },
  deadlineMs: 60_000,
  traceparent: null,
  ...given,
})
