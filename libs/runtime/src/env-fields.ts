import { accessSync, constants } from 'node:fs'

/** What `readEnv` accepts for one setting. `parse` throws an `Error` whose message completes "NAME must be ...". */
export type Field<T> = {
  readonly parse: (raw: string) => T
  /** Used when the variable is unset or empty; absent means that the setting is required. */
  readonly fallback?: { readonly value: T }
  /** Further variable names, read in this order when the main one is unset. */
  readonly aliases?: readonly string[]
  /** What is accepted, for messages and for the table of settings: "an integer from 1 to 100". */
  readonly accepts: string
}

type Common<T> = { readonly default?: T; readonly aliases?: readonly string[] }

const field = <T>(accepts: string, options: Common<T>, parse: (raw: string) => T): Field<T> => ({
  accepts,
  parse,
  ...(options.default === undefined ? {} : { fallback: { value: options.default } }),
  ...(options.aliases === undefined ? {} : { aliases: options.aliases }),
})

const refuse = (accepts: string): never => {
  throw new Error(accepts)
}

/** Text of `minLength` to `maxLength` characters (1 to 10,000 unless told), matching `pattern` if given. */
export const text = (
  options: Common<string> & {
    readonly minLength?: number
    readonly maxLength?: number
    readonly pattern?: RegExp
  } = {},
): Field<string> => {
  const { minLength = 1, maxLength = 10_000, pattern } = options
  const accepts = `text of ${minLength} to ${maxLength} characters${pattern ? ` matching ${pattern}` : ''}`
  return field(accepts, options, (raw) =>
    raw.length >= minLength && raw.length <= maxLength && (pattern?.test(raw) ?? true) ? raw : refuse(accepts),
  )
}

/** One of the given words. */
export const oneOf = <const T extends string>(words: readonly T[], options: Common<NoInfer<T>> = {}): Field<T> => {
  const accepts = `one of ${words.join(', ')}`
  return field<T>(accepts, options, (raw) => words.find((word) => word === raw) ?? refuse(accepts))
}

const decimal = /^-?\d+(\.\d+)?$/

/** An integer from `min` to `max`, both required: a number without a range is a number nobody thought about. */
export const integer = (options: Common<number> & { readonly min: number; readonly max: number }): Field<number> => {
  const accepts = `an integer from ${options.min} to ${options.max}`
  return field(accepts, options, (raw) => {
    const value = decimal.test(raw) ? Number(raw) : Number.NaN
    return Number.isSafeInteger(value) && value >= options.min && value <= options.max ? value : refuse(accepts)
  })
}

/** A decimal number from `min` to `max`. */
export const decimalNumber = (
  options: Common<number> & { readonly min: number; readonly max: number },
): Field<number> => {
  const accepts = `a number from ${options.min} to ${options.max}`
  return field(accepts, options, (raw) => {
    const value = decimal.test(raw) ? Number(raw) : Number.NaN
    return value >= options.min && value <= options.max ? value : refuse(accepts)
  })
}

/** Words with commas between, each matching `pattern`; unset: none. Given as they were written, without spaces around. */
export const words = (
  options: Common<readonly string[]> & { readonly pattern: RegExp; readonly accepts: string },
): Field<readonly string[]> =>
  field(options.accepts, { default: [], ...options }, (raw) => {
    const given = raw.split(',').map((word) => word.trim())
    return given.every((word) => options.pattern.test(word)) ? given : refuse(options.accepts)
  })

const switches: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false }

/** `true`, `1`, `false` or `0`. */
export const flag = (options: Common<boolean> = {}): Field<boolean> =>
  field('true or false', options, (raw) => switches[raw.toLowerCase()] ?? refuse('true or false'))

/** An absolute URL with one of the given protocols (without colon), returned as it was written. */
export const url = (protocols: readonly string[], options: Common<string> = {}): Field<string> => {
  const accepts = `a URL starting with ${protocols.map((protocol) => `${protocol}://`).join(' or ')}`
  return field(accepts, options, (raw) =>
    URL.canParse(raw) && protocols.includes(new URL(raw).protocol.slice(0, -1)) ? raw : refuse(accepts),
  )
}

/** The path of a file that this process can read, as it was written. Looked at here, so that a wrong one is told with the rest. */
export const file = (options: Common<string> = {}): Field<string> =>
  field('a file that can be read', options, (raw) => {
    try {
      accessSync(raw, constants.R_OK)
      return raw
    } catch {
      return refuse('a file that can be read')
    }
  })

/** JSON, checked by `check`, which returns the typed value or throws an `Error` that says what is wanted. */
export const json = <T>(accepts: string, check: (value: unknown) => T, options: Common<T> = {}): Field<T> =>
  field(`JSON: ${accepts}`, options, (raw) => {
    let value: unknown
    try {
      value = JSON.parse(raw)
    } catch {
      // The parser's message quotes the text, which may be a key ring.
      return refuse(`JSON: ${accepts}`)
    }
    return check(value)
  })

/** The same setting, `null` when unset. */
export const optional = <T>(inner: Field<T>): Field<T | null> => ({ ...inner, fallback: { value: null } })
