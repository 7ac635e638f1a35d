import { Resolver } from 'node:dns/promises'

/** Every address of a name; none when the name is unknown. */
export type ResolveName = (name: string) => Promise<readonly string[]>

const attemptMs = 2_000
const attempts = 2

/**
 * Asks DNS for A and AAAA records. Not the system's resolver: that works on the few threads which files need too, so that
 * names which nobody answers for would hold up everybody.
 */
export const makeResolveName = (): ResolveName => {
  const resolver = new Resolver({ timeout: attemptMs, tries: attempts })
  return async (name) => {
    const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    return found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  }
}
