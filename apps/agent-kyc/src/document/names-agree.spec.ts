import { expect, test } from 'vitest'
import { namesAgree } from './names-agree.js'

test.each([
  ['Eva Dvořáková', 'DVORAKOVA', 'EVA'],
  ['Dvořáková, Eva Marie', 'DVORAKOVA', 'EVA'],
  ['Jürgen Müller', 'MUELLER', 'JUERGEN'],
  ['Mohammed al-Sayegh', 'ALSAYEGH', 'MUHAMMAD'],
  ['Сергей Иванов', 'IVANOV', 'SERGEI'],
  ['Maximilian Hubert Wolfeschlegelsteinhausenbergerdorff', 'WOLFESCHLEGELSTEINHAUSENBERGERDORF', 'M'],
  ['Nilavadhanananda Chayapa', 'NILAVADHANANANDA', ''],
])('%s can be the name in the document', (declared, surname, given) => {
  expect(namesAgree(declared, surname, given)).toBe(true)
})

test.each([
  ['Eva Dvořáková', 'MALINA', 'TOMAS'],
  ['Eva Dvořáková', 'DVORAKOVA', 'PETRA'],
  ['Eva Malá', 'DVORAKOVA', 'EVA'],
  ['...', 'DVORAKOVA', 'EVA'],
])('%s cannot be the name in the document', (declared, surname, given) => {
  expect(namesAgree(declared, surname, given)).toBe(false)
})
