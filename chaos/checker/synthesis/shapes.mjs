/** One run of each shape, as the product would have stored it. */
import { fail, succeed } from './agent-work.mjs'
import { buildRun } from './run-builder.mjs'

/**
 * @typedef {import('./run-builder.mjs').Run} Run
 * @typedef {import('./run-builder.mjs').Draft} Draft
 * @typedef {{ random: import('./random.mjs').Random, at: number, tenant: string }} Given
 */

/** @param {Run} run @param {(draft: Draft) => void} enter */
const start = (run, enter) =>
  run.apply({ type: 'RunStarted', input: null }, (draft) => {
    Object.assign(draft.state, { status: 'running', startedAt: run.now() })
    draft.publish('run.started')
    enter(draft)
  })

/** @param {Draft} draft @param {string} path */
const send = (draft, path) => {
  draft.enter(path)
  draft.dispatch(path)
}

const branches = ['kyc', 'fraud', 'income']

/** @param {Given} given */
const bench = ({ random, ...place }) => {
  const run = buildRun({ random, ...place, workflow: 'bench-desk' })
  run.expects = { status: 'completed', result: { decision: 'approve' } }
  start(run, (draft) => {
    draft.pass('intake')
    draft.enter('checks', {
      status: 'running',
      startedAt: run.now(),
      branches: { kyc: 'open', fraud: 'open', income: 'open' },
    })
    draft.publish('step.started', 'checks')
    for (const path of branches) send(draft, path)
  })
  for (const path of random.shuffled(branches))
    succeed(run, path, random, (draft) => {
      const { branches: is } = draft.state.steps.checks
      draft.set('checks', { branches: { ...is, [path]: 'done' } })
      if (Object.entries(is).some(([name, status]) => name !== path && status === 'open')) return
      draft.complete('checks')
      send(draft, 'risk')
    })
  succeed(run, 'risk', random, (draft) => {
    draft.pass('decision')
    draft.finish('completed', { decision: 'approve', extra: 1 })
  })
  return [run]
}

/** @param {Given} given @param {'approve' | 'reject' | 'timeout' | 'open'} outcome */
const gate = ({ random, ...place }, outcome) => {
  const run = buildRun({ random, ...place, workflow: 'syn-gate' })
  const result = outcome === 'approve' ? { acted: true } : { refused: true }
  run.expects = { status: outcome === 'open' ? 'any' : 'completed', result: outcome === 'open' ? null : result }
  const gateId = `${run.id}.review.1`
  start(run, (draft) => send(draft, 'prepare'))
  succeed(run, 'prepare', random, (draft) => {
    const [since, dueAt] = [run.now(), run.now() + 4_000]
    draft.enter('review', { startedAt: since, gateId, dueAt, due: 'gate' })
    draft.state.gateCount = 1
    draft.state.gates = {
      [gateId]: {
        gateId,
        gate: 'review',
        step: 'review',
        since,
        dueAt,
        shown: {},
        outcomes: ['approve', 'reject', 'adjust'],
      },
    }
    draft.state.status = 'waiting'
    draft.publish('hitl.requested', 'review')
    draft.publish('waiting', 'review')
  })
  const { since, dueAt } = run.state().gates[gateId]
  const row = {
    ...{
      run_id: run.id,
      id: gateId,
      tenant_id: run.tenant,
      workflow: run.workflow,
      gate: 'review',
      step: 'review',
      visit: 1,
    },
    ...{
      status: 'open',
      outcomes: ['approve', 'reject', 'adjust'],
      opened_at: run.iso(since),
      due_at: run.iso(dueAt),
      needed: 1,
    },
    ...{ decision: null, decided_by: null, decided_at: null, submitted_by: 'submitter' },
  }
  run.gates.push(row)
  if (outcome === 'open') return [run]
  run.wait(outcome === 'timeout' ? dueAt - run.now() + random.within(0, 1_500) : random.within(50, 800))
  const status = outcome === 'timeout' ? 'expired' : 'decided'
  Object.assign(row, { status, decision: outcome === 'timeout' ? null : outcome, decided_at: run.iso() })
  row.decided_by = /** @type {any} */ (outcome === 'timeout' ? 'timeout' : 'reviewer')
  /** @param {Draft} draft */
  const resolved = (draft) => {
    draft.state.gates = {}
    draft.state.status = 'running'
    draft.set('review', { gateId: null })
    draft.publish('hitl.resolved', 'review')
    draft.complete('review')
    if (outcome === 'approve') send(draft, 'act')
    else draft.finish('completed', result)
  }
  if (outcome === 'timeout')
    run.apply({ type: 'DeadlineReached', deadline: 'gate', step: 'review', dispatch: null, gateId }, resolved)
  else {
    const evented = { gateId, decision: outcome, values: null, comment: null, decidedBy: 'reviewer' }
    run.decisions.push({ gateId, decision: outcome, at: run.now() })
    run.apply({ type: 'GateDecided', ...evented }, resolved)
    if (random.happens(0.3)) run.ignore({ type: 'GateDecided', ...evented }, 'gate-not-open')
  }
  if (outcome === 'approve') succeed(run, 'act', random, (draft) => draft.finish('completed', result))
  return [run]
}

