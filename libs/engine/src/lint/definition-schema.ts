import type { JsonObject } from '../json.js'

/** The JSON Schema of a workflow definition: what `definition.ts` says, for JSON that comes from outside. */

const name = { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$' }
const text = { type: 'string', minLength: 1, maxLength: 500 }
const expression = { type: 'string', minLength: 1, maxLength: 2_000 }
const milliseconds = { type: 'integer', minimum: 1, maximum: 3_155_760_000_000 }
const nullable = (schema: JsonObject): JsonObject => ({ ...schema, nullable: true })

const object = (properties: JsonObject, required: readonly string[] = []): JsonObject => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const list = (items: JsonObject, minItems = 0): JsonObject => ({ type: 'array', items, minItems, maxItems: 1_000 })

/** Names that could reach a prototype are no members of anything. */
const member = { type: 'string', pattern: '^(?!(__proto__|constructor|prototype)$)[^.\\u0000]{1,100}$' }
const mapping = { type: 'object', propertyNames: member, additionalProperties: expression }
const target = {
  type: 'string',
  pattern: '^(?!.*\\b(__proto__|constructor|prototype)\\b)[A-Za-z_][A-Za-z0-9_-]*(\\.[A-Za-z_][A-Za-z0-9_-]*){0,7}$',
}
const contractRef = { anyOf: [{ type: 'string', minLength: 1, maxLength: 200 }, { type: 'object' }] }

const assignment = object({ to: target, from: expression, reducer: { enum: ['replace', 'append', 'merge', 'sum'] } }, [
  'to',
  'from',
])
const action = {
  type: 'object',
  discriminator: { propertyName: 'do' },
  required: ['do'],
  oneOf: [
    object({ do: { const: 'log' }, message: text }, ['message']),
    object({ do: { const: 'notify' }, channel: text, message: text }, ['channel', 'message']),
    object({ do: { const: 'assign' }, assign: list(assignment) }, ['assign']),
  ],
}
const notice = {
  type: 'object',
  discriminator: { propertyName: 'do' },
  required: ['do'],
  oneOf: [
    object({ do: { const: 'log' }, message: text }, ['message']),
    object({ do: { const: 'notify' }, channel: text, message: text }, ['channel', 'message']),
  ],
}
const transition = object({ on: text, when: expression, to: name, assign: list(assignment), actions: list(action) }, [
  'to',
])
const retry = object(
  {
    attempts: { type: 'integer', minimum: 1, maximum: 100 },
    backoff: object(
      {
        delayMs: { type: 'integer', minimum: 0 },
        multiplier: { type: 'number', minimum: 1 },
        maxMs: { type: 'integer', minimum: 0 },
        jitter: { type: 'number', minimum: 0, maximum: 1 },
      },
      ['delayMs', 'multiplier', 'maxMs', 'jitter'],
    ),
    dispatches: { type: 'integer', minimum: 1, maximum: 100 },
  },
  ['attempts', 'backoff', 'dispatches'],
)
const checkpoint = {
  anyOf: [
    { const: false },
    { const: 'after' },
    object({ every: { type: 'integer', minimum: 1 }, of: expression }, ['every', 'of']),
    // Each is a turn of the orchestrator.
    object({ everyMs: { ...milliseconds, minimum: 100 } }, ['everyMs']),
  ],
}
const artifact = object({ name, type: text, mediaType: text, content: expression }, [
  'name',
  'type',
  'mediaType',
  'content',
])

const anyState = { $ref: '#/$defs/state' }
const region = { initial: name, states: list(anyState, 1) }
const branch = object(
  {
    name,
    ...region,
    requirement: { anyOf: [{ enum: ['required', 'optional'] }, object({ degraded: {} }, ['degraded'])] },
  },
  ['name', 'initial', 'states'],
)
const join = {
  type: 'object',
  discriminator: { propertyName: 'policy' },
  required: ['policy'],
  oneOf: [
    object({ policy: { const: 'all' } }),
    object({ policy: { const: 'any' } }),
    object({ policy: { const: 'k-of-n' }, k: { type: 'integer', minimum: 1 } }, ['k']),
    object({ policy: { const: 'quorum' } }),
    object({ policy: { const: 'until' }, deadlineMs: milliseconds, min: { type: 'integer', minimum: 0 } }, [
      'deadlineMs',
      'min',
    ]),
  ],
}

const state = (kind: string, properties: JsonObject, required: readonly string[] = []): JsonObject =>
  object(
    {
      kind: { const: kind },
      name,
      title: text,
      weight: { type: 'number', minimum: 0 },
      transitions: list(transition),
      entry: list(action),
      exit: list(action),
      checkpoint,
      artifacts: list(artifact),
      maxVisits: { type: 'integer', minimum: 1 },
      path: { enum: ['happy', 'error', 'edge'] },
      ...properties,
    },
    ['name', ...required],
  )

const onFailure = { enum: ['fail-fast', 'best-effort'] }
const onBranch = { enum: ['fail-fast', 'best-effort', 'by-environment'] }
const states = [
  state(
    'agent',
    {
      agent: text,
      queue: text,
      input: mapping,
      inputContract: contractRef,
      outputContract: contractRef,
      outcome: expression,
      retry,
      deadlineMs: milliseconds,
      queueDeadlineMs: nullable(milliseconds),
      effects: { enum: ['none', 'reversible', 'irreversible'] },
      compensate: object({ agent: text, queue: text, input: mapping }, ['agent', 'input']),
    },
    ['agent', 'input', 'inputContract', 'outputContract', 'deadlineMs'],
  ),
  state('set', { assign: list(assignment) }, ['assign']),
  state('choice', {}, ['transitions']),
  state('parallel', { branches: list(branch, 1), join, onBranchFailure: onBranch, deadlineMs: milliseconds }, [
    'branches',
    'join',
    'onBranchFailure',
  ]),
  state(
    'map',
    {
      ...region,
      items: expression,
      input: mapping,
      concurrency: { type: 'integer', minimum: 1 },
      itemsMax: { type: 'integer', minimum: 1, maximum: 100_000 },
      onItemFailure: onFailure,
      deadlineMs: milliseconds,
    },
    ['initial', 'states', 'items', 'concurrency', 'itemsMax', 'onItemFailure'],
  ),
  state(
    'human',
    {
      shows: mapping,
      outcomes: list(text),
      deadlineMs: milliseconds,
      deciders: object({ needed: { type: 'integer', minimum: 1 }, scope: text }, ['needed']),
      remindEveryMs: milliseconds,
      escalate: object({ afterMs: milliseconds, channel: text }, ['afterMs', 'channel']),
    },
    ['shows', 'deadlineMs'],
  ),
  state('wait', {
    forMs: expression,
    until: expression,
    signal: text,
    correlate: expression,
    deadlineMs: milliseconds,
  }),
  state(
    'workflow',
    {
      workflow: name,
      version: { type: 'integer', minimum: 1 },
      input: mapping,
      body: object({ ...region, deadlineMs: nullable(milliseconds) }, ['initial', 'states']),
      detached: { type: 'boolean' },
      deadlineMs: milliseconds,
    },
    ['workflow', 'version', 'input'],
  ),
  state(
    'end',
    {
      status: { enum: ['completed', 'failed'] },
      result: mapping,
      error: object({ code: text, message: text }, ['code', 'message']),
    },
    ['status'],
  ),
]

const trigger = {
  type: 'object',
  discriminator: { propertyName: 'kind' },
  required: ['kind'],
  oneOf: [
    object(
      {
        kind: { const: 'schedule' },
        name,
        cron: { type: 'string', minLength: 9, maxLength: 200 },
        timeZone: { type: 'string', minLength: 1, maxLength: 64 },
        input: {},
        missed: { enum: ['once', 'skip'] },
      },
      ['name', 'cron', 'input'],
    ),
    object(
      {
        kind: { const: 'completion' },
        name,
        workflow: name,
        status: { enum: ['completed', 'failed', 'cancelled'] },
        when: expression,
        input: mapping,
      },
      ['name', 'workflow', 'status', 'input'],
    ),
  ],
}

export const definitionSchema: JsonObject = {
  ...object(
    {
      name,
      version: { type: 'integer', minimum: 1 },
      title: text,
      description: { type: 'string', maxLength: 2_000 },
      semantics: { const: 1 },
      service: name,
      input: contractRef,
      output: contractRef,
      deadlineMs: nullable(milliseconds),
      checkpoint,
      retry,
      concurrency: object(
        { max: { type: 'integer', minimum: 1 }, behaviour: { enum: ['queue', 'reject'] }, key: expression },
        ['max', 'behaviour'],
      ),
      compensation: { enum: ['on-failure', 'on-request'] },
      triggers: list(trigger),
      onCancel: list(notice),
      cleanUpMs: { type: 'integer', minimum: 0 },
      ...region,
    },
    ['name', 'version', 'title', 'semantics', 'input', 'deadlineMs', 'initial', 'states'],
  ),
  $defs: {
    state: { type: 'object', discriminator: { propertyName: 'kind' }, required: ['kind'], oneOf: states },
  },
}
