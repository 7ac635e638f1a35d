import type { CheckpointPolicy } from '@flotilla/engine'
import type { Names } from './expressions.js'
import type { Path } from './problem.js'

/** What the translation of every state needs to know. */
export interface Reading {
  readonly names: Names
  /** Checkpoint policies that the workflow gives to some states by name. */
  readonly checkpoints: ReadonlyMap<string, CheckpointPolicy>
  /** Where each state stands in the document, by the path that findings give. */
  readonly places: Map<string, Path>
  /** What comes before the names of states here: the compound that holds them. */
  readonly scope: string
}
