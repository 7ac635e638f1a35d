import type { Advanced } from '../advance.js'
import type { RunEvent } from '../event.js'
import type { RunState } from '../state.js'
import { cleaningUntil, undoing, undoneAt, undoPathOf } from '../compensations.js'
import { isActive, isFinished, owesReply, stepAt } from '../step-at.js'

/** A broken invariant, with its name and the event that broke it. */
export class InvariantBroken extends Error {
  override readonly name = 'InvariantBroken'
}

const fail = (invariant: string, event: RunEvent, detail: string): never => {
  throw new InvariantBroken(`${invariant}: ${detail} (on ${JSON.stringify(event).slice(0, 300)})`)
}

/** Freezes a value and all it holds; what is frozen already is not looked at again. */
export const freeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const member of Object.values(value)) freeze(member)
  return value
}

const whyNotJson = (value: unknown, path: string): string | null => {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null
  if (typeof value === 'number') return Number.isFinite(value) ? null : path
  if (typeof value !== 'object') return path
  for (const [key, member] of Object.entries(value)) {
    const why = whyNotJson(member, `${path}/${key}`)
    if (why !== null) return why
  }
  return null
}

const waitsForSomething = (state: RunState): boolean =>
  cleaningUntil(state) !== null ||
  Object.keys(state.gates).length > 0 ||
  Object.values(state.steps).some(
    (step) =>
      owesReply(step) || (isActive(step) && (step.status === 'waiting' || (step.items?.asked ?? null) !== null)),
  )

/** What a run had before an event: a forked run begins with what the other one had. */
const hadBefore = (before: RunState, event: RunEvent): RunState =>
  event.type === 'RunForked' && event.restored ? event.restored : before

const checkNumbers = (before: RunState, event: RunEvent, { state, commands }: Advanced): void => {
  let seq = before.published
  let dispatch = hadBefore(before, event).dispatchCount
  for (const command of commands) {
    if (command.type === 'Publish') {
      seq += 1
      if (command.seq !== seq) fail('seq has no gaps', event, `${command.seq} instead of ${seq}`)
    }
    if (command.type === 'Dispatch' || command.type === 'StartChild') {
      if (command.dispatch <= dispatch) fail('dispatch numbers rise', event, `${command.dispatch} after ${dispatch}`)
      dispatch = command.dispatch
    }
  }
  if (state.published !== seq) fail('seq has no gaps', event, `the state says ${state.published}, published ${seq}`)
  if (state.dispatchCount !== dispatch) fail('dispatch numbers rise', event, 'the state counts otherwise')
  if (state.gateCount < before.gateCount || state.checkpointCount < before.checkpointCount)
    fail('counters only rise', event, 'a counter fell')
}

const checkProgress = (before: RunState, event: RunEvent, { state, commands }: Advanced): void => {
  if (state.progress < before.progress) fail('progress is monotone', event, `${before.progress} to ${state.progress}`)
  if ((state.progress === 1) !== (state.status === 'completed'))
    fail('progress is 1 only when completed', event, `${state.progress} while ${state.status}`)
  let mark = before.progress
  for (const command of commands) {
    if (command.type !== 'Publish') continue
    const { progress, stepProgress } = command.event
    if (progress < mark || progress > 1) fail('progress is monotone', event, `published ${progress} after ${mark}`)
    if (stepProgress !== null && (stepProgress < 0 || stepProgress > 1))
      fail('step progress is between 0 and 1', event, String(stepProgress))
    mark = progress
  }
}

const checkDebts = (before: RunState, event: RunEvent, { state, commands }: Advanced): void => {
  const owed = new Map(
    Object.entries(hadBefore(before, event).steps)
      .filter(([, step]) => owesReply(step))
      .map(([path, step]) => [path, step.dispatch]),
  )
  for (const command of commands) {
    if (command.type === 'Dispatch' || command.type === 'StartChild') {
      if (owed.has(command.step) && !before.cancel && event.type !== 'ResumeRequested' && event.type !== 'RunForked')
        fail('a step owes one reply at most', event, `${command.step} is dispatched twice`)
      owed.set(command.step, command.dispatch)
    }
    if (command.type === 'Settle' || command.type === 'CancelJob' || command.type === 'CancelChild') {
      if (owed.get(command.step) !== command.dispatch && before.cancel === null)
        fail('only what is owed is settled', event, `${command.step} ${command.dispatch}`)
      owed.delete(command.step)
    }
  }
  for (const [path, step] of Object.entries(state.steps)) {
    if (owesReply(step) && !state.cancel && owed.get(path) !== step.dispatch)
      fail('what is owed was dispatched', event, `${path} ${step.dispatch}`)
    if (step.gateId !== null && state.gates[step.gateId]?.step !== path)
      fail('gates and steps agree', event, `${path} at ${step.gateId}`)
  }
  for (const gate of Object.values(state.gates))
    if (state.steps[gate.step]?.gateId !== gate.gateId) fail('gates and steps agree', event, gate.gateId)
}

