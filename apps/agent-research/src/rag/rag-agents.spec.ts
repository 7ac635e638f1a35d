import { fileURLToPath } from 'node:url'
import { agentLaws } from '@flotilla/agent-sdk/testing'
import { describe, expect, test } from 'vitest'
import { extractSources } from '../brief/extract-sources.js'
import { loadCorpus } from '../corpus/load-corpus.js'
import { augmentAgent, generateAgent, validateAgent } from './rag-agents.js'
import { augmentQuestion, generateAnswer, validateAnswer } from './rag-steps.js'

const corpus = await loadCorpus(fileURLToPath(new URL('../../data/policies', import.meta.url)))
const question = 'How many trees does the shade tree plan plant?'
const { sources, quotes } = extractSources(corpus, { topic: question })
const augmented = augmentQuestion({ question, sources, quotes })
const generated = generateAnswer({ question, ...augmented })
const { passages } = augmented

describe('a question about the policies', () => {
  test('is put with the best passages, numbered', () => {
    expect(passages.map(({ number }) => number)).toEqual(passages.map((_, at) => at + 1))
    expect(augmented.prompt.endsWith(question)).toBe(true)
    expect(augmented.prompt).toContain(`[1] ${passages[0]?.title}: ${passages[0]?.text}`)
  })
  test('is answered in the words of a policy, which validation bears out', () => {
    expect(generated.citations[0]?.sourceId).toBe('shade-trees-2022')
    expect(corpus.byId('shade-trees-2022')?.text).toContain(generated.citations[0]?.quote)
    expect(validateAnswer({ ...generated, passages })).toEqual({ grounded: true, problems: [] })
  })
})

describe('validation finds', () => {
  const [first] = generated.answer.split('\n')
  const line = first ?? ''
  test.each([
    ['a sentence without a passage', `${line}\nIt is well known.`, 'UNCITED'],
    ['a passage that there is not', line.replace(/\[\d+\]$/, '[9]'), 'PASSAGE_UNKNOWN'],
    ['words that are not the passage’s', line.replace(/“.*”/, '“Nothing of the kind.”'), 'QUOTE_NOT_IN_PASSAGE'],
    ['a figure from elsewhere', line.replace('“', 'All 987654 of them. “'), 'NUMBER_NOT_IN_PASSAGE'],
  ])('%s', (_, answer, problem) => {
    const { grounded, problems } = validateAnswer({ ...generated, answer, passages })
    expect(grounded).toBe(false)
    expect(problems).toContain(problem)
  })
})

for (const law of [
  ...agentLaws(augmentAgent, [{ question, sources, quotes }]),
  ...agentLaws(generateAgent, [{ question, ...augmented }]),
  ...agentLaws(validateAgent, [{ ...generated, passages }]),
])
  test(`${law.name}`, async () => expect(await law.check()).toBeUndefined())
