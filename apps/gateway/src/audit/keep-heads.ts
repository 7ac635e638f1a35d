/**
 * Heads of audits, signed and told to a place that the database's writers do not write to.
 *
 * H1  A head is told when its audit has grown since it was last told by this process, and after each start.
 * H2  What could not be told is told the next time.
 */
import { appendFile } from 'node:fs/promises'
import type { KeyObject } from 'node:crypto'
import type { AuditHeadView } from '@flotilla/contracts'
import type { AuditHead } from '@flotilla/store'
import { signHead } from './audit-desk.js'

/** What keeping heads needs. */
export interface KeepHeadsDependencies {
  readonly list: () => Promise<readonly AuditHead[]>
  readonly key: KeyObject | null
  /** Resolves when they are kept. */
  readonly tell: (heads: readonly AuditHeadView[]) => Promise<void>
  /** Epoch ms. */
  readonly now: () => number
}

/** Makes the round that tells of grown audits; resolves with how many were told. */
export const makeKeepHeads = ({ list, key, tell, now }: KeepHeadsDependencies): (() => Promise<number>) => {
  const told = new Map<string, number>()
  return async () => {
    const grown = (await list()).filter(({ tenant, seq }) => seq > (told.get(tenant) ?? 0)) // H1
    if (grown.length === 0) return 0
    await tell(grown.map((head) => signHead(head, key, now()))) // H2
    for (const { tenant, seq } of grown) told.set(tenant, seq)
    return grown.length
  }
}

/** Appends to a file that only its owner may read, a head a line, in the form that `npm run audit -- verify --heads` reads. */
export const appendHeads =
  (file: string) =>
  (heads: readonly AuditHeadView[]): Promise<void> =>
    appendFile(file, heads.map((head) => `${JSON.stringify(head)}\n`).join(''), { mode: 0o600 })
