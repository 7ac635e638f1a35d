/** Wrong configuration: carries every problem found, so that one start shows them all. The process exits 78 (EX_CONFIG). */
export class ConfigError extends Error {
  readonly code = 'CONFIG_INVALID'
  readonly problems: readonly string[]

  /** `problems` are one line each, name the setting first and never repeat its value (it may be a secret). */
  constructor(problems: readonly string[]) {
    super(`wrong configuration: ${problems.join('; ')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}
