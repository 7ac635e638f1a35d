import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import { ContractError, KycInput, parseContract } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { makeKycAgent } from './kyc-agent.js'
import { loadIdentityRegistry } from './registry/load-identity-registry.js'
import { loadSanctionsList } from './screening/load-sanctions-list.js'

const shipped = (name: string): string => fileURLToPath(new URL(`../data/${name}`, import.meta.url))
const agent = makeKycAgent({
  sanctions: await loadSanctionsList(shipped('sanctions-synthetic.csv')),
  registry: await loadIdentityRegistry(shipped('identity-registry.json')),
})

/** The passports stand in data/README.md, which demonstrations copy from. */
const passports = [...readFileSync(shipped('README.md'), 'utf8').matchAll(/```\n(.{44})\n(.{44})\n```/g)].map(
  ([, first = '', second = '']) => [first, second],
)
const [valid = [], revoked = [], busy = [], malformed = []] = passports

const eva = {
  fullName: 'Eva Dvořáková',
  birthDate: '1971-04-12',
  nationality: 'CZ',
  document: { type: 'passport', mrz: valid },
}
const input = (applicant: object | null, submittedOn = '1997-12-08') => ({ submittedOn, applicant })
const answer = async (applicant: object | null, submittedOn?: string) => {
  const { output } = await callAgent(agent, input(applicant, submittedOn))
  if (output === null) throw new Error('the agent asked a person')
  return output
}
const codes = (list: readonly { readonly code: string }[]): string[] => list.map(({ code }) => code)

for (const law of agentLaws(agent, [input(eva), input(null), input({ fullName: 'Korosh Zandvari' })]))
  test(`${law.name}`, async () => {
    await expect(law.check()).resolves.toBeUndefined()
  })

test('an applicant with a good passport is clear', async () => {
  expect(await answer(eva)).toEqual({
    verdict: 'clear',
    reasons: [],
    findings: [],
    screening: { screened: true, score: null, listed: null, clearedNamesakes: 0 },
    document: { checked: true, valid: true, expired: false, type: 'passport' },
    ageYears: 26,
  })
})

test('document, registry and screening are tools, in this order', async () => {
  const { tools, progress } = await callAgent(agent, input(eva))
  expect(tools).toEqual(['document.check', 'registry.find', 'sanctions.screen'])
  expect(progress.at(-1)?.fraction).toBe(1)
})

test.each([
  [null],
  [{}],
  [{ fullName: null, birthDate: null, nationality: null, address: null, document: null }],
  [{ fullName: '  ', document: { type: null, mrz: null } }],
  [{ document: { type: 'passport', mrz: ['', ''] } }],
  [{ birthDate: '1962-02-09' }],
])('missing data (%j) is a finding and no reason', async (applicant) => {
  const output = await answer(applicant)
  expect(output).toMatchObject({ verdict: 'unverified', reasons: [], screening: { screened: false } })
  expect(codes(output.findings)).toContain('IDENTITY_NOT_EVIDENCED')
})

describe('a listed name', () => {
  const named = { fullName: 'Kourosh Zandvari' }

  test('with the listed birth date is a hit', async () => {
    const output = await answer({ ...named, birthDate: '1965-03-12' })
    expect(output).toMatchObject({ verdict: 'hit', screening: { listed: 'ofac:900001' } })
    expect(codes(output.reasons)).toEqual(['SANCTIONS_MATCH'])
  })

  test('without a birth date is referred', async () => {
    const output = await answer(named)
    expect(output).toMatchObject({ verdict: 'refer', screening: { screened: true, listed: 'ofac:900001' } })
    expect(codes(output.reasons)).toEqual(['SANCTIONS_POSSIBLE_MATCH'])
  })

  test('with a clearly different birth date is cleared, and that is recorded', async () => {
    const output = await answer({ ...named, birthDate: '1974-10-30' })
    expect(output).toMatchObject({
      verdict: 'unverified',
      reasons: [],
      screening: { listed: null, clearedNamesakes: 1 },
    })
    expect(codes(output.findings)).toContain('SANCTIONS_NAMESAKE_CLEARED')
  })

  test('is not cleared by a birth date that the passport disputes', async () => {
    const output = await answer({ ...named, birthDate: '1974-10-30', document: { mrz: valid } })
    expect(codes(output.reasons)).toContain('SANCTIONS_POSSIBLE_MATCH')
  })

  test('in the passport alone is screened', async () => {
    const zandvari = ['P<CZEZANDVARI<<KOROSH<<<<<<<<<<<<<<<<<<<<<<<', valid[1] ?? '']
    expect(await answer({ document: { mrz: zandvari } })).toMatchObject({
      screening: { screened: true, clearedNamesakes: 1 },
    })
  })

  test('appears nowhere in the answer', async () => {
    const output = JSON.stringify(await answer({ ...named, birthDate: '1965-03-12', document: { mrz: valid } }))
    for (const secret of ['Zandvari', 'ZANDVARI', 'Kourosh', '1965', '99000101', 'DVORAKOVA'])
      expect(output).not.toContain(secret)
  })
})

