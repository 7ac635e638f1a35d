import { ConfigError } from './config-error.js'

/** Where `runMain` writes and how it ends; only tests give their own. */
export type MainProcess = {
  readonly writeError: (text: string) => void
  readonly exit: (code: number) => void
}

const thisProcess: MainProcess = {
  writeError: (line) => process.stderr.write(line),
  exit: (code) => process.exit(code),
}

/** EX_CONFIG of sysexits.h: the supervisor does not restart a process that ends with it. */
export const configExitCode = 78

/**
 * Runs a process' main function. Resolves when `main` does; a `ConfigError` prints one line per problem and exits 78,
 * any other error prints its stack and exits 1. The process goes on living after a `main` that resolves.
 */
export const runMain = async (main: () => Promise<void>, on: MainProcess = thisProcess): Promise<void> => {
  try {
    await main()
  } catch (error) {
    if (error instanceof ConfigError) {
      on.writeError(error.problems.map((problem) => `configuration: ${problem}\n`).join(''))
      on.exit(configExitCode)
      return
    }
    on.writeError(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
    on.exit(1)
  }
}
