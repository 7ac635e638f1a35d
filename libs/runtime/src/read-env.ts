import { ConfigError } from './config-error.js'
import type { Field } from './env-fields.js'

/** Environment variables, as `process.env` has them. */
export type Env = Readonly<Record<string, string | undefined>>

/** One field per variable name. */
export type EnvFields = Readonly<Record<string, Field<unknown>>>

/** The values that a set of fields reads. */
export type EnvValues<F extends EnvFields> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never }

/**
 * Reads every setting from `env`. Pure. An empty variable counts as unset. Throws one `ConfigError` with all problems;
 * no message repeats a value.
 */
export const readEnv = <F extends EnvFields>(env: Env, fields: F): EnvValues<F> => {
  const problems: string[] = []
  const values = Object.entries(fields).map(([name, field]) => {
    const given = [name, ...(field.aliases ?? [])].find((candidate) => (env[candidate] ?? '') !== '')
    if (given === undefined) {
      if (field.fallback) return [name, field.fallback.value]
      problems.push(`${name} is not set: must be ${field.accepts}`)
      return [name, undefined]
    }
    try {
      return [name, field.parse(env[given] ?? '')]
    } catch (error) {
      problems.push(`${given} must be ${error instanceof Error ? error.message : field.accepts}`)
      return [name, undefined]
    }
  })
  if (problems.length > 0) throw new ConfigError(problems)
  // Every entry was parsed by the field of its own name, which the compiler cannot follow through fromEntries.
  return Object.fromEntries(values) as EnvValues<F>
}
