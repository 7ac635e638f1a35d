import { createHash } from 'node:crypto'
import { TerminalError, type DocumentRequest, type IngestedDocument } from '@flotilla/contracts'
import { frequenciesOf, wordsOf } from './words-of.js'

const termsMax = 10

/** A sentence ends at `.`, `!` or `?` before a space and a capital letter, a figure or the end; points in figures end none. */
const sentencesOf = (text: string): string[] =>
  text
    .split(/\n{2,}/)
    .flatMap((paragraph) => paragraph.replaceAll(/\s+/g, ' ').split(/(?<=[.!?]["”]?)\s+(?=[\p{Lu}\d“"])/u))
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '')

/** Reads a text or Markdown document. Its first heading, else its first sentence, is the title. Throws EMPTY_DOCUMENT. */
export const ingestDocument = ({ documentId, text }: DocumentRequest): IngestedDocument => {
  const heading = /^#+\s+(.+)$/m.exec(text)?.[1]
  const body = text.replaceAll(/^#+\s+.*$/gm, '\n')
  const sentences = sentencesOf(body).slice(0, 5_000)
  if (sentences.length === 0) throw new TerminalError('EMPTY_DOCUMENT', 'the document has no sentence')
  return {
    documentId,
    title: (heading ?? sentences[0] ?? '').trim().slice(0, 300),
    sentences,
    terms: [...frequenciesOf(body).keys()].slice(0, termsMax),
    words: wordsOf(body).length,
    sha256: createHash('sha256').update(text, 'utf8').digest('hex'),
  }
}
