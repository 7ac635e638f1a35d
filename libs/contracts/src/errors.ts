/**
 * Errors by what the receiver must do (architecture section 6). Every one has a code in SCREAMING_SNAKE_CASE;
 * messages never carry personal data, because BullMQ and logs keep them.
 */

/** One problem in a message: RFC 6901 pointer from the body's root, machine code, human text that echoes no value. */
export interface Problem {
  readonly pointer: string
  readonly code: string
  readonly detail: string
}

/** An error with a code from the one table; the gateway turns it into a problem document. */
export class CodedError extends Error {
  override readonly name: string = 'CodedError'
  constructor(
    readonly code: string,
    message: string = code,
    readonly problems: readonly Problem[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** A message of the wrong shape. HTTP: 400 with pointers. Queue: never retried, dead-lettered. */
export class ContractError extends CodedError {
  override readonly name = 'ContractError'
  constructor(
    readonly contract: string,
    problems: readonly Problem[],
  ) {
    super(
      'CONTRACT_VIOLATED',
      `${contract}: ${problems.map((p) => `${p.pointer || '/'} ${p.detail}`).join('; ')}`,
      problems,
    )
  }
}

/** Could not answer now: the job is attempted again as its retry policy says, not before `afterMs`. */
export class RetryableError extends Error {
  override readonly name = 'RetryableError'
  constructor(
    readonly code: string,
    readonly afterMs?: number,
    message: string = code,
  ) {
    super(message)
  }
}

/** Can never answer: the step fails at once, without further attempts. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError'
  constructor(
    readonly code: string,
    message: string = code,
  ) {
    super(message)
  }
}

/** A broken assumption of our own: parks the run it concerns, crashes the process elsewhere. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** Throws `InvariantError` unless the condition holds; for our bugs, never for operations that may fail. */
export function invariant(condition: unknown, text: string): asserts condition {
  if (!condition) throw new InvariantError(text)
}
