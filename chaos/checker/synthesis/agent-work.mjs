/** What becomes of a step that was sent out, with all that may go wrong on the way and ends well. */

/**
 * @typedef {import('./run-builder.mjs').Run} Run
 * @typedef {import('./run-builder.mjs').Draft} Draft
 * @typedef {import('./random.mjs').Random} Random
 */

/** @param {Run} run @param {string} step */
const owed = (run, step) => run.state().steps[step].dispatch

/** @param {Run} run @param {string} step @param {number} dispatch @param {number} attempt @param {Random} random */
const execute = (run, step, dispatch, attempt, random) =>
  run.executions.push({ at: run.iso(), runId: run.id, step, dispatch, attempt, pid: random.within(100, 200) })

/** Asks the provider, which performs a key once. @param {Run} run @param {string} step @param {number} dispatch */
const effect = (run, step, dispatch) => {
  const effectKey = `${run.id}/${step}/${run.state().steps[step].visits}`
  const before = run.effects.filter((one) => one.effectKey === effectKey).length
  run.effects.push({
    at: run.iso(),
    effectKey,
    runId: run.id,
    step,
    dispatch,
    performed: before === 0,
    request: before + 1,
    inHand: 1,
  })
}

/** @param {Run} run @param {string} step @param {number} dispatch @param {number} [attempt] */
const pickUp = (run, step, dispatch, attempt = 1) => {
  const at = run.now()
  run.apply({ type: 'StepStarted', step, dispatch, attempt }, (draft) => {
    draft.set(step, { status: 'running', attempts: attempt, startedAt: at, dueAt: at + 5_000, due: 'step' })
    if (!step.startsWith('undo!')) draft.publish('step.started', step)
  })
}

/** The deadline passes, the step goes out again, and the late answer to the first dispatch comes to nothing. @param {Run} run @param {string} step @param {Random} random */
const missDeadline = (run, step, random) => {
  const dispatch = owed(run, step)
  pickUp(run, step, dispatch)
  run.wait(run.state().steps[step].dueAt - run.now() + random.within(0, 900))
  run.apply({ type: 'DeadlineReached', deadline: 'step', step, dispatch, gateId: null }, (draft) => {
    draft.dispatch(step)
    draft.publish('step.retrying', step)
  })
  run.tick()
  run.ignore({ type: 'StepSucceeded', step, dispatch, attempt: 1, output: null }, 'stale-dispatch')
}

/** @param {Run} run @param {string} step @param {Random} random */
const retry = (run, step, random) => {
  const dispatch = owed(run, step)
  pickUp(run, step, dispatch)
  run.tick()
  run.apply(
    { type: 'StepRetrying', step, dispatch, attempt: 1, error: { code: 'BUSY', message: '' }, afterMs: 10 },
    (draft) => {
      draft.set(step, { status: 'waiting', dueAt: null, due: null })
      draft.publish('step.retrying', step)
    },
  )
  run.tick(random.within(10, 50))
}

/**
 * A step that was sent out is done in the end. `then` alters the state in the same event.
 * @param {Run} run @param {string} step @param {Random} random @param {(draft: Draft) => void} then
 */
export const succeed = (run, step, random, then) => {
  run.tick()
  if (random.happens(0.1)) {
    execute(run, step, owed(run, step), 1, random)
    if (random.happens(0.5)) effect(run, step, owed(run, step))
    missDeadline(run, step, random)
  } else if (random.happens(0.15)) {
    execute(run, step, owed(run, step), 1, random)
    retry(run, step, random)
  }
  const dispatch = owed(run, step)
  execute(run, step, dispatch, 1, random)
  effect(run, step, dispatch)
  // A paused worker's job is run by another.
  if (random.happens(0.1)) {
    execute(run, step, dispatch, 2, random)
    effect(run, step, dispatch)
  }
  run.tick()
  const reply = { type: 'StepSucceeded', step, dispatch, attempt: 1, output: { ok: true }, usage: null }
  run.apply(reply, (draft) => {
    draft.set(step, { startedAt: run.state().steps[step].startedAt ?? run.now(), attempts: 1 })
    draft.complete(step)
    then(draft)
  })
  if (random.happens(0.1)) {
    run.tick()
    run.ignore(reply, run.state().finishedAt === null ? 'stale-dispatch' : 'finished')
  }
}

/** A step fails for good and its job becomes a dead letter. @param {Run} run @param {string} step @param {Random} random @param {(draft: Draft) => void} then */
export const fail = (run, step, random, then) => {
  run.tick()
  const dispatch = owed(run, step)
  execute(run, step, dispatch, 1, random)
  run.tick()
  const error = { code: 'REFUSED', message: 'refused', step }
  run.apply({ type: 'StepFailed', step, dispatch, attempt: 1, error, attempts: 1 }, (draft) => {
    draft.set(step, { status: 'failed', finishedAt: run.now(), dueAt: null, due: null, error, stopped: true })
    draft.publish('step.failed', step)
    then(draft)
  })
  run.letters.push({
    ...{ id: random.uuid(), tenant_id: run.tenant, run_id: run.id, workflow: run.workflow, queue: 'agent.synthetic' },
    ...{ agent: 'synthetic.work', step, visit: 1, dispatch, code: 'REFUSED', attempts: 1, trace_id: run.traceId },
    ...{ created_at: run.iso(), status: 'open', resolved_at: null, resolved_by: null },
  })
}
