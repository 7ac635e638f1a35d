/** What any state may say. */
const everywhere = [
  'type',
  'title',
  'weight',
  'path',
  'max_visits',
  'on',
  'on_enter',
  'on_exit',
  'timeout',
  'checkpoint',
  'checkpoint_frequency',
  'artifact_output',
  'description',
]

/** The kinds of states, with the members that are theirs alone; one of `signs` tells the kind where `type` does not. */
export const kinds = {
  final: { signs: [], members: ['status', 'error', 'result'] },
  choice: { signs: ['choice'], members: ['choice'] },
  map: {
    signs: ['for_each'],
    members: ['for_each', 'concurrency', 'items_max', 'on_item_failure', 'initial', 'states', 'input', 'outputs'],
  },
  parallel: {
    signs: ['branches', 'agents'],
    members: ['branches', 'agents', 'join', 'on_branch_failure', 'input', 'inputs', 'outputs', 'retry'],
  },
  workflow: { signs: ['workflow'], members: ['workflow', 'version', 'input', 'inputs', 'detached', 'outputs'] },
  agent: {
    signs: ['agent', 'invoke'],
    members: [
      'agent',
      'invoke',
      'input',
      'inputs',
      'outputs',
      'outcome',
      'input_contract',
      'output_contract',
      'queue',
      'queue_timeout',
      'retry',
      'effects',
      'compensate',
    ],
  },
  human_gate: {
    signs: ['waiting_for', 'shows', 'on_approve', 'on_reject'],
    members: ['waiting_for', 'shows', 'outcomes', 'deciders', 'remind_every', 'escalate'],
  },
  set: { signs: ['assign'], members: ['assign'] },
  wait: { signs: ['wait', 'until', 'event'], members: ['wait', 'until', 'event', 'correlate'] },
} as const satisfies Readonly<
  Record<string, { readonly signs: readonly string[]; readonly members: readonly string[] }>
>

export type YamlKind = keyof typeof kinds

/** Every kind by its name. */
export const kindNames = Object.keys(kinds) as readonly YamlKind[] // the keys of the constant above

/** Members that a state of a kind may have. */
export const membersOfKind = (kind: YamlKind): readonly string[] => [...everywhere, ...kinds[kind].members]
