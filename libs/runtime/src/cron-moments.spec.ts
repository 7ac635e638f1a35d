import { describe, expect, test } from 'vitest'
import { lastMoment, nextMoment, whyNotCron } from './cron-moments.js'

const at = (text: string) => new Date(text)
const next = (cron: string, timeZone: string, after: string, count = 3) => {
  const moments: string[] = []
  for (let from = at(after); moments.length < count;) {
    from = nextMoment({ cron, timeZone }, from)
    moments.push(from.toISOString().slice(0, 16))
  }
  return moments
}

test('the weekly compliance check comes on Mondays at eight', () => {
  expect(next('0 8 * * MON', 'UTC', '2026-11-21T12:00:00Z', 2)).toEqual(['2026-11-23T08:00', '2026-11-30T08:00'])
})

test('a moment is not its own next one, and is its own last one', () => {
  const schedule = { cron: '0 8 * * *' }
  expect(nextMoment(schedule, at('2026-11-23T08:00:00Z')).toISOString()).toBe('2026-11-24T08:00:00.000Z')
  expect(lastMoment(schedule, at('2026-11-23T08:00:00Z')).toISOString()).toBe('2026-11-23T08:00:00.000Z')
  expect(lastMoment(schedule, at('2026-11-23T08:00:00.400Z')).toISOString()).toBe('2026-11-23T08:00:00.000Z')
  expect(lastMoment(schedule, at('2026-11-23T07:59:59.999Z')).toISOString()).toBe('2026-11-22T08:00:00.000Z')
})

describe('summer time', () => {
  test('eight o’clock stays eight o’clock', () => {
    expect(next('0 8 * * *', 'Europe/Berlin', '2026-03-28T00:00:00Z', 2)).toEqual([
      '2026-03-28T07:00',
      '2026-03-29T06:00',
    ])
    expect(next('0 8 * * *', 'Europe/Berlin', '2026-10-24T00:00:00Z', 2)).toEqual([
      '2026-10-24T06:00',
      '2026-10-25T07:00',
    ])
  })
  test('a time that does not exist on the day of the change comes an hour later, once', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:30',
      '2026-03-30T00:30',
    ])
  })
  test('a time that the day of the change has twice comes once', () => {
    expect(next('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', 2)).toEqual([
      '2026-10-25T00:30',
      '2026-10-26T01:30',
    ])
  })
  test('every hour is every hour', () => {
    expect(next('0 * * * *', 'Europe/Berlin', '2026-10-24T23:30:00Z', 4)).toEqual([
      '2026-10-25T00:00',
      '2026-10-25T01:00',
      '2026-10-25T02:00',
      '2026-10-25T03:00',
    ])
  })
})

test('with a day of the month and a day of the week either will do', () => {
  expect(next('0 0 1 * 1', 'UTC', '2026-11-26T00:00:00Z')).toEqual([
    '2026-11-30T00:00',
    '2026-12-01T00:00',
    '2026-12-07T00:00',
  ])
})

const now = at('2026-11-21T12:00:00Z')

test.each([
  ['0 8 * * MON', 'Europe/Berlin'],
  ['*/15 0-6,22 1,15 JAN-MAR 1-5', 'America/New_York'],
  ['0 0 29 2 *', 'UTC'],
])('%s in %s is a schedule', (cron, timeZone) => {
  expect(whyNotCron({ cron, timeZone }, now)).toBeNull()
})

test.each([
  ['0 8 * *', 'UTC', '5 fields'],
  ['0 0 8 * * MON', 'UTC', '5 fields'],
  ['61 8 * * *', 'UTC', '61'],
  ['H 8 * * *', 'UTC', 'H'],
  ['@daily x x x x', 'UTC', '@daily'],
  ['0 0 31 2 *', 'UTC', 'day of month'],
  ['0 8 * * MON', 'Europe/Nowhere', 'Europe/Nowhere'],
  ['0 8 * * MON', '+02:00', '+02:00'],
  ['0 8 * * MON', 'utc+3', 'utc+3'],
])('%s in %s is no schedule, and the reason is told', (cron, timeZone, says) => {
  expect(whyNotCron({ cron, timeZone }, now)).toContain(says)
})
