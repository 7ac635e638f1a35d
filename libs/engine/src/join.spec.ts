import { describe, expect, test } from 'vitest'
import type { Branch, Join, ParallelState } from './definition.js'
import { type Branches, judgeJoin } from './join.js'

type Mark = 'o' | 'd' | 'f' | 'g'
const marks = { o: 'open', d: 'done', f: 'failed', g: 'degraded' } as const

const judge = (
  join: Join,
  now: string,
  given: { bestEffort?: boolean; requirements?: readonly Branch['requirement'][]; late?: boolean } = {},
) => {
  const names = [...now].map((_, index) => `b${index}`)
  const parallel: ParallelState = {
    kind: 'parallel',
    name: 'p',
    join,
    onBranchFailure: given.bestEffort ? 'best-effort' : 'fail-fast',
    branches: names.map((name, index) => {
      const requirement = given.requirements?.[index]
      return { name, initial: 'x', states: [], ...(requirement === undefined ? {} : { requirement }) }
    }),
  }
  const branches: Branches = Object.fromEntries(names.map((name, index) => [name, marks[now[index] as Mark]]))
  return judgeJoin(parallel, branches, given.late)
}

const all: Join = { policy: 'all' }
const any: Join = { policy: 'any' }
const two: Join = { policy: 'k-of-n', k: 2 }
const quorum: Join = { policy: 'quorum' }
const until: Join = { policy: 'until', deadlineMs: 5, min: 1 }

describe('fail-fast', () => {
  test.each<[Join, string, string]>([
    [all, 'ddo', 'open'],
    [all, 'ddd', 'done'],
    [all, 'dgd', 'done'],
    [all, 'dfo', 'failed'],
    [any, 'ooo', 'open'],
    [any, 'fdo', 'done'],
    [any, 'ffo', 'open'],
    [any, 'fff', 'failed'],
    [two, 'doo', 'open'],
    [two, 'ddo', 'done'],
    [two, 'dfo', 'open'],
    [two, 'ffo', 'failed'],
    [quorum, 'ddooo', 'open'],
    [quorum, 'dddoo', 'done'],
    [quorum, 'fffoo', 'failed'],
    [quorum, 'ddffo', 'open'],
    [quorum, 'dd', 'done'],
    [quorum, 'df', 'failed'],
    [until, 'ddo', 'open'],
    [until, 'dff', 'done'],
    [until, 'fff', 'failed'],
  ])('%j over %s is %s', (join, now, verdict) => {
    expect(judge(join, now)).toBe(verdict)
  })
})

describe('best-effort waits for every branch before it fails', () => {
  test.each<[Join, string, string]>([
    [all, 'dfo', 'open'],
    [all, 'dfd', 'failed'],
    [two, 'ffo', 'open'],
    [two, 'ffd', 'failed'],
  ])('%j over %s is %s', (join, now, verdict) => {
    expect(judge(join, now, { bestEffort: true })).toBe(verdict)
  })
})

describe('requirements', () => {
  test('under all, an optional branch may fail but is waited for', () => {
    const requirements = [undefined, 'optional'] as const
    expect(judge(all, 'do', { requirements })).toBe('open')
    expect(judge(all, 'df', { requirements })).toBe('done')
    expect(judge(all, 'fo', { requirements })).toBe('failed')
  })

  test('under a counting policy, a branch that says required is indispensable', () => {
    const requirements = ['required', undefined, undefined] as const
    expect(judge(any, 'odo', { requirements })).toBe('open')
    expect(judge(any, 'ddo', { requirements })).toBe('done')
    expect(judge(any, 'fdo', { requirements })).toBe('failed')
  })

  test('a degraded branch that has failed counts as come in', () => {
    expect(judge(all, 'dg', { requirements: [undefined, { degraded: null }] })).toBe('done')
  })
})

describe('until its deadline', () => {
  test('enough branches make it done, too few make it fail', () => {
    expect(judge(until, 'doo', { late: true })).toBe('done')
    expect(judge(until, 'foo', { late: true })).toBe('failed')
  })
})
