import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { completeLock, entriesWithAddress, missingOptionalPackages } from './complete-lock.mjs'

const aLock = (packages: Record<string, Record<string, unknown>>) => ({ packages })

const partial = aLock({
  '': {},
  'node_modules/tool': {
    version: '1.2.3',
    resolved: 'https://somewhere.example/tool.tgz',
    dev: true,
    optionalDependencies: {
      '@tool/linux-x64-musl': '1.2.3',
      '@tool/darwin-arm64': '1.2.3',
      '@tool/win32-x64': '1.2.3',
    },
  },
  'node_modules/tool/node_modules/@tool/win32-x64': { version: '1.2.3' },
  'node_modules/room': { resolved: 'libs/room', link: true },
})

describe('the lock of this repository', () => {
  const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'))

  test('holds every optional package that a locked package names', () => {
    expect(missingOptionalPackages(lock)).toEqual([])
  })

  test('names no address', () => {
    expect(entriesWithAddress(lock)).toEqual([])
  })
})

describe('completing a lock', () => {
  test('finds what is missing, and nested packages are not', () => {
    expect(missingOptionalPackages(partial).map(({ name }) => name)).toEqual([
      '@tool/linux-x64-musl',
      '@tool/darwin-arm64',
    ])
    expect(entriesWithAddress(partial)).toEqual(['node_modules/tool'])
  })

  test('adds platform entries with os, cpu and libc, and drops addresses but not links', () => {
    const { packages } = completeLock(partial)
    expect(packages['node_modules/@tool/linux-x64-musl']).toEqual({
      version: '1.2.3',
      cpu: ['x64'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    })
    expect(packages['node_modules/tool']).not.toHaveProperty('resolved')
    expect(packages['node_modules/room']).toHaveProperty('resolved', 'libs/room')
    expect(missingOptionalPackages({ packages })).toEqual([])
  })

  test('refuses what it cannot write down', () => {
    const ranged = aLock({ 'node_modules/tool': { optionalDependencies: { '@tool/linux-x64': '^1.0.0' } } })
    expect(() => completeLock(ranged)).toThrow('cannot complete @tool/linux-x64@^1.0.0')
  })
})
