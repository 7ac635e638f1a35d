import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { repoDir } from './fleet/paths.mjs'

const plain = (code: string): string => code.replaceAll(/\s+/g, ' ')

test('what docs/testing.md shows is code that runs', () => {
  const example = readFileSync(path.join(repoDir, 'tools/testing-example.spec.ts'), 'utf8')
  const doc = readFileSync(path.join(repoDir, 'docs/testing.md'), 'utf8')
  const blocks = [...doc.matchAll(/```ts\n([^]*?)\n```/g)].map(([, block = '']) => block)
  expect(blocks).toHaveLength(4)
  // The formatter sets the blocks of a document apart from their indentation.
  for (const block of blocks) expect(plain(example)).toContain(plain(block))
})
