import { createHash } from 'node:crypto'
import { TerminalError, type SignOffDocument } from '@flotilla/contracts'

/** A place where documents are published. Another client with the same contract takes its place in production. */
export interface PublicationDesk {
  /** Publishes a document, once per `idempotencyKey`. `publicationId` is `pub-` and 16 hexadecimal digits. */
  readonly publish: (
    document: SignOffDocument,
    call: { readonly idempotencyKey: string; readonly signal: AbortSignal },
  ) => Promise<{ readonly publicationId: string; readonly sha256: string }>
}

const digest = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex')

/** A desk that needs no network: the same key always gives the same publication, as providers with idempotency keys do. */
export const makeOfflineDesk = (): PublicationDesk => ({
  publish: ({ body }, { idempotencyKey, signal }) => {
    signal.throwIfAborted()
    return Promise.resolve({ publicationId: `pub-${digest(idempotencyKey).slice(0, 16)}`, sha256: digest(body) })
  },
})

/** Throws `TerminalError` EMPTY_DOCUMENT for a document of nothing but white space: it can never be published. */
export const requireContent = ({ body }: SignOffDocument): void => {
  if (body.trim() === '') throw new TerminalError('EMPTY_DOCUMENT', 'the document has no text')
}
