import type { AgentContext } from '@flotilla/agent-sdk'
import { describe, expect, test } from 'vitest'
import { dayOf, dayToMs } from './calendar-day.js'
import type { Identifiers } from './identifiers.js'
import { countVelocity, type VelocityQuestion } from './velocity.js'

type Facts = AgentContext['facts']

/** What the vault promises: a fact is noted once per kind, value and subject; a count is of different subjects. */
const factsInMemory = (): Facts => {
  const noted = new Map<string, { kind: string; value: string; subject: string; at: number }>()
  return {
    record: async (kind, value, subject, at) => {
      const key = JSON.stringify([kind, value, subject])
      if (!noted.has(key)) noted.set(key, { kind, value, subject, at })
    },
    count: async (kind, value, { since, until, excludingSubject }) =>
      [...noted.values()].filter(
        (f) => f.kind === kind && f.value === value && f.at >= since && f.at < until && f.subject !== excludingSubject,
      ).length,
  }
}

const now = Date.parse('2026-11-20T10:00:00Z')
const identifiers: Identifiers = { device: 'dev-1', email: 'a@b.cz', phone: '602174385', iban: null }
const aQuestion = (over: Partial<VelocityQuestion> & { on?: string } = {}): VelocityQuestion => ({
  applicationId: 'a-1',
  submittedDay: dayOf(over.on ?? '2026-11-20'),
  arrivedAt: now,
  identifiers,
  ...over,
})

describe('velocity', () => {
  test('V1: the same application again, at any time, does not count against itself', async () => {
    const facts = factsInMemory()
    for (const arrivedAt of [now, now + 1_000, now + dayToMs(3)])
      expect(await countVelocity(facts, aQuestion({ arrivedAt }))).toEqual({
        device: 0,
        email: 0,
        phone: 0,
        iban: null,
      })
  })

  test('V1: every other application with the same identifier counts once', async () => {
    const facts = factsInMemory()
    for (const applicationId of ['a-1', 'a-2', 'a-2', 'a-3']) await countVelocity(facts, aQuestion({ applicationId }))
    expect(await countVelocity(facts, aQuestion({ applicationId: 'a-4' }))).toMatchObject({ device: 3, email: 3 })
    expect(await countVelocity(facts, aQuestion({ applicationId: 'a-1' }))).toMatchObject({ device: 3, email: 3 })
  })

  test('V2: of two applications at work at the same time at least one sees the other', async () => {
    const facts = factsInMemory()
    const counts = await Promise.all(
      ['a-1', 'a-2'].map((applicationId) => countVelocity(facts, aQuestion({ applicationId }))),
    )
    expect(Math.max(...counts.map(({ device }) => device ?? 0))).toBe(1)
  })

  test('V3: applications of one month count however far apart they arrive, older ones do not', async () => {
    const facts = factsInMemory()
    const arrivedAt = now - dayToMs(60)
    await countVelocity(facts, aQuestion({ applicationId: 'a-1', on: '1997-11-20', arrivedAt }))
    await countVelocity(facts, aQuestion({ applicationId: 'a-2', on: '1997-09-20', arrivedAt }))
    const counted = await countVelocity(facts, aQuestion({ applicationId: 'a-3', on: '1997-12-08' }))
    expect(counted.device).toBe(1)
  })

  test('V3: applications that arrive together count whatever days they claim', async () => {
    const facts = factsInMemory()
    for (const [index, on] of ['1997-01-31', '1997-07-01', '1998-09-27'].entries())
      await countVelocity(facts, aQuestion({ applicationId: `a-${index}`, on }))
    expect((await countVelocity(facts, aQuestion({ applicationId: 'a-9', on: '2026-11-20' }))).device).toBe(3)
  })

  test('another value is not counted, and one kind is not taken for another', async () => {
    const facts = factsInMemory()
    await countVelocity(facts, aQuestion({ applicationId: 'a-1', identifiers: { ...identifiers, iban: 'dev-1' } }))
    const other = { device: 'dev-2', email: 'dev-1', phone: null, iban: null }
    expect(await countVelocity(facts, aQuestion({ applicationId: 'a-2', identifiers: other }))).toEqual({
      device: 0,
      email: 0,
      phone: null,
      iban: null,
    })
  })
})