/** @param {Given} given */
const loop = ({ random, ...place }) => {
  const run = buildRun({ random, ...place, workflow: 'syn-loop' })
  const turns = random.within(2, 4)
  run.expects = { status: 'completed', result: { turns } }
  start(run, (draft) => send(draft, 'turn'))
  for (let turn = 1; turn <= turns; turn += 1)
    succeed(run, 'turn', random, (draft) => {
      draft.pass('again')
      if (turn === turns) draft.finish('completed', { turns })
      else send(draft, 'turn')
    })
  return [run]
}

/** @param {Given} given */
const trip = ({ random, ...place }) => {
  const run = buildRun({ random, ...place, workflow: 'syn-trip' })
  run.expects = { status: 'failed', result: null }
  start(run, (draft) => send(draft, 'flight'))
  succeed(run, 'flight', random, (draft) => send(draft, 'hotel'))
  succeed(run, 'hotel', random, (draft) => send(draft, 'car'))
  const error = { code: 'REFUSED', message: 'refused', step: 'car' }
  fail(run, 'car', random, (draft) => {
    draft.state.compensation = { status: 'running', ending: 'failed', error, left: [1, 2], waitUntil: null, back: null }
    send(draft, 'undo!hotel')
    draft.publish('compensation.started', 'undo!hotel')
  })
  for (const [path, next] of /** @type {const} */ ([
    ['undo!hotel', 'undo!flight'],
    ['undo!flight', null],
  ]))
    succeed(run, path, random, (draft) => {
      draft.publish('compensation.completed', path)
      if (next !== null) return send(draft, next)
      draft.state.compensation = { ...draft.state.compensation, status: 'done', left: [] }
      return draft.finish('failed', null, error)
    })
  return [run]
}

/** @param {Given} given @param {boolean} isReplayed */
const deadLetter = ({ random, ...place }, isReplayed) => {
  const run = buildRun({ random, ...place, workflow: 'syn-work' })
  run.expects = { status: isReplayed ? 'completed' : 'failed', result: isReplayed ? { worked: true } : null }
  start(run, (draft) => send(draft, 'work'))
  fail(run, 'work', random, (draft) =>
    draft.finish('failed', null, { code: 'REFUSED', message: 'refused', step: 'work' }),
  )
  if (!isReplayed) return [run]
  run.wait(random.within(100, 900))
  const [letter] = run.letters
  Object.assign(letter, { status: 'replayed', resolved_at: run.iso(), resolved_by: 'operator' })
  run.calls.push({ call: 'replay', at: run.now() - 5, body: null })
  run.apply({ type: 'DeadLetterReplayed', step: 'work', dispatch: letter.dispatch, by: 'operator' }, (draft) => {
    Object.assign(draft.state, {
      status: 'running',
      error: null,
      result: null,
      finishedAt: null,
      openings: draft.state.openings + 1,
    })
    draft.publish('run.resumed')
    draft.set('work', { status: 'waiting', stopped: false, error: null, finishedAt: null })
    draft.dispatch('work')
  })
  succeed(run, 'work', random, (draft) => draft.finish('completed', { worked: true }))
  return [run]
}

