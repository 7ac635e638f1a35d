/** One entry in cents: it moves the balance from `before` to `after`. */
export interface BalanceMove {
  readonly before: number
  readonly after: number
}

/** Balances, in cents, that stand for one and the same. */
export interface BalanceRange {
  readonly low: number
  readonly high: number
}

/** Where a day's entries lead when there is an order in which every balance follows from the one before. */
export interface DayOrder {
  readonly opening: BalanceRange
  readonly closing: BalanceRange
}

const makeGroups = () => {
  const parents = new Map<number, number>()
  const find = (value: number): number => {
    let root = value
    for (let next = parents.get(root) ?? root; next !== root; next = parents.get(root) ?? root) root = next
    for (let at = value; at !== root;) {
      const next = parents.get(at) ?? at
      parents.set(at, root)
      at = next
    }
    return root
  }
  return { find, join: (one: number, other: number) => void parents.set(find(one), find(other)) }
}

const rangeOf = (values: readonly number[]): BalanceRange =>
  values.reduce((range, v) => ({ low: Math.min(range.low, v), high: Math.max(range.high, v) }), {
    low: Infinity,
    high: -Infinity,
  })

/**
 * Finds whether one day's entries, listed in any order, can be put into one in which each balance follows from the one
 * before: balances are the nodes of a graph and entries its edges, so such an order is an Eulerian trail (Hierholzer
 * 1873), which exists when the edges hang together and all nodes but the trail's ends are left as often as entered.
 * That needs no search: the time is that of sorting the balances. Balances within `tolerance` cents are the same node,
 * because banks round amounts and balances each by itself. `from` is where the day has to begin, null where any
 * beginning will do. Returns null when there is no such order.
 */
export const orderDay = (
  moves: readonly BalanceMove[],
  { from, tolerance }: { readonly from: BalanceRange | null; readonly tolerance: number },
): DayOrder | null => {
  const { find: nodeOf, join } = makeGroups()
  const bounds = from === null ? [] : [from.low, from.high]
  const balances = [...new Set([...moves.flatMap(({ before, after }) => [before, after]), ...bounds])]
  balances.sort((a, b) => a - b)
  balances.forEach((balance, index) => {
    const next = balances[index + 1]
    if (next !== undefined && next - balance <= tolerance) join(balance, next)
  })
  if (from !== null) join(from.low, from.high)

  const surplus = new Map<number, number>()
  const { find: partOf, join: connect } = makeGroups()
  for (const { before, after } of moves) {
    surplus.set(nodeOf(before), (surplus.get(nodeOf(before)) ?? 0) + 1)
    surplus.set(nodeOf(after), (surplus.get(nodeOf(after)) ?? 0) - 1)
    connect(nodeOf(before), nodeOf(after))
  }
  const first = moves[0]
  if (first === undefined) return null
  const uneven = [...surplus].filter(([, count]) => count !== 0)
  const starts = uneven.filter(([, count]) => count > 0)
  const balanced = uneven.length === 0
  if (!balanced && !(uneven.length === 2 && starts.length === 1 && starts[0]?.[1] === 1)) return null

  const start = starts[0]?.[0] ?? nodeOf(from?.low ?? first.before)
  if (from !== null && start !== nodeOf(from.low)) return null
  if (moves.some(({ before }) => partOf(nodeOf(before)) !== partOf(start))) return null
  const end = uneven.find(([, count]) => count < 0)?.[0] ?? start
  return {
    opening: rangeOf(moves.map(({ before }) => before).filter((balance) => nodeOf(balance) === start)),
    closing: rangeOf(moves.map(({ after }) => after).filter((balance) => nodeOf(balance) === end)),
  }
}
