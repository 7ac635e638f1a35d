import { expect, test } from 'vitest'
import { makeNameIndex } from './name-index.js'
import { parseListedBirths } from './listed-births.js'
import { screenName } from './screen-name.js'

const entry = (uid: string, name: string, remarks = '', aliases: readonly string[] = []) =>
  ({ uid, kind: 'individual', name, aliases, births: parseListedBirths(remarks) }) as const

const filler = Array.from({ length: 400 }, (_, at) =>
  entry(`ofac:${1000 + at}`, `${'BCDFGHJKLMNP'.charAt(at % 12)}ARV${at.toString(36).toUpperCase()}OTH, Muhammad Ivan`),
)
const index = makeNameIndex([
  ...filler,
  entry('ofac:1', 'AL-QARDAWANI, Tawfiq Mundhir', 'DOB 12 Mar 1965', ['ABU SINDIBAD']),
  entry('ofac:2', 'RASTORGUYEVSKY, Innokenty Lvovich', 'DOB 1960'),
  entry('ofac:3', 'AZIZ, Abdul'),
  { ...entry('ofac:4', 'UNRELATED TRADING'), kind: 'entity' },
])
const screen = (fullName: string, birthDate: string | null = null) => screenName(index, { fullName, birthDate })

test.each([
  ['Tawfiq Mundhir al-Qardawani', 'ofac:1'],
  ['QARDAWANI TAWFIK', 'ofac:1'],
  ['Dr. Toufik Al Kardawany', 'ofac:1'],
  ['Tawfiq Mundhir Elqardawani', 'ofac:1'],
  ['Abu Sindibad', 'ofac:1'],
  ['Иннокентий Расторгуевский', 'ofac:2'],
  ['Innokentiy Rastorgueff-sky Lvovitch', 'ofac:2'],
  ['lnnokenty Rast0rguyevsky', 'ofac:2'],
  ['Abdulaziz', 'ofac:3'],
  ['Abd el-Aziz', 'ofac:3'],
])('%s is found', (name, uid) => {
  expect(screen(name)).toMatchObject({ outcome: 'possible', listed: uid })
})

test.each(['Petr Novák', 'Muhammad Ivan', 'Unrelated Trading', 'Tawfiq', '', '李', "'-,", '\u0301\u0301', 'a'])(
  '%s is not found',
  (name) => {
    expect(screen(name)).toEqual({ outcome: 'none', score: null, listed: null, namesakes: [] })
  },
)

test('the very day of birth makes a match', () => {
  expect(screen('Tawfiq al-Qardawani', '1965-03-12')).toMatchObject({ outcome: 'match', listed: 'ofac:1' })
})

test('a listed year of birth alone makes no match', () => {
  expect(screen('Innokenty Rastorguyevsky', '1960-05-05')).toMatchObject({ outcome: 'possible', listed: 'ofac:2' })
})

test('a clearly different birth date clears a namesake and says so', () => {
  const cleared = { outcome: 'none', score: null, listed: null, namesakes: ['ofac:1'] }
  expect(screen('Tawfiq Mundhir al-Qardawani', '1981-10-30')).toEqual(cleared)
})

test('a near birth date clears nobody', () => {
  expect(screen('Tawfiq Mundhir al-Qardawani', '1965-03-21')).toMatchObject({ outcome: 'possible' })
})

test('an entry without a birth date is never cleared', () => {
  expect(screen('Abdul Aziz', '1981-10-30')).toMatchObject({ outcome: 'possible', listed: 'ofac:3' })
})

test('a name of ten thousand words does not hold the screening up', () => {
  const started = performance.now()
  screen('Muhammad Ivan '.repeat(5000))
  expect(performance.now() - started).toBeLessThan(5_000)
})
