import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { loadCorpus } from './load-corpus.js'
import { parsePolicyDocument } from './policy-document.js'
import { sentencesOf } from './sentences-of.js'
import { countWords, wordsOf } from './words-of.js'

const corpus = await loadCorpus(fileURLToPath(new URL('../../data/policies', import.meta.url)))

test('the corpus holds the policies of the city, each with its text', () => {
  expect(corpus.documents.length).toBeGreaterThanOrEqual(28)
  for (const { title, issuer, issuedOn, text } of corpus.documents) {
    expect([title, issuer].every((part) => part.length > 3)).toBe(true)
    expect(issuedOn).toMatch(/^202\d-\d\d-\d\d$/)
    expect(sentencesOf(text).length).toBeGreaterThanOrEqual(4)
  }
})

test('a file without date or office is refused', () => {
  expect(() => parsePolicyDocument('x', '# Title\n\nSome text.\n')).toThrow('x is not a policy document')
})

test('sentences keep their place, and figures do not end them', () => {
  const text = 'It was 3.4 degrees lower. Costs: 6.2 million!\n\nA second paragraph without an end'
  expect(sentencesOf(text).map((sentence) => sentence.text)).toEqual([
    'It was 3.4 degrees lower.',
    'Costs: 6.2 million!',
    'A second paragraph without an end',
  ])
  for (const { start, end, text: words } of sentencesOf(text)) expect(text.slice(start, end)).toBe(words)
})

test('words lose number and tense, and common ones do not count', () => {
  expect(wordsOf('The trees were planted')).toEqual(wordsOf('each tree, planting'))
  expect(countWords('Costs 6.2 million marks, the city’s share')).toBe(7)
})

test.each([
  ['protection of outdoor workers against heat', 'heat-and-work-2023'],
  ['school streets', 'school-streets-2023'],
  ['flood warning by telephone', 'flood-warning-2023'],
  ['who examines programs that decide', 'automated-decisions-2024'],
  ['fine dust of stoves', 'wood-stoves-2022'],
])('the best answer to "%s" is %s', (query, id) => {
  expect(corpus.search(query)[0]?.document.id).toBe(id)
})

test('what no policy is about finds none', () => {
  expect(corpus.search('submarine cables')).toEqual([])
  expect(corpus.search('')).toEqual([])
})
