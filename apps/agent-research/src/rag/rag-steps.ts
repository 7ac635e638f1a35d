import type {
  RagPassage,
  ResearchAugmentInput,
  ResearchAugmentOutput,
  ResearchGenerateInput,
  ResearchGenerateOutput,
  ResearchValidateInput,
  ResearchValidateOutput,
} from '@flotilla/contracts'
import { wordsOf } from '../corpus/words-of.js'

/** Passages that a question is answered from. */
const passagesWanted = 6
/** Sentences of an answer. */
const sentencesMax = 3
/** A passage with fewer of the question's words answers something else. */
const sharedMin = 1

/** Numbers the best passages and puts the question with them, as a model would be asked. */
export const augmentQuestion = ({ question, sources, quotes }: ResearchAugmentInput): ResearchAugmentOutput => {
  const titles = new Map(sources.map(({ id, title }) => [id, title]))
  const passages = quotes
    .toSorted((a, b) => b.score - a.score || (a.sourceId < b.sourceId ? -1 : 1) || a.start - b.start)
    .slice(0, passagesWanted)
    .map(({ sourceId, text }, at): RagPassage => ({
      number: at + 1,
      sourceId,
      title: titles.get(sourceId) ?? sourceId,
      text,
    }))
  const numbered = passages.map(({ number, title, text }) => `[${number}] ${title}: ${text}`)
  const prompt = ['Answer from these passages alone, and name each by its number.', ...numbered, question].join('\n')
  return { passages, prompt }
}

/** Answers with the passages that share most words with the question, word for word. Deterministic. */
export const generateAnswer = ({ question, passages }: ResearchGenerateInput): ResearchGenerateOutput => {
  const asked = new Set(wordsOf(question))
  const shared = ({ title, text }: RagPassage): number =>
    new Set(wordsOf(`${title} ${text}`).filter((word) => asked.has(word))).size
  const best = passages
    .map((passage) => ({ passage, words: shared(passage) }))
    .filter(({ words }) => words >= sharedMin)
    .toSorted((a, b) => b.words - a.words || a.passage.number - b.passage.number)
    .slice(0, sentencesMax)
    .map(({ passage }) => passage)
    .toSorted((a, b) => a.number - b.number)
  const used = best.length > 0 ? best : passages.slice(0, 1)
  return {
    answer: used.map(({ number, title, text }) => `${title}: “${text}” [${number}]`).join('\n'),
    citations: used.map(({ number, sourceId, text }) => ({ number, sourceId, quote: text })),
  }
}

const numbersOf = (text: string): readonly string[] => text.match(/\d+(?:[.,]\d+)*/g) ?? []

/** Holds an answer against its passages: every line cites one that there is, in its words, and no figure comes from elsewhere. */
export const validateAnswer = ({ answer, citations, passages }: ResearchValidateInput): ResearchValidateOutput => {
  const byNumber = new Map(passages.map((passage) => [passage.number, passage]))
  const problems = answer
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line): ResearchValidateOutput['problems'] => {
      const number = Number(/\[(\d+)\]\s*$/.exec(line)?.[1] ?? 0)
      if (number === 0) return ['UNCITED']
      const passage = byNumber.get(number)
      const citation = citations.find((one) => one.number === number)
      if (!passage || !citation || citation.sourceId !== passage.sourceId) return ['PASSAGE_UNKNOWN']
      if (!passage.text.includes(citation.quote) || !line.includes(citation.quote)) return ['QUOTE_NOT_IN_PASSAGE']
      const known = new Set(numbersOf(`${passage.title} ${passage.text}`))
      const said = numbersOf(line.replace(/\[\d+\]\s*$/, ''))
      return said.some((figure) => !known.has(figure)) ? ['NUMBER_NOT_IN_PASSAGE'] : []
    })
  return { grounded: problems.length === 0, problems }
}
