import type { Expression, HumanState, Mapping } from '@flotilla/engine'
import { type Duration, msOf } from './duration.js'
import { type Answering, type Edges, transitionsOf } from './edges.js'
import { type Common, commonOf, type State } from './state.js'

export interface Gate<Outcome extends string, On extends string, To extends string> extends Common {
  /** What the decider is shown; the decision binds to it. */
  readonly shows: Mapping
  /** Outcomes beside approve, reject and adjust. */
  readonly outcomes?: readonly Outcome[]
  readonly deadline: Duration
  /** Approve, reject, timeout and what is declared, always; adjust where the gate takes adjustments. */
  readonly on: Edges<On, To> &
    Answering<NoInfer<On>, 'approve' | 'reject' | 'timeout' | NoInfer<Outcome>, 'adjust' | 'failed'>
  readonly deciders?: NonNullable<HumanState['deciders']>
  readonly remindEvery?: Duration
  /** After so long somebody else is told as well. */
  readonly escalate?: { readonly after: Duration; readonly channel: string }
}

/** Waits for a person: approve, reject, every declared outcome and a missed deadline need an edge. */
export const gate = <On extends string, const To extends string, const Outcome extends string = never>(
  step: Gate<Outcome, On, To>,
): State<To> => {
  const { shows, outcomes, deadline, on, deciders, remindEvery, escalate } = step
  const body: Omit<HumanState, 'name'> = {
    kind: 'human',
    ...commonOf(step),
    shows,
    ...(outcomes === undefined ? {} : { outcomes }),
    deadlineMs: msOf(deadline),
    ...(deciders === undefined ? {} : { deciders }),
    ...(remindEvery === undefined ? {} : { remindEveryMs: msOf(remindEvery) }),
    ...(escalate === undefined ? {} : { escalate: { afterMs: msOf(escalate.after), channel: escalate.channel } }),
    transitions: transitionsOf(on),
  }
  return { body }
}

/** Waits for a time: a duration, or an expression that gives an epoch in milliseconds. */
export const pause = <On extends string, const To extends string>(
  step: Common &
    ({ readonly for: Duration } | { readonly until: Expression }) & {
      readonly on: Edges<On, To> & Answering<NoInfer<On>, 'done'>
    },
): State<To> => ({
  body: {
    kind: 'wait',
    ...commonOf(step),
    ...('for' in step ? { forMs: String(msOf(step.for)) } : { until: step.until }),
    transitions: transitionsOf(step.on),
  },
})

/** Waits for an event from outside: its coming, and its not coming in time, need an edge. */
export const event = <On extends string, const To extends string, const Signal extends string>(
  step: Common & {
    readonly signal: Signal
    /** The key under which the event is published for any run that waits for it. */
    readonly correlate?: Expression
    readonly deadline: Duration
    readonly on: Edges<On, To> & Answering<NoInfer<On>, NoInfer<Signal> | 'timeout', 'failed'>
  },
): State<To> => ({
  body: {
    kind: 'wait',
    ...commonOf(step),
    signal: step.signal,
    ...(step.correlate === undefined ? {} : { correlate: step.correlate }),
    deadlineMs: msOf(step.deadline),
    transitions: transitionsOf(step.on),
  },
})
