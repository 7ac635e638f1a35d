/** A published policy. `text` is what quotes are taken from, and positions count in it. */
export interface PolicyDocument {
  readonly id: string
  readonly title: string
  readonly issuer: string
  readonly issuedOn: string
  readonly text: string
}

/**
 * Reads a document: a heading, a line `Issued by the <office> on <day>.`, and paragraphs. Throws for any other shape,
 * because a policy of unknown date or origin must not be cited.
 */
export const parsePolicyDocument = (id: string, markdown: string): PolicyDocument => {
  const found = /^# (.+)\n\nIssued by the (.+) on (\d{4}-\d{2}-\d{2})\.\n\n([^]+)$/.exec(markdown)
  const [, title, issuer, issuedOn, text] = found ?? []
  if (!title || !issuer || !issuedOn || !text) throw new Error(`${id} is not a policy document`)
  return { id, title, issuer, issuedOn, text: text.trim() }
}
