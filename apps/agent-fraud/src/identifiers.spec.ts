import { describe, expect, test } from 'vitest'
import { parseEmail } from './email-address.js'
import { readIdentifiers } from './identifiers.js'
import { parsePhone } from './phone-number.js'

describe('an e-mail address', () => {
  test.each([
    ['Jan.Novak+loan@GMail.com', 'jannovak@gmail.com'],
    ['j.a.n.novak@googlemail.com', 'jannovak@gmail.com'],
    [' jan.novak+2@firma.cz ', 'jan.novak@firma.cz'],
    ['jan@Bücher.example', 'jan@xn--bcher-kva.example'],
  ])('%s belongs to the mailbox %s', (text, key) => {
    expect(parseEmail(text)?.key).toBe(key)
  })
  test.each([
    '',
    'a',
    '@b.cz',
    'a@',
    'a@b',
    'a@@b.cz',
    'a b@c.cz',
    '.a@b.cz',
    'a..b@c.cz',
    'a@b..cz',
    'a@1.2.3.4',
    `${'x'.repeat(65)}@b.cz`,
  ])('%j is none', (text) => {
    expect(parseEmail(text)).toBeNull()
  })
  test('of a throw-away service is recognised below a subdomain as well', () => {
    expect(parseEmail('x@eu.mailinator.com')?.disposable).toBe(true)
    expect(parseEmail('x@notmailinator.com')?.disposable).toBe(false)
  })
})

describe('a telephone number', () => {
  test('is the same with and without country code and separators', () => {
    const keys = ['+420 602 174 385', '00420602174385', '602-174-385', '(602) 174 385'].map((t) => parsePhone(t)?.key)
    expect(new Set(keys).size).toBe(1)
  })
  test.each([
    ['+420 602 174 385', true],
    ['+1 (212) 736-5000', true],
    ['12', false],
    ['+420 777 777 777 777 777', false],
    ['000000000', false],
    ['123456789', false],
    ['call 602174385', false],
  ])('%s is plausible: %s', (text, plausible) => {
    expect(parsePhone(text)?.plausible).toBe(plausible)
  })
})

describe('identifiers', () => {
  test('are absent where a form filled in nothing', () => {
    const applicant = { email: 'none', phone: '000 000 000', deviceId: 'Unknown' }
    expect(readIdentifiers({ applicant, account: { iban: 'n/a' } })).toEqual({
      device: null,
      email: null,
      phone: null,
      iban: null,
    })
    expect(readIdentifiers({})).toEqual({ device: null, email: null, phone: null, iban: null })
  })
  test('count an IBAN with spaces and lower case as the same', () => {
    const ibans = ['CZ65 0800 0000 1920 0014 5399', 'cz6508000000192000145399']
    const keys = ibans.map((iban) => readIdentifiers({ account: { iban } }).iban)
    expect(new Set(keys)).toEqual(new Set(['CZ6508000000192000145399']))
  })
})
