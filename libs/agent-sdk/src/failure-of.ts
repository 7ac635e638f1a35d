import { CodedError, RetryableError, TerminalError } from '@flotilla/contracts'

/** A failure as a reply may carry it. */
export interface Failure {
  readonly code: string
  /** Written by us, or only the error's name: what libraries write may quote data. */
  readonly message: string
  readonly stack: string | null
  readonly fate: 'retry' | 'terminal'
  readonly afterMs: number | undefined
}

const codePattern = /^[A-Z][A-Z0-9_]{0,63}$/

/** The frames of a stack, without its first line, which repeats the message. */
const framesOf = (error: Error): string | null => {
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line))
  return frames.length === 0 ? null : frames.slice(0, 12).join('\n')
}

/**
 * What an agent's error means: `TerminalError` and contract violations are final; `RetryableError`, and everything
 * unexpected, is attempted again. Only codes and our own messages go on.
 */
export const failureOf = (error: unknown): Failure => {
  if (!(error instanceof Error))
    return {
      code: 'AGENT_FAILED',
      message: 'something other than an error was thrown',
      stack: null,
      fate: 'retry',
      afterMs: undefined,
    }
  const stack = framesOf(error)
  if (error instanceof TerminalError || error instanceof CodedError)
    return { code: error.code, message: error.message, stack, fate: 'terminal', afterMs: undefined }
  if (error instanceof RetryableError)
    return { code: error.code, message: error.message, stack, fate: 'retry', afterMs: error.afterMs }
  const given = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return {
    code: codePattern.test(given) ? given : 'AGENT_FAILED',
    message: `unexpected ${error.name}`,
    stack,
    fate: 'retry',
    afterMs: undefined,
  }
}
