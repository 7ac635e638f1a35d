import type { SummarizeInput, SummarizeOutput } from '@flotilla/contracts'
import { frequenciesOf, wordsOf } from './words-of.js'

const sentencesMax = 3

/**
 * A summary of the document's own sentences, in their order: those whose words are the most frequent ones on average, after
 * Luhn, The Automatic Creation of Literature Abstracts (1958). Below stand what the reference service knows, with its
 * source, and the entities where there are any.
 */
export const summarizeDocument = ({ document, enrichments, entities }: SummarizeInput): SummarizeOutput => {
  const frequencies = frequenciesOf(document.sentences.join(' '))
  const weight = (sentence: string): number => {
    const words = wordsOf(sentence)
    return words.reduce((total, word) => total + (frequencies.get(word) ?? 0), 0) / Math.max(words.length, 4)
  }
  const sentenceIndexes = document.sentences
    .map((sentence, index) => ({ index, weight: weight(sentence) }))
    .sort((a, b) => b.weight - a.weight || a.index - b.index)
    .slice(0, sentencesMax)
    .map(({ index }) => index)
    .sort((a, b) => a - b)
  const listed = (title: string, lines: readonly string[]): readonly string[] =>
    lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines.map((line) => `- ${line}`)]
  const summary = [
    `# ${document.title}`,
    '',
    sentenceIndexes.map((index) => document.sentences[index]).join(' '),
    ...listed(
      'Background',
      enrichments.map(({ fact, source }) => `${fact} (${source})`),
    ),
    ...listed(
      'Named',
      (entities ?? []).map(({ kind, text, mentions }) => `${text} (${kind}, ${mentions})`),
    ),
    '',
  ].join('\n')
  return { summary: summary.slice(0, 20_000), sentenceIndexes }
}