const checkMaps = (event: RunEvent, { state }: Advanced): void => {
  for (const [path, { items, status }] of Object.entries(state.steps)) {
    if (!items) continue
    const { total, done, failed, open, ahead, next } = items
    if (new Set(open).size !== open.length) fail('an item is in hand once', event, path)
    if (done + failed + open.length > next || next + ahead.length > total)
      fail('items add up', event, `${path}: ${JSON.stringify({ total, done, failed, open: open.length, next })}`)
    if (status === 'done' && done + failed !== total) fail('a map is done with all its items', event, path)
    const held = Object.keys(state.steps).filter((step) => step.startsWith(`${path}.`))
    const inHand = new Set(open.map(String))
    if (held.some((step) => !inHand.has(step.slice(path.length + 1).split(/[.-]/)[0] ?? '')))
      fail('only items in hand have steps', event, held.join())
  }
}

const checkCompensations = (before: RunState, event: RunEvent, { state, commands }: Advanced): void => {
  const { compensation, compensations = [], compensationCount = 0, undone = [] } = state
  const numbers = compensations.map(({ number }) => number)
  if (numbers.some((number, index) => number > compensationCount || number <= (numbers[index - 1] ?? 0)))
    fail('compensations are numbered in order', event, numbers.join())
  if (compensationCount < (before.compensationCount ?? 0)) fail('counters only rise', event, 'compensationCount')
  if (numbers.some((number) => undone.includes(number)) || new Set(undone).size !== undone.length)
    fail('what was undone is not undone again', event, undone.join())
  for (const { type, ...marked } of commands) {
    if (type !== 'MarkUndone') continue
    const { step, visit } = marked as { readonly step: string; readonly visit: number } // of a MarkUndone
    const last = undoing(before)
    if (last?.step !== step || last.visit !== visit) fail('the last done is undone first', event, `${step} ${visit}`)
  }
  const active = Object.keys(state.steps).filter((path) => isActive(stepAt(state, path)))
  const next = undoing(state)
  if (compensation?.status === 'running' && compensation.waitUntil === null) {
    if (!next || active.join() !== undoPathOf(next.step)) fail('one thing at a time is undone', event, active.join())
  } else if (active.some((path) => undoneAt(path) !== null))
    fail('nothing is undone unless it was begun', event, active.join())
  if (compensation?.status === 'done' && compensation.left.length > 0)
    fail('the end comes after what is to be undone', event, compensation.left.join())
}

const terminal = new Set(['run.completed', 'run.failed', 'run.cancelled'])

const checkEnd = (before: RunState, event: RunEvent, { state, commands }: Advanced): void => {
  const published = commands.flatMap((command) => (command.type === 'Publish' ? [command.event.type] : []))
  const finishes = commands.filter(({ type }) => type === 'Finish').length
  const ended = isFinished(state.status) && published.length > 0
  if (ended !== terminal.has(published.at(-1) ?? '') || published.slice(0, -1).some((type) => terminal.has(type)))
    fail('the end is told once and last', event, published.join())
  if (finishes !== (ended ? 1 : 0)) fail('the end is told once and last', event, `${finishes} Finish`)
  if (!isFinished(state.status)) {
    if (!waitsForSomething(state)) fail('a run waits for something', event, state.status)
    return
  }
  if (Object.values(state.steps).some(isActive)) fail('nothing goes on after the end', event, state.status)
  if (Object.keys(state.gates).length > 0) fail('nothing goes on after the end', event, 'a gate is open')
  if (before.status === 'completed' || before.status === 'cancelled')
    fail('completed and cancelled are final', event, 'an event was applied')
}

/**
 * Checks what must hold for every event that any definition's run is given; throws `InvariantBroken`. Freezes the state
 * that came out, so that a later change in place throws as well.
 */
export const checkInvariants = (before: RunState, event: RunEvent, advanced: Advanced): void => {
  const { state, commands, ignored } = advanced
  if (ignored !== undefined) {
    if (state !== before || commands.length > 0) fail('what is ignored changes nothing', event, ignored)
    return
  }
  const why = whyNotJson(state, '') ?? whyNotJson(commands, 'commands')
  if (why !== null) fail('state and commands are JSON', event, why)
  checkNumbers(before, event, advanced)
  checkProgress(before, event, advanced)
  checkDebts(before, event, advanced)
  checkMaps(event, advanced)
  checkCompensations(before, event, advanced)
  checkEnd(before, event, advanced)
  freeze(state)
}
