import type { StepJob } from '@flotilla/contracts'
import { checkDefinition, type Json, type WorkflowDefinition } from '@flotilla/engine'
import { seeded } from '@flotilla/engine/testing'
import { chanceAt } from './chance-at.js'
import { Broken, makeWorldChecks } from './check-world.js'
import { startDecider, startOperator, startSubmitter, type Wanted } from './client-process.js'
import type { Coverage } from './coverage.js'
import { generateDefinition } from './generate-definition.js'
import { makeModelPostgres, type PostgresHooks } from './model-postgres.js'
import { makeModelRedis } from './model-redis.js'
import { startOrchestrator, theProduct, type Replaceable } from './orchestrator-process.js'
import { makeScheduler, opFaults, redisFaults, type Fault, type FaultKind, type Process } from './scheduler.js'
import { effectKeyOf, startWorker, type Provider, type Script, type WorkerWorld } from './worker-process.js'

/**
 * One world by its seed: the orchestrator's own code (tick, fold, relay, replies, sweep, recovery) and the store's own
 * calls, over modelled servers, on a clock that the seed moves. First things go wrong, then the world heals and must come
 * to rest.
 */

/** A definition with what its agents answer. */
export interface Story {
  readonly hash: string
  readonly definition: WorkflowDefinition
  readonly input: Json
  /** An agent's answer; null: as the seed has it. */
  readonly output: (step: string) => Json | null
}

export interface CoreOptions {
  readonly seed: number
  readonly stories: readonly Story[]
  readonly coverage: Coverage
  /** Steps whose fault is left out. */
  readonly without?: ReadonlySet<number>
  readonly onOperation?: (line: string) => void
  /** Planted bugs. */
  readonly product?: Partial<Replaceable>
  readonly effectKey?: WorkerWorld['effectKey']
  readonly planted?: Pick<PostgresHooks, 'tamper' | 'unlocked' | 'answer'>
}

/** What became of a world: null, or what broke, with the faults that had happened. */
export interface CoreResult {
  readonly seed: number
  readonly broken: string | null
  readonly faults: readonly Fault[]
  readonly definition: WorkflowDefinition
}

/** A world under way. */
export interface CoreWorld {
  /** One operation; false when the world has ended. */
  readonly step: () => boolean
  readonly result: () => CoreResult
}

const startAt = 1_800_000_000_000
const stepsMax = 12_000

/** Generated definitions that the linter takes, by seed. */
export const generatedStories = (count: number): readonly Story[] => {
  const stories: Story[] = []
  for (let seed = 1; stories.length < count; seed += 1) {
    const definition = generateDefinition(seed)
    if (checkDefinition(definition).some(({ severity }) => severity === 'error')) continue
    stories.push({ hash: `generated-${seed}`, definition, input: { of: seed }, output: () => null })
  }
  return stories
}

/** A child with children of its own could go on for ever. */
const startsChildren = (definition: WorkflowDefinition): boolean =>
  JSON.stringify(definition).includes('"detached":true')

/** How a seed's world is: who there is, what goes wrong how often (a different few kinds of faults in each). */
const temperOf = (seed: number) => {
  const chance = seeded(seed)
  const all: readonly FaultKind[] = [...opFaults, ...redisFaults]
  const kinds = new Set(all.filter(() => chance.percent(40)))
  return {
    faultKinds: kinds,
    faultShare: chance.pick([0, 50, 100, 200, 400]),
    faultsUntil: chance.pick([100, 250, 500]),
    orchestrators: 1 + chance.below(2),
    workers: 1 + chance.below(3),
    deciders: 1 + chance.below(2),
    runs: 1 + chance.below(2),
    badAgents: chance.pick([0, 10, 30]),
    cancels: chance.percent(25),
    resumesMax: chance.below(3),
  }
}

