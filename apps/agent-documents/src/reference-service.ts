import { RetryableError, type Enrichment } from '@flotilla/contracts'

/** What looks terms up outside. Another client with the same contract takes its place in production. */
export interface ReferenceService {
  /** Facts on the terms that it knows. Throws `RetryableError` REFERENCE_SERVICE_DOWN when it cannot answer now. */
  readonly lookUp: (
    terms: readonly string[],
    call: { readonly documentId: string; readonly drillFailures: number; readonly signal: AbortSignal },
  ) => Promise<readonly Enrichment[]>
}

const source = 'reference-book-2026'

/** Invented, as all material here. */
const book: Readonly<Record<string, string>> = {
  'harbour authority': 'The Harbour Authority runs the three ports of Westmark since 1987.',
  'northern ferry company': 'The Northern Ferry Company has eleven ships and 640 people.',
  'westmark council': 'Westmark Council has 41 seats and meets every second Tuesday.',
  ferry: 'A ferry of the harbour line carries 90 cars and 400 people.',
  harbour: 'The harbour was dredged to eleven metres in 2019.',
  noise: 'Noise at the quay may not exceed 55 decibels at night.',
  electric: 'Shore power of 11 megawatts has been laid to quay 4.',
}

/**
 * The reference book that comes with this app. It needs no network; `drillFailures` has it refuse so many calls on a
 * document first, counted in this process, so that an outage and its end can be rehearsed.
 */
export const makeReferenceBook = (): ReferenceService => {
  const refused = new Map<string, number>()
  return {
    lookUp: (terms, { documentId, drillFailures, signal }) => {
      signal.throwIfAborted()
      const before = refused.get(documentId) ?? 0
      if (before < drillFailures) {
        refused.set(documentId, before + 1)
        return Promise.reject(new RetryableError('REFERENCE_SERVICE_DOWN'))
      }
      refused.delete(documentId)
      const known = terms.flatMap((term) => {
        const fact = book[term.toLowerCase()]
        return fact === undefined ? [] : [{ term, fact, source }]
      })
      return Promise.resolve(known)
    },
  }
}
