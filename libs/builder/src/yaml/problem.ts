/** One thing in a YAML definition that cannot be translated. */
export interface YamlProblem {
  /** Of the text, from 1. */
  readonly line: number
  /** JSON pointer into the document: `/states/drafting/on/passed`. */
  readonly path: string
  /** Stable, in capitals. */
  readonly code: 'SYNTAX' | 'SHAPE' | 'MEMBER_UNKNOWN' | 'MEMBER_MISSING' | 'VALUE' | 'EXPRESSION' | 'KIND'
  readonly message: string
  /** What to do about it. */
  readonly fix: string
}

/** A YAML definition that cannot be translated, with every reason at once. */
export class WorkflowYamlError extends Error {
  override readonly name = 'WorkflowYamlError'
  constructor(readonly problems: readonly YamlProblem[]) {
    super(problems.map(({ line, path, message }) => `line ${line}, ${path || 'the document'}: ${message}`).join('\n'))
  }
}

/** Members and indexes from the document's root to a value. */
export type Path = readonly (string | number)[]

/** A path as a JSON pointer. */
export const pointerTo = (path: Path): string =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