/** Makes a world; drive it with `step`, letting promises settle in between. */
export const makeCoreWorld = (options: CoreOptions): CoreWorld => {
  const { seed, stories, coverage, without, onOperation } = options
  const temper = temperOf(seed)
  const story = stories[chanceAt(seed, 0, 20) % stories.length] as Story // below the length
  const child = stories[chanceAt(seed, 0, 21) % stories.length] as Story // as above
  const definitions = new Map([
    [story.hash, story.definition],
    [child.hash, child.definition],
  ])
  const checks = makeWorldChecks(definitions, coverage)
  const provider: Provider = { performed: new Map(), asked: new Map() }
  const submitted = new Map<string, string>()
  let broken: string | null = null
  let ended = false
  const fail = (error: unknown): void => {
    broken ??= error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    ended = true
  }
  const guarded = (check: () => void): void => {
    try {
      check()
    } catch (error) {
      fail(error)
    }
  }

  const postgres = makeModelPostgres(() => scheduler, {
    definitions,
    onCommit: (tables) => guarded(() => checks.onCommit(tables)),
    onError: (error, statement) => {
      const code = (error as { code?: string }).code
      if (code === '23505' || code === undefined) fail(new Broken(`${statement}: ${(error as Error).message}`))
    },
    ...options.planted,
  })
  // Whatever is called child-desk: one of the other stories, or nothing that anybody registered.
  if (seed % 5 !== 0 && !startsChildren(child.definition)) postgres.tables.definition.set('child-desk 1', child.hash)
  const redis = makeModelRedis(() => scheduler)

  const healsAlone = (runId: string, step: string): boolean => {
    const run = postgres.tables.run.get(runId)
    const at = run?.state?.steps[step]
    return at !== undefined && at.dueAt !== null
  }
  const redisFault = (kind: FaultKind, chance: number): string | null => {
    switch (kind) {
      case 'redis-emptied':
        redis.empty()
        return 'redis'
      case 'redis-restored':
        // Now and then a copy is taken, now and then it comes back.
        if (chance % 2 === 0) {
          redis.snapshot()
          return 'copy'
        }
        return redis.restore() ? 'from copy' : null
      case 'reply-lost':
        // A single reply heals by its step's deadline; the loss of all by the beat.
        return redis.loseReply(({ runId, step }) => healsAlone(runId, step), chance) ? 'stream' : null
      case 'reply-repeated':
        return redis.repeatReply(chance) ? 'stream' : null
      case 'jobs-forgotten':
        return redis.forgetFinished() ? 'queues' : null
      default:
        return null
    }
  }
  const nextTimeAt = (): number | null => {
    let next = redis.nextTimeAt()
    for (const { nextDeadlineAt, status } of postgres.tables.run.values())
      if (nextDeadlineAt !== null && nextDeadlineAt > scheduler.now() && status !== 'parked')
        if (next === null || nextDeadlineAt < next) next = nextDeadlineAt
    return next
  }
  const scheduler = makeScheduler(
    {
      seed,
      ...temper,
      ...(without === undefined ? {} : { without }),
      ...(onOperation === undefined ? {} : { onOperation }),
    },
    {
      holds: postgres.holds,
      redisFault,
      nextTimeAt,
      changes: () => postgres.changes() + redis.changes(),
    },
    startAt,
  )

  const spawn = (kind: Process['kind'], name: string, start: (process: Process) => void): void => {
    let lives = 0
    const again = (): void => {
      lives += 1
      start({ name: `${name}.${lives}`, kind, alive: true, stalledUntil: 0, whenDead: [], again })
    }
    again()
  }

  const script = (job: StepJob, attempt: number, decided: boolean): Script => {
    const draw = chanceAt(seed, attempt * 131 + job.dispatch * 17 + job.visit, 40 + hash(job.step)) % 1_000
    const bad = temper.badAgents
    if (draw < bad * 3) return { does: 'fail', final: false }
    if (draw < bad * 4) return { does: 'fail', final: true }
    if (draw < bad * 5) return { does: 'nothing' }
    if (draw < bad * 7 && !decided) return { does: 'ask', payload: { question: 'may I?' }, deadlineMs: 600 }
    const verdict = chanceAt(seed, job.visit, 60 + hash(job.step)) % 2 === 0 ? 'a' : 'b'
    const output = story.output(job.step) ?? { verdict, amount: job.visit }
    return {
      does: 'answer',
      output,
      effect: chanceAt(seed, job.visit, 70 + hash(job.step)) % 3 === 0,
      progress: draw % 5 === 0,
    }
  }
  const quick = ({ step, dispatch, undoable = false }: StepJob, attempt: number): boolean =>
    !undoable && chanceAt(seed, attempt * 137 + dispatch * 19, 80 + hash(step)) % 2 === 0
  const effectKey = options.effectKey ?? effectKeyOf
  const product = { ...theProduct, ...options.product }
  const parkedFor = new Map<string, string>()
  const onParked = (runId: string, reason: string, error: unknown): void => {
    parkedFor.set(runId, reason)
    // No definition is ever missing here: whatever cannot be applied is a bug.
    fail(new Broken(`parked for ${reason}: ${error instanceof Error ? error.message : ''}`))
  }

  for (let number = 1; number <= temper.orchestrators; number += 1)
    spawn('orchestrator', `o${number}`, (process) =>
      startOrchestrator({ scheduler, postgres, redis, product, onParked }, process),
    )
  const ledger = new Map<string, number>()
  for (let number = 1; number <= temper.workers; number += 1)
    spawn('worker', `w${number}`, (process) =>
      startWorker({ scheduler, redis, provider, ledger, script, quick, effectKey }, process),
    )
  const clients = {
    seed,
    scheduler,
    tables: postgres.tables,
    storeFor: postgres.storeFor,
    onSubmitted: ({ key }: Wanted, runId: string) => {
      if (submitted.has(key) && submitted.get(key) !== runId) fail(new Broken('one key, two runs'))
      submitted.set(key, runId)
    },
    onDecided: () => undefined,
    decide: (gateId: string, outcomes: readonly string[], person: number) => {
      const draw = chanceAt(seed, hash(gateId), 80 + person) % 10
      return draw < 3 ? null : (outcomes[draw % outcomes.length] ?? null)
    },
    resumesMax: temper.resumesMax,
  }
  for (let number = 1; number <= temper.runs; number += 1) {
    const wanted: Wanted = {
      key: `key-${number}`,
      runId: `0190${String(number).padStart(4, '0')}-0000-7000-8000-00000000000${0}`,
      workflow: story.definition.name,
      hash: story.hash,
      input: story.input,
      submitAtMs: chanceAt(seed, number, 90) % 50,
      cancelAfterMs: temper.cancels ? chanceAt(seed, number, 91) % 400 : null,
      signals: chanceAt(seed, number, 92) % 2 === 0 ? ['go'] : [],
    }
    // The same client twice: a submission that was sent again by a retrying proxy.
    for (let copy = 0; copy <= chanceAt(seed, number, 93) % 2; copy += 1)
      spawn('client', `c${number}.${copy}`, (process) =>
        startSubmitter(clients, process, {
          ...wanted,
          runId: `${wanted.runId.slice(0, -2)}${copy}0`,
          ...(copy === 0 ? {} : { cancelAfterMs: null, signals: [] }),
        }),
      )
  }
  for (let number = 1; number <= temper.deciders; number += 1)
    spawn('client', `d${number}`, (process) => startDecider(clients, process, number))
  spawn('client', 'operator', (process) => startOperator(clients, process))

  const atRest = (): void => {
    checks.atRest(postgres.tables, temper.runs)
    const keys = new Map<string, Set<string>>()
    for (const key of provider.performed.keys()) {
      const visit = key.split('/').slice(0, 3).join('/')
      keys.set(visit, (keys.get(visit) ?? new Set()).add(key))
    }
    for (const [visit, of] of keys)
      if (of.size > 1) throw new Broken(`the effect of ${visit} was carried out ${of.size} times`)
    if (postgres.deadlocks() > 0) throw new Broken('transactions waited for each other')
    for (const runId of submitted.values())
      if (!postgres.tables.run.has(runId)) throw new Broken('an accepted run is lost')
  }
  const end = (): void => {
    coverage.worlds += 1
    coverage.steps += scheduler.steps()
    coverage.faults += scheduler.faults.length
    for (const [point, times] of scheduler.points)
      if (/^(crash|fail|stall|redis-|reply-|jobs-)/.test(point))
        coverage.met.set(point, (coverage.met.get(point) ?? 0) + times)
      else coverage.points.add(point)
    for (const { status } of postgres.tables.run.values())
      coverage.ends.set(status, (coverage.ends.get(status) ?? 0) + 1)
  }
  const step = (): boolean => {
    if (!ended) {
      if (!scheduler.step()) {
        ended = true
        guarded(atRest)
      } else if (scheduler.steps() > stepsMax) {
        fail(new Broken(`the world does not come to rest in ${stepsMax} operations`))
      }
      if (ended) end()
    }
    return !ended
  }
  return {
    step,
    result: () => ({ seed, broken, faults: scheduler.faults, definition: story.definition }),
  }
}

