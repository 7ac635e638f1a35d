/** What becomes of a job that was not done. */
export type JobFate =
  /** Attempted again while the policy allows. */
  | 'retry'
  /** Failed at once. */
  | 'terminal'
  /** Put off without costing an attempt. */
  | 'later'

/** The only error that a processor throws: a code, and what to do. */
export class JobFailure extends Error {
  override readonly name = 'JobFailure'
  constructor(
    readonly code: string,
    readonly fate: JobFate = 'retry',
    /** Not before so many ms. */
    readonly afterMs?: number,
  ) {
    super(code)
  }
}
