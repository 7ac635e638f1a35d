/**
 * What may follow what, copied by hand from the documentation of runs, steps and shipped workflows: the checker's own
 * word against the product's.
 */

/** Status of a run -> what it may be after one event. */
export const runMoves = {
  created: ['running', 'waiting', 'completed', 'failed', 'cancelled'],
  running: ['running', 'waiting', 'completed', 'failed', 'cancelled'],
  waiting: ['running', 'waiting', 'completed', 'failed', 'cancelled'],
  completed: [],
  cancelled: [],
  failed: [],
}

/** Events that take up a failed run, or put a run into another state as a whole. */
export const reopening = new Set(['ResumeRequested', 'DeadLetterReplayed'])
export const transplanting = new Set(['ResumeRequested', 'DeadLetterReplayed', 'RunForked', 'RunMigrated'])

/** Status of a step within one visit -> what it may be after one event that is none of the above. */
export const stepMoves = {
  pending: ['skipped'],
  running: ['running', 'waiting', 'done', 'failed', 'cancelled'],
  waiting: ['running', 'waiting', 'done', 'failed', 'cancelled'],
  // A compound that is entered again makes what it holds pending again.
  done: ['pending'],
  failed: ['pending'],
  cancelled: ['pending'],
  skipped: ['pending'],
}

/** Last event of a stream's opening by the run's status. */
export const lastEvents = { completed: 'run.completed', failed: 'run.failed', cancelled: 'run.cancelled' }

/**
 * Edges of workflows that the checker knows by heart: `<path>`: where it leads. Branches and sub-workflows begin at their
 * first state; `end` is any end.
 * @type {Record<string, Record<string, readonly string[]>>}
 */
export const knownEdges = {
  'bench-desk@1': {
    '': ['intake'],
    intake: ['checks'],
    checks: ['kyc', 'fraud', 'income', 'risk'],
    kyc: ['end'],
    fraud: ['end'],
    income: ['end'],
    risk: ['decision'],
    decision: ['end'],
  },
  'credit-desk@1': {
    '': ['intake'],
    intake: ['extract'],
    extract: ['checks'],
    checks: ['kyc', 'fraud', 'income', 'features'],
    kyc: ['end'],
    fraud: ['end'],
    income: ['end'],
    features: ['risk_ensemble'],
    risk_ensemble: ['risk_ensemble.pd', 'decision'],
    'risk_ensemble.pd': ['risk_ensemble.affordability'],
    'risk_ensemble.affordability': ['risk_ensemble.policy'],
    'risk_ensemble.policy': ['end'],
    decision: ['letter', 'review'],
    review: ['letter'],
    letter: ['end'],
  },
  'chaos-fan@1': {
    ...{ '': ['checks'], checks: ['left', 'middle', 'right', 'join'] },
    ...{ left: ['end'], middle: ['end'], right: ['end'], join: ['end'] },
  },
  'chaos-loop@1': { '': ['turn'], turn: ['again'], again: ['turn', 'end'] },
  'chaos-map@1': { '': ['each'], each: ['each.#.item', 'end'], 'each.#.item': ['end'] },
  'chaos-gate@1': { '': ['prepare'], prepare: ['review'], review: ['act', 'end'], act: ['end'] },
  'chaos-undo@1': { '': ['flight'], flight: ['hotel'], hotel: ['car'], car: ['end'] },
  'chaos-family@1': {
    '': ['inner'],
    inner: ['inner.leaf', 'child'],
    'inner.leaf': ['end'],
    child: ['last'],
    last: ['end'],
  },
}
