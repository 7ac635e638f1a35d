import { chanceAt } from './chance-at.js'

/**
 * Who does what next in a simulated world. Every call to Postgres, Redis or another process is an operation that waits here
 * until it is picked.
 *
 * V1 one operation at a time: between two operations nothing happens, so a seed decides everything.
 * V2 what an operation does, and what befalls it, hangs on seed and step number alone: leaving one fault out leaves the
 *    choices of the other steps as they were.
 * V3 a process that dies leaves nothing behind but what it has written: its operations vanish, its promises never settle.
 */

/** One process of the world: an orchestrator, a worker, a client. */
export interface Process {
  readonly name: string
  readonly kind: 'orchestrator' | 'worker' | 'client'
  alive: boolean
  /** Paused until then: it does nothing, and nobody hears of it. */
  stalledUntil: number
  /** Called when it dies: releases what a server would release when a connection breaks. */
  readonly whenDead: (() => void)[]
  /** Starts it again under a new name; null: it stays dead. */
  readonly again: (() => void) | null
}

/** The transaction that holds a row's lock; thrown by an operation that has to wait for it. */
export class Blocked {
  constructor(readonly by: object) {}
}

/** What may befall an operation. */
export const opFaults = ['crash-before', 'crash-after', 'fail-before', 'fail-after', 'stall'] as const
/** What may befall Redis between two operations. */
export const redisFaults = [
  'redis-emptied',
  'redis-restored',
  'reply-lost',
  'reply-repeated',
  'jobs-forgotten',
] as const
export type FaultKind = (typeof opFaults)[number] | (typeof redisFaults)[number]

/** A fault that was injected: what, where and when. */
export interface Fault {
  readonly step: number
  readonly kind: FaultKind
  readonly point: string
}

export type Idle = 'news' | 'poll' | 'slow-poll'

interface Operation {
  readonly process: Process
  readonly point: string
  readonly run: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  wakeAt: number
  /** Woken by news alone, by every poll, or by the slow poll when the others have found nothing; null: no poll. */
  readonly idle: Idle | null
  /** Whether there is news for a poll. */
  readonly news: (() => boolean) | null
  blockedBy: object | null
}

export interface SchedulerOptions {
  readonly seed: number
  /** In so many of 10,000 operations something goes wrong. */
  readonly faultShare: number
  readonly faultKinds: ReadonlySet<FaultKind>
  /** No faults after this step: the world heals, and must come to rest. */
  readonly faultsUntil: number
  /** Steps whose fault is left out, for shrinking. */
  readonly without?: ReadonlySet<number>
  /** Told of every operation, to look into one world. */
  readonly onOperation?: (line: string) => void
}

const driverError = (code: string): Error & { code: string } =>
  Object.assign(new Error('the connection broke'), { code })

export interface Scheduler {
  readonly now: () => number
  readonly steps: () => number
  readonly faults: readonly Fault[]
  /** Points and faults that met, and points that were passed: for coverage. */
  readonly points: ReadonlyMap<string, number>
  readonly io: <T>(process: Process, point: string, run: () => T) => Promise<T>
  /**
   * For what changes nothing and waits for nobody (a look at the clock, at an empty table): mostly done at once, which
   * makes a world half as long; now and then an operation like any other.
   */
  readonly look: <T>(process: Process, point: string, run: () => T) => Promise<T>
  readonly sleep: (process: Process, ms: number) => Promise<void>
  /** Waits for news, or until the world has nothing else to do. */
  readonly idle: (process: Process, point: string, idle: Idle, news: () => boolean) => Promise<void>
  readonly kill: (process: Process) => void
  /** One step; false when nothing is left to do before `horizon`. */
  readonly step: () => boolean
}

/** How a world answers the scheduler. */
export interface SchedulerWorld {
  /** Whether a transaction still holds its locks. */
  readonly holds: (holder: object) => boolean
  readonly redisFault: (kind: FaultKind, chance: number) => string | null
  /** When the next business time comes (a deadline, a lock that expires), or null. */
  readonly nextTimeAt: () => number | null
  /** Rises whenever anything that matters changed. */
  readonly changes: () => number
}

const pollMs = 500
/** Rounds of polls that changed nothing before time jumps. */
const fruitlessMax = 2

