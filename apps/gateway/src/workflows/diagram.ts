import { createHash } from 'node:crypto'
import type { RunState, WorkflowDefinition } from '@flotilla/engine'

/** The parts of a run's state that colour a diagram. */
export type DiagramState = Pick<RunState, 'steps'> | null

type Draw = (definition: WorkflowDefinition, state?: RunState) => string

export interface DiagramDeps {
  readonly toDot: Draw
  /** Draws without Graphviz. */
  readonly toFallbackSvg: Draw
  /** Lays out DOT; loaded on first use, may fail. */
  readonly layout: (dot: string) => Promise<string>
  readonly onFallback: (error: unknown) => void
}

/** A diagram, with the hash of what it shows. */
export interface Diagram {
  readonly svg: string
  readonly hash: string
}

/** Diagrams kept; one is about 20 KB. */
const kept = 200

/** Makes a drawer with a memory: the same definition and statuses are laid out once. */
export const makeDiagrams = (deps: DiagramDeps) => {
  const drawn = new Map<string, Promise<string>>()
  return async (definition: WorkflowDefinition, state: DiagramState): Promise<Diagram> => {
    const seen = (state ?? undefined) as RunState | undefined // drawing looks at the steps alone
    const dot = deps.toDot(definition, seen)
    const hash = createHash('sha256').update(dot).digest('hex')
    const known = drawn.get(hash)
    const svg =
      known ??
      deps.layout(dot).catch((error: unknown) => {
        deps.onFallback(error)
        return deps.toFallbackSvg(definition, seen)
      })
    drawn.delete(hash)
    drawn.set(hash, svg)
    if (drawn.size > kept) drawn.delete(drawn.keys().next().value ?? '')
    return { svg: await svg, hash }
  }
}

/** Draws diagrams. */
export type Diagrams = ReturnType<typeof makeDiagrams>

/** Graphviz as WebAssembly, loaded on the first diagram: 190 ms once, 5 ms each. */
export const makeGraphvizLayout = (): ((dot: string) => Promise<string>) => {
  let loading: Promise<{ readonly dot: (source: string) => string }> | null = null
  return async (dot) => {
    loading ??= import('@hpcc-js/wasm-graphviz').then(({ Graphviz }) => Graphviz.load())
    return (await loading).dot(dot)
  }
}