describe('a passport', () => {
  const swapped = [valid[0] ?? '', (valid[1] ?? '').replace('710412', '710413')]
  test.each([
    ['with a wrong check digit', { ...eva, document: { mrz: swapped } }, 'DOCUMENT_CHECK_DIGIT'],
    ['of no known shape', { ...eva, document: { mrz: ['P<CZE', 'X'] } }, 'DOCUMENT_CHECK_DIGIT'],
    ['that was revoked', { document: { mrz: revoked } }, 'DOCUMENT_REVOKED'],
    ['of somebody else', { ...eva, fullName: 'Petra Malá' }, 'DOCUMENT_NAME_MISMATCH'],
    ['with another birth date', { ...eva, birthDate: '1971-04-21' }, 'DOCUMENT_BIRTH_DATE_MISMATCH'],
  ])('%s is referred', async (_what, applicant, code) => {
    const output = await answer(applicant)
    expect(output.verdict).toBe('refer')
    expect(codes(output.reasons)).toContain(code)
  })

  test('that expired the day before is referred, on its last day it is not', async () => {
    expect(codes((await answer(eva, '2031-07-01')).reasons)).toContain('DOCUMENT_EXPIRED')
    expect(await answer(eva, '2031-06-30')).toMatchObject({ verdict: 'clear', document: { expired: false } })
  })

  test('of another nationality or type than declared is a finding only', async () => {
    const output = await answer({ ...eva, nationality: 'Slovakia', document: { type: 'visa', mrz: valid } })
    expect(output.verdict).toBe('clear')
    expect(codes(output.findings)).toEqual(['DOCUMENT_NATIONALITY_DIFFERS', 'DOCUMENT_TYPE_DIFFERS'])
  })

  test.each(['Czechia', 'Czech Republic', 'cze', ' CZ ', 'somewhere'])(
    'of %s contradicts no Czech one',
    async (nationality) => {
      expect((await answer({ ...eva, nationality })).findings).toEqual([])
    },
  )

  test('that the registry does not know is a finding only', async () => {
    const line = 'L898902C36UTO7408122F1204159ZE184226B<<<<<10'
    const output = await answer({ document: { mrz: ['P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<', line] } })
    expect(output).toMatchObject({ verdict: 'clear' })
    expect(codes(output.findings)).toEqual(['DOCUMENT_NOT_IN_REGISTRY'])
  })
})

describe('the registry', () => {
  test.each([1, 2])('is busy at attempt %i', async (attempt) => {
    const call = callAgent(agent, input({ document: { mrz: busy } }), { attempt })
    await expect(call).rejects.toMatchObject({ name: 'RetryableError', code: 'REGISTRY_BUSY', afterMs: 400 })
  })

  test('answers at attempt 3', async () => {
    const { output } = await callAgent(agent, input({ document: { mrz: busy } }), { attempt: 3 })
    expect(output?.verdict).toBe('clear')
  })

  test('that answers outside its contract fails for good', async () => {
    const call = callAgent(agent, input({ document: { mrz: malformed } }))
    await expect(call).rejects.toMatchObject({ name: 'TerminalError', code: 'REGISTRY_ANSWER_INVALID' })
  })
})

test.each([
  ['1979-12-08', '1997-12-08', 18, []],
  ['1979-12-09', '1997-12-08', 17, ['UNDER_AGE']],
  ['1921-12-09', '1997-12-08', 75, []],
  ['1921-12-08', '1997-12-08', 76, ['OVER_AGE']],
  ['1980-02-29', '1998-02-28', 17, ['UNDER_AGE']],
])('born %s is %s years of age on the day: %i', async (birthDate, submittedOn, ageYears, reasons) => {
  const output = await answer({ birthDate }, submittedOn)
  expect(output.ageYears).toBe(ageYears)
  expect(codes(output.reasons)).toEqual(reasons)
})

test.each(['1990-02-30', 'yesterday', '12.3.1965', '2090-01-01'])(
  'a birth date of %s leaves the age unknown',
  async (birthDate) => {
    expect(await answer({ birthDate })).toMatchObject({ ageYears: null, verdict: 'unverified' })
  },
)

test.each([{ submittedOn: '1997-02-30' }, { submittedOn: '8.12.1997' }, {}])('%j is no input', (value) => {
  expect(() => parseContract(KycInput, value)).toThrow(ContractError)
})
