import { expect, test } from 'vitest'
import { parseSanctionsList } from './parse-sanctions-list.js'

const row = (number: string, name: string, type: string, remarks: string): string =>
  `${number},"${name}",${type},"X",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,${remarks}`

test('an individual is read with aliases and births', () => {
  const remarks = `"DOB 12 Mar 1965; alt. DOB 1966; POB Nowhere; a.k.a. 'ABD-AL-'IZ'; a.k.a. ''FOOPIE''; f.k.a. 'OLD, Name'."`
  const { entries, problems } = parseSanctionsList(row('7', 'DOE, John', '"individual"', remarks))
  expect(problems).toEqual([])
  expect(entries).toEqual([
    {
      uid: 'ofac:7',
      kind: 'individual',
      name: 'DOE, John',
      aliases: ["ABD-AL-'IZ", "'FOOPIE'", 'OLD, Name'],
      births: [
        { from: '1965-03-12', to: '1965-03-12', circa: false },
        { from: '1966-01-01', to: '1966-12-31', circa: false },
      ],
    },
  ])
})

test('carriage returns, doubled quotes, line breaks within quotes and the final 0x1A are no problems', () => {
  const text = `${row('1', 'A ""B"" C', '-0- ', '-0- ')}\r\n${row('2', 'D', '-0- ', '"one\ntwo"')}\r\n\u001a`
  const { entries, problems } = parseSanctionsList(text)
  expect(problems).toEqual([])
  expect(entries.map(({ name }) => name)).toEqual(['A "B" C', 'D'])
})

test.each([
  ['a missing column', '1,"A",-0- ', 1, '12 columns are expected, 3 found'],
  [
    'a wrong number',
    `${row('1', 'A', '-0- ', '-0- ')}\n${row('x', 'B', '-0- ', '-0- ')}`,
    2,
    'column 1 (ent_num) is not a number',
  ],
  [
    'an unknown type',
    row('1', 'A', '"robot"', '-0- '),
    1,
    'column 3 (SDN_Type) is none of individual, vessel, aircraft, -0-',
  ],
  ['an empty name', row('1', '', '-0- ', '-0- '), 1, 'column 2 (SDN_Name) is empty'],
  ['an unclosed quote', `${row('1', 'A', '-0- ', '"a\nb"')}\n2,"B`, 3, 'a quoted field is never closed'],
  [
    'a repeated number',
    `${row('1', 'A', '-0- ', '-0- ')}\n${row('1', 'B', '-0- ', '-0- ')}`,
    2,
    'the entry number stands on line 1 already',
  ],
  ['an empty file', '', 1, 'the list has no entries'],
])('%s is reported with its line', (_what, text, line, problem) => {
  expect(parseSanctionsList(text).problems).toContainEqual({ line, problem })
})