/** @param {Given} given */
const cancelled = ({ random, ...place }) => {
  const run = buildRun({ random, ...place, workflow: 'bench-desk' })
  run.expects = { status: 'cancelled', result: null }
  start(run, (draft) => {
    draft.pass('intake')
    draft.enter('checks', {
      status: 'running',
      startedAt: run.now(),
      branches: { kyc: 'open', fraud: 'open', income: 'open' },
    })
    for (const path of branches) send(draft, path)
  })
  run.tick()
  const dispatch = run.state().steps.kyc.dispatch
  run.executions.push({ at: run.iso(), runId: run.id, step: 'kyc', dispatch, attempt: 1, pid: 1 })
  run.apply({ type: 'StepStarted', step: 'kyc', dispatch, attempt: 1 }, (draft) =>
    draft.set('kyc', { status: 'running', attempts: 1 }),
  )
  run.tick()
  run.calls.push({ call: 'cancel', at: run.now() - 3, body: {} })
  run.apply({ type: 'CancelRequested', by: 'operator', reason: null }, (draft) => {
    draft.state.cancel = { at: run.now(), by: 'operator', reason: null, waitUntil: run.now() + 30_000 }
    for (const path of ['fraud', 'income']) draft.set(path, { status: 'cancelled', finishedAt: run.now() })
  })
  run.tick()
  run.apply(
    { type: 'StepFailed', step: 'kyc', dispatch, attempt: 1, error: { code: 'CANCELLED', message: '' }, attempts: 1 },
    (draft) => {
      draft.set('kyc', { status: 'cancelled', finishedAt: run.now() })
      draft.set('checks', { status: 'cancelled', finishedAt: run.now() })
      draft.finish('cancelled')
    },
  )
  return [run]
}

/** @param {Given} given */
const map = ({ random, ...place }) => {
  const run = buildRun({ random, ...place, workflow: 'syn-map' })
  const total = random.within(3, 7)
  run.expects = { status: 'completed', result: { total } }
  start(run, (draft) => {
    draft.enter('each', {
      status: 'running',
      startedAt: run.now(),
      items: { total, done: 0, failed: 0, next: 2, open: [0, 1] },
    })
    draft.publish('step.started', 'each')
    send(draft, 'each.0.item')
    send(draft, 'each.1.item')
  })
  let next = 2
  for (let done = 1; done <= total; done += 1) {
    const open = run.state().steps.each.items.open
    const index = random.pick(open)
    succeed(run, `each.${index}.item`, random, (draft) => {
      delete draft.state.steps[`each.${index}.item`]
      const left = open.filter((/** @type {number} */ other) => other !== index)
      if (next < total) {
        send(draft, `each.${next}.item`)
        left.push(next)
        next += 1
      }
      draft.set('each', { items: { total, done, failed: 0, next, open: left } })
      if (done < total) return
      draft.complete('each')
      draft.finish('completed', { total })
    })
  }
  return [run]
}

/** @param {Given} given */
const family = ({ random, ...place }) => {
  const run = buildRun({ random, ...place, workflow: 'syn-parent' })
  run.expects = { status: 'completed', result: { child: true } }
  start(run, (draft) => {
    draft.enter('sub', { status: 'running', startedAt: run.now() })
    draft.dispatch('sub')
    draft.set('sub', { status: 'running' })
    draft.publish('step.started', 'sub')
  })
  const child = buildRun({ random, ...place, at: run.now(), workflow: 'syn-work', parent: run })
  start(child, (draft) => send(draft, 'work'))
  succeed(child, 'work', random, (draft) => draft.finish('completed', { worked: true }))
  const { dispatch } = run.state().steps.sub
  run.children.push({ run_id: child.id, parent_run_id: run.id, step: 'sub', dispatch, tenant_id: run.tenant })
  run.wait(child.now() - run.now() + 10)
  run.apply(
    { type: 'ChildFinished', step: 'sub', dispatch, runId: child.id, status: 'completed', output: {}, error: null },
    (draft) => {
      draft.complete('sub')
      draft.finish('completed', { child: true })
    },
  )
  return [run, child]
}

/** A run that is under way when the dump is made. @param {Given} given */
const going = ({ random, ...place }) => {
  const run = buildRun({ random, ...place, workflow: 'syn-work' })
  start(run, (draft) => send(draft, 'work'))
  return [run]
}

/** Every shape by name; each gives its run and those that it causes. @type {Record<string, (given: Given) => Run[]>} */
export const shapes = {
  ...{ bench, loop, trip, cancelled, map, family, going },
  approved: (given) => gate(given, 'approve'),
  rejected: (given) => gate(given, 'reject'),
  expired: (given) => gate(given, 'timeout'),
  waiting: (given) => gate(given, 'open'),
  dead: (given) => deadLetter(given, false),
  replayed: (given) => deadLetter(given, true),
}
