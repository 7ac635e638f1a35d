import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { repoDir } from './fleet/paths.mjs'

const read = (file: string): string => readFileSync(path.join(repoDir, file), 'utf8')

test('every package that brings an install script is named and denied', () => {
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, { hasInstallScript?: boolean }> }
  const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> }
  const scripted = Object.entries(lock.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([folder]) => folder.split('node_modules/').at(-1) ?? '')
  expect(scripted.length).toBeGreaterThan(3)
  expect(scripted.filter((name) => allowScripts[name] !== false)).toEqual([])
})

test('nothing installs with scripts on', () => {
  for (const file of ['deploy/Dockerfile', 'tools/fleet/install.mjs']) {
    const lines = read(file)
      .split('\n')
      .filter((line) => /\bnpm (ci|install) -|'ci'/.test(line) && !/^\s*(#|\*|\/\/)/.test(line))
    expect([file, lines.length > 0]).toEqual([file, true])
    expect(lines.filter((line) => !line.includes('--ignore-scripts'))).toEqual([])
  }
})