const hash = (text: string): number => {
  let sum = 7
  for (let index = 0; index < text.length; index += 1) sum = (Math.imul(sum, 31) + text.charCodeAt(index)) | 0
  return sum & 0xffff
}

/** Lets every promise that can go on do so. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Worlds that are driven side by side: they share the pauses in which promises settle. */
const sideBySide = 64

/** Simulates the worlds of the given seeds; stops at the first that breaks, and gives what became of it. */
export const simulateCore = async (
  seeds: Iterable<number>,
  options: Omit<CoreOptions, 'seed'>,
): Promise<CoreResult | null> => {
  const waiting = seeds[Symbol.iterator]()
  let worlds: CoreWorld[] = []
  for (;;) {
    while (worlds.length < sideBySide) {
      const next = waiting.next()
      if (next.done === true) break
      worlds.push(makeCoreWorld({ ...options, seed: next.value }))
    }
    if (worlds.length === 0) return null
    await settle()
    const going: CoreWorld[] = []
    for (const world of worlds) {
      if (world.step()) going.push(world)
      else if (world.result().broken !== null) return world.result()
    }
    worlds = going
  }
}

/** A failing world with as few faults as it takes: leaves out one after the other while something still breaks. */
export const shrink = async (failed: CoreResult, options: Omit<CoreOptions, 'seed'>): Promise<CoreResult> => {
  let best = failed
  const without = new Set<number>()
  for (const { step } of failed.faults.toReversed()) {
    if (!best.faults.some((fault) => fault.step === step)) continue
    without.add(step)
    const again = await simulateCore([failed.seed], { ...options, without })
    // Another fault may have come in place of one that is left out.
    if (again === null || again.faults.length >= best.faults.length) without.delete(step)
    else best = again
  }
  return best
}

/** A failure as a person can take it up: what broke, the seed, the faults that it takes. */
export const describeFailure = ({ seed, broken, faults, definition }: CoreResult): string =>
  [
    `seed ${seed} (${definition.name}): ${broken}`,
    ...faults.map(({ step, kind, point }) => `  operation ${step}: ${kind} at ${point}`),
  ].join('\n')
