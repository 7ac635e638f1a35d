import { expect, test } from 'vitest'
import { notInstalled } from './install.mjs'

const locked = {
  '': {},
  'libs/room': { version: '0.1.0' },
  'node_modules/a': { version: '1.0.0' },
  'node_modules/a/node_modules/b': { version: '2.0.0' },
  'node_modules/for-another-platform': { version: '3.0.0', optional: true },
  'node_modules/@flotilla/room': { resolved: 'libs/room', link: true },
}
const installed = {
  'node_modules/a': { version: '1.0.0' },
  'node_modules/a/node_modules/b': { version: '2.0.0' },
  'node_modules/@flotilla/room': { resolved: 'libs/room', link: true },
}

test('nothing is missing when all but another platform’s packages are there', () => {
  expect(notInstalled(locked, installed)).toEqual([])
})

test('a missing, an outdated and an unlinked package are each noticed', () => {
  expect(notInstalled(locked, null)).toHaveLength(3)
  expect(notInstalled(locked, { ...installed, 'node_modules/a': { version: '0.9.0' } })).toEqual(['node_modules/a'])
  const unlinked = { ...installed, 'node_modules/@flotilla/room': { version: '0.1.0' } }
  expect(notInstalled(locked, unlinked)).toEqual(['node_modules/@flotilla/room'])
  expect(notInstalled(locked, { ...installed, 'node_modules/for-another-platform': { version: '2.9.9' } })).toEqual([
    'node_modules/for-another-platform',
  ])
})
