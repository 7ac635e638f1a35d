/** One thing that is wrong, or doubtful, in a definition. */
export interface Finding {
  /** Stable, in capitals: what programs go by. */
  readonly code: string
  /** An error refuses the definition; a warning does not. */
  readonly severity: 'error' | 'warning'
  /** The path of the state, a JSON pointer into the definition where its shape is wrong, or '' for the whole. */
  readonly where: string
  readonly message: string
  /** What to do about it. */
  readonly fix: string
}

/** An error at a place. */
export const error = (code: string, where: string, message: string, fix: string): Finding => ({
  code,
  severity: 'error',
  where,
  message,
  fix,
})

/** A warning at a place. */
export const warning = (code: string, where: string, message: string, fix: string): Finding => ({
  ...error(code, where, message, fix),
  severity: 'warning',
})
