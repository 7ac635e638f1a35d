import type { StateDefinition, Transition, WorkflowDefinition } from '../definition.js'
import { type ASTNode, syntaxOf } from '../expression.js'
import { type Finding, warning } from './finding.js'
import { placesOf } from './places.js'

/** What a guard asks of one expression: a range of numbers, or values it is or is not equal to; else nothing is known. */
type Ask =
  | { readonly of: string; readonly kind: 'range'; readonly from: Bound; readonly to: Bound }
  | { readonly of: string; readonly kind: 'is' | 'is not'; readonly value: string }
  | null

/** A number, and whether it belongs to the range. */
interface Bound {
  readonly at: number
  readonly within: boolean
}

const below: Bound = { at: -Infinity, within: false }
const above: Bound = { at: Infinity, within: false }

/** An expression's text whatever its spaces. */
const plainText = (node: ASTNode): string => textOf(node).replaceAll(/\s+/g, ' ').trim()
const textOf = ({ input, range }: ASTNode): string => input.slice(range?.start ?? 0, range?.end ?? input.length)

const numberOf = (node: ASTNode): number | null => {
  if (node.op === '-_') {
    const inner = numberOf(node.args)
    return inner === null ? null : -inner
  }
  if (node.op !== 'value') return null
  return typeof node.args === 'bigint' || typeof node.args === 'number' ? Number(node.args) : null
}

const mirrored: Readonly<Record<string, string>> = {
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
  '==': '==',
  '!=': '!=',
}

const comparison = (op: string, of: string, value: ASTNode): Ask => {
  const at = numberOf(value)
  if (op === '==' || op === '!=') {
    const known = at !== null || value.op === 'value'
    return known ? { of, kind: op === '==' ? 'is' : 'is not', value: plainText(value) } : null
  }
  if (at === null) return null
  if (op === '<' || op === '<=') return { of, kind: 'range', from: below, to: { at, within: op === '<=' } }
  return { of, kind: 'range', from: { at, within: op === '>=' }, to: above }
}

const opposite = (ask: Ask): Ask => {
  if (ask === null) return null
  if (ask.kind !== 'range') return { ...ask, kind: ask.kind === 'is' ? 'is not' : 'is' }
  const { of, from, to } = ask
  if (from.at === -Infinity) return { of, kind: 'range', from: { at: to.at, within: !to.within }, to: above }
  if (to.at === Infinity) return { of, kind: 'range', from: below, to: { at: from.at, within: !from.within } }
  return null
}

/** What a guard asks, where it asks one thing. */
const askOf = (node: ASTNode): Ask => {
  if (node.op === '!_') return opposite(askOf(node.args))
  if (
    node.op === '<' ||
    node.op === '<=' ||
    node.op === '>' ||
    node.op === '>=' ||
    node.op === '==' ||
    node.op === '!='
  ) {
    const [left, right] = node.args
    const turned = left.op === 'value' || left.op === '-_'
    const [of, value] = turned ? [right, left] : [left, right]
    return comparison(turned ? (mirrored[node.op] ?? node.op) : node.op, plainText(of), value)
  }
  if (node.op === '&&' || node.op === '||') return null
  return { of: plainText(node), kind: 'is', value: 'true' }
}

/** Ranges that one another's ends touch are one. */
const coversAll = (ranges: readonly Extract<NonNullable<Ask>, { readonly kind: 'range' }>[]): boolean => {
  let reached: Bound = below
  for (const { from, to } of ranges.toSorted(
    (a, b) => a.from.at - b.from.at || Number(b.from.within) - Number(a.from.within),
  )) {
    const touches =
      from.at < reached.at || from.at === -Infinity || (from.at === reached.at && (from.within || reached.within))
    if (!touches) return false
    if (to.at > reached.at || (to.at === reached.at && to.within)) reached = to
  }
  return reached.at === Infinity
}

