import { actions } from './actions.mjs'
import { inOrder, points } from './points.mjs'
import { roles, type Role } from './start-desk.js'

/** One fault: an action at a point in one of the processes. */
export interface FaultCase {
  readonly role: Role
  /** As in `FAILPOINT`. */
  readonly failPoint: string
  /** What it leaves behind when it goes off. */
  readonly mark: string
}

/** Who passes a point, by the room of its file. The gateway's transactions are tried at its own points as well. */
const rolesOf = (name: string, file: string): readonly Role[] => {
  if (name.startsWith('transaction.')) return ['gateway', 'orchestrator']
  if (file.startsWith('apps/gateway/') || /^(submit|gate|command|nudge)\./.test(name)) return ['gateway']
  if (/^(job|reply|effect|ledger|payload)\./.test(name)) return ['agent']
  return ['orchestrator']
}

/** Points that no fault-free workload passes. */
const rare: ReadonlySet<string> = new Set(['transaction.rollback', 'claim.hold-name', 'replies.claim'])

/** Every point with every action, in the processes that pass it. */
export const faultCases: readonly FaultCase[] = points.flatMap(({ name, file }) =>
  rare.has(name)
    ? []
    : rolesOf(name, file).flatMap((role, index) =>
        actions.flatMap((action) => {
          if (action === 'delay' && inOrder.has(name)) return []
          // The mark is one for all processes: the second process of a point is tried at its second passing.
          const nth = index + 1
          return [{ role, failPoint: `${name}:${action}@${nth}`, mark: `${name}.${action}.${nth}` }]
        }),
      ),
)

/** `count` of them in an order that only `seed` determines: every n-th of all, so that many points are met. */
export const drawCases = (count: number, seed: number): readonly FaultCase[] => {
  const { length } = faultCases
  // A step that has no factor in common with the length visits every case once.
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))
  let stride = Math.max(1, Math.floor(length * 0.618))
  while (gcd(stride, length) !== 1) stride += 1
  const first = (seed * 31) % length
  return Array.from(
    { length: Math.min(count, length) },
    (_, index) => faultCases[(first + index * stride) % length],
  ).filter((one) => one !== undefined)
}

/** Cases by their names, `role name:action@n` separated by commas. */
export const namedCases = (names: string): readonly FaultCase[] =>
  names.split(',').map((one) => {
    const [role = '', failPoint = ''] = one.trim().split(' ')
    const known = roles.find((each) => each === role)
    if (known === undefined) throw new Error(`FAULT_ONLY: ${one} names none of ${roles.join(', ')}`)
    return { role: known, failPoint, mark: failPoint.replace(':', '.').replace('@', '.') }
  })