/** Makes the scheduler of one world. Time begins at `startAt`, epoch ms. */
export const makeScheduler = (options: SchedulerOptions, world: SchedulerWorld, startAt: number): Scheduler => {
  const { seed, faultShare, faultKinds, faultsUntil, without, onOperation } = options
  let now = startAt
  let steps = 0
  let looks = 0
  let fruitless = 0
  let seenChanges = -1
  const operations: Operation[] = []
  const faults: Fault[] = []
  const points = new Map<string, number>()
  const opKinds = opFaults.filter((kind) => faultKinds.has(kind))
  const redisKinds = redisFaults.filter((kind) => faultKinds.has(kind))

  const add = (operation: Omit<Operation, 'resolve' | 'reject' | 'blockedBy'>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (operation.process.alive) operations.push({ ...operation, resolve, reject, blockedBy: null })
    })
  const io = <T>(process: Process, point: string, run: () => T): Promise<T> =>
    add({ process, point, run, wakeAt: now, idle: null, news: null }) as Promise<T> // resolves with what run gives
  const kill = (process: Process): void => {
    if (!process.alive) return
    process.alive = false
    for (let index = operations.length - 1; index >= 0; index -= 1)
      if (operations[index]?.process === process) operations.splice(index, 1)
    for (const dead of process.whenDead) dead()
    const { again } = process
    if (again === null) return
    const after = { ...process, alive: true, stalledUntil: 0, whenDead: [], name: `after ${process.name}` }
    const wakeAt = now + 1 + (chanceAt(seed, steps, 7) % 1_500)
    void add({ process: after, point: 'restart', run: again, wakeAt, idle: null, news: null })
  }

  const ready = (operation: Operation): boolean => {
    if (operation.process.stalledUntil > now) return false
    if (operation.blockedBy !== null) {
      if (world.holds(operation.blockedBy)) return false
      operation.blockedBy = null
    }
    return operation.wakeAt <= now || (operation.news !== null && operation.news())
  }

  const advanceTime = (): boolean => {
    const changes = world.changes()
    fruitless = changes === seenChanges ? fruitless + 1 : 0
    seenChanges = changes
    let timer = world.nextTimeAt()
    const slow = fruitless > 0
    let polls = false
    for (const { process, idle, wakeAt, blockedBy } of operations) {
      if (blockedBy !== null) continue
      if (process.stalledUntil > now) {
        if (timer === null || process.stalledUntil < timer) timer = process.stalledUntil
      } else if (idle !== null) polls ||= idle === 'poll' || (idle === 'slow-poll' && slow)
      else if (timer === null || wakeAt < timer) timer = wakeAt
    }
    // Where a time is waited for, most polls would find nothing: they come when it has come.
    const patient = timer !== null && chanceAt(seed, steps, 10) % 4 !== 0
    const poll = polls && !patient && fruitless < fruitlessMax ? now + pollMs : null
    const next = timer !== null && (poll === null || timer < poll) ? timer : poll
    if (next === null) return false
    if (next !== poll) fruitless = -1 // something was waited for: look again
    now = Math.max(now + 1, next)
    for (const operation of operations)
      if (operation.idle === 'poll' || (operation.idle === 'slow-poll' && slow)) operation.wakeAt = now
    return true
  }

  const fate = (operation: Operation): FaultKind | null => {
    if (steps > faultsUntil || opKinds.length === 0 || operation.point === 'restart' || operation.idle !== null)
      return null
    if (without?.has(steps) || chanceAt(seed, steps, 1) % 10_000 >= faultShare) return null
    const kind = opKinds[chanceAt(seed, steps, 2) % opKinds.length] ?? null
    // A timer does nothing that could fail, and a client that dies is another test's.
    if (operation.point === 'sleep') return null
    if (operation.process.kind === 'client' && (kind === 'crash-before' || kind === 'crash-after')) return 'fail-after'
    return kind
  }

  const execute = (operation: Operation, kind: FaultKind | null): void => {
    const { process, point } = operation
    try {
      if (kind === 'fail-before') throw driverError(point.startsWith('pg') ? '57P01' : 'REDIS_UNAVAILABLE')
      const value = operation.run()
      if (kind === 'fail-after') throw driverError(point.startsWith('pg') ? '57P01' : 'REDIS_UNAVAILABLE')
      if (kind === 'crash-after') kill(process)
      else operation.resolve(value)
    } catch (error) {
      if (error instanceof Blocked) {
        operation.blockedBy = error.by
        operations.push(operation)
      } else operation.reject(error)
    }
  }

  return {
    now: () => now,
    steps: () => steps,
    faults,
    points,
    kill,
    io,
    look: (process, point, run) => {
      looks += 1
      if (!process.alive) return new Promise(() => undefined) // V3
      if (process.stalledUntil > now || chanceAt(seed, looks, 9) % 8 === 0) return io(process, point, run)
      return Promise.resolve(run())
    },
    sleep: (process, ms) =>
      add({
        process,
        point: 'sleep',
        run: () => undefined,
        wakeAt: now + ms,
        idle: null,
        news: null,
      }) as Promise<void>, // as above
    idle: (process, point, idle, news) =>
      add({ process, point, run: () => undefined, wakeAt: Infinity, idle, news }) as Promise<void>, // as above
    step: () => {
      steps += 1
      if (redisKinds.length > 0 && steps <= faultsUntil && !without?.has(steps)) {
        if (chanceAt(seed, steps, 3) % 10_000 < faultShare) {
          const kind = redisKinds[chanceAt(seed, steps, 4) % redisKinds.length]
          const point = kind === undefined ? null : world.redisFault(kind, chanceAt(seed, steps, 5))
          if (kind !== undefined && point !== null) {
            faults.push({ step: steps, kind, point })
            points.set(`${kind} ${point}`, (points.get(`${kind} ${point}`) ?? 0) + 1)
          }
        }
      }
      const runnable = operations.filter(ready)
      if (runnable.length === 0) return advanceTime()
      now += chanceAt(seed, steps, 6) % 3
      const operation = runnable[chanceAt(seed, steps, 0) % runnable.length] as Operation // below the length
      const kind = fate(operation)
      points.set(operation.point, (points.get(operation.point) ?? 0) + 1)
      onOperation?.(`${steps} +${now - startAt} ${operation.process.name} ${operation.point} ${kind ?? ''}`)
      if (kind !== null) {
        faults.push({ step: steps, kind, point: operation.point })
        const met = `${kind} ${operation.point}`
        points.set(met, (points.get(met) ?? 0) + 1)
      }
      if (kind === 'stall') {
        operation.wakeAt = now + 50 + (chanceAt(seed, steps, 8) % 40_000)
        operation.process.stalledUntil = operation.wakeAt
        return true
      }
      operations.splice(operations.indexOf(operation), 1)
      if (kind === 'crash-before') kill(operation.process)
      else execute(operation, kind)
      return true
    },
  }
}