const isRange = (ask: NonNullable<Ask>): ask is Extract<NonNullable<Ask>, { readonly kind: 'range' }> =>
  ask.kind === 'range'

/** Whether one of some guards always holds, as far as that can be seen: `x < 3` and `x >= 3`, `p` and `!p`. */
export const isComplete = (guards: readonly (string | undefined)[]): boolean => {
  if (guards.some((guard) => guard === undefined)) return true
  const asks = asksOf(guards)
  return [...Map.groupBy(asks, ({ of }) => of).values()].some((own) => {
    const values = own.flatMap((ask) => (ask.kind === 'range' ? [] : [`${ask.kind} ${ask.value}`]))
    const pair = own.some((ask) => ask.kind === 'is' && values.includes(`is not ${ask.value}`))
    const words = own.some((ask) => ask.kind === 'is' && ask.value === 'true') && values.includes('is false')
    return pair || words || coversAll(own.filter(isRange))
  })
}

const asksOf = (guards: readonly (string | undefined)[]): readonly NonNullable<Ask>[] =>
  guards.flatMap((guard) => {
    const syntax = guard === undefined ? null : syntaxOf(guard)
    const ask = syntax && askOf(syntax)
    return ask ? [ask] : []
  })

const holdsWithin = (inner: NonNullable<Ask>, outer: NonNullable<Ask>): boolean => {
  if (inner.of !== outer.of) return false
  if (inner.kind !== 'range' || outer.kind !== 'range')
    return inner.kind === outer.kind && 'value' in inner && 'value' in outer && inner.value === outer.value
  const low =
    outer.from.at < inner.from.at || (outer.from.at === inner.from.at && (outer.from.within || !inner.from.within))
  const high = outer.to.at > inner.to.at || (outer.to.at === inner.to.at && (outer.to.within || !inner.to.within))
  return low && high
}

/** Whether a guard can never be asked with success, because those before it take all that it would. */
const isShadowed = (guard: string | undefined, before: readonly (string | undefined)[]): boolean => {
  if (before.length === 0) return false
  if (isComplete(before) || (guard !== undefined && before.includes(guard))) return true
  const [own] = asksOf([guard])
  return own !== undefined && asksOf(before).some((earlier) => holdsWithin(own, earlier))
}

const byEvent = ({ transitions = [] }: StateDefinition): ReadonlyMap<string | undefined, readonly Transition[]> =>
  Map.groupBy(transitions, ({ on }) => on)

/** Rule: no transition stands behind others that leave it nothing. */
export const checkShadowed = (definition: WorkflowDefinition): readonly Finding[] =>
  placesOf(definition).flatMap(({ state, path }) =>
    [...byEvent(state)].flatMap(([on, transitions]) => {
      const guards = transitions.map(({ when }) => when)
      return transitions.flatMap(({ to, when }, index) =>
        isShadowed(when, guards.slice(0, index))
          ? [
              warning(
                'TRANSITION_SHADOWED',
                path,
                `${on === undefined ? 'the way' : `the transition on ${on}`} to ${to} can never be taken`,
                'Put it before those that take everything, or remove it.',
              ),
            ]
          : [],
      )
    }),
  )

/** Rule: of several guarded transitions on an event one holds. People are asked again, and waits go on, without that. */
export const checkGaps = (definition: WorkflowDefinition): readonly Finding[] =>
  placesOf(definition).flatMap(({ state, path }) => {
    if (state.kind === 'choice' || state.kind === 'human') return []
    return [...byEvent(state)].flatMap(([on, transitions]) => {
      const signal = state.kind === 'wait' && state.signal !== undefined && on !== 'timeout'
      if (on === undefined || on === 'failed' || signal || isComplete(transitions.map(({ when }) => when))) return []
      return [
        warning(
          'GUARD_GAP',
          path,
          `nothing answers ${on} when no guard holds: the step would fail`,
          `Add a last transition on ${on} without when.`,
        ),
      ]
    })
  })
