import type { Obligation, ObligationFact } from '@flotilla/contracts'

/** An obligation with the roles that it binds; none: everybody. */
export interface CatalogueEntry extends Obligation {
  readonly roles: readonly string[]
}

/** A fact, its parts in the order in which they are read. */
export const fact = (
  id: string,
  binding: string,
  plain: string,
  ask: {
    readonly question: string
    readonly case: string
    readonly answer: string
    readonly wrong: readonly [string, string, ...string[]]
  },
): ObligationFact => ({ id, binding, plain, ...ask, wrong: [...ask.wrong] })
