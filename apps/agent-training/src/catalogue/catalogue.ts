import type { Obligation } from '@flotilla/contracts'
import { cleanHandsCode } from './clean-hands-code.js'
import { dataCareAct } from './data-care-act.js'
import type { CatalogueEntry } from './entry.js'
import { safeFloorOrdinance } from './safe-floor-ordinance.js'

const regulations = new Map<string, readonly CatalogueEntry[]>([
  ['data-care-act', dataCareAct],
  ['clean-hands-code', cleanHandsCode],
  ['safe-floor-ordinance', safeFloorOrdinance],
])

/** Every regulation that there is material for. */
export const knownRegulations: readonly string[] = [...regulations.keys()]

const withoutRoles = ({ id, regulation, title, severity, facts, media }: CatalogueEntry): Obligation => ({
  id,
  regulation,
  title,
  severity,
  facts,
  media: media ?? null,
})

/** The obligations of a regulation that bind an audience, in the regulation's order; null for an unknown regulation. */
export const obligationsOf = (regulation: string, audience: string): readonly Obligation[] | null =>
  regulations
    .get(regulation)
    ?.filter(({ roles }) => roles.length === 0 || roles.includes(audience))
    .map(withoutRoles) ?? null
