import type { KycDocumentCheck } from '@flotilla/contracts'
import { note, object } from '../finding.js'
import type { Noticed } from '../finding.js'
import { countryCodeOf } from './country-codes.js'
import { namesAgree } from './names-agree.js'
import { mrzDate, parseMrz } from './parse-mrz.js'
import type { Mrz } from './parse-mrz.js'

/** What the applicant declared; dates ISO, null where not (validly) given. */
export interface Declared {
  readonly fullName: string | null
  readonly birthDate: string | null
  readonly nationality: string | null
  readonly document: { readonly type?: string | null; readonly mrz?: readonly string[] | null } | null
}

/** What the document says and what is wrong with it. */
export interface DocumentCheck {
  readonly outcome: KycDocumentCheck
  readonly noticed: readonly Noticed[]
  /** Number to ask the registry for; null where there is none or its check digit is wrong. */
  readonly number: string | null
  /** Name in the document; null where there is none. */
  readonly fullName: string | null
  /** Birth date in the document, ISO, where its check digit is right. */
  readonly birthDate: string | null
  readonly birthDateDisputed: boolean
}

const UNCHECKED: KycDocumentCheck = { checked: false, valid: null, expired: null, type: null }

const without = (outcome: KycDocumentCheck, noticed: readonly Noticed[]): DocumentCheck => ({
  outcome,
  noticed,
  number: null,
  fullName: null,
  birthDate: null,
  birthDateDisputed: false,
})

const differsInBirth = (declared: string, field: string): boolean => {
  const own = declared.slice(2).replaceAll('-', '')
  return [...field].some((digit, at) => digit !== '<' && digit !== own.charAt(at))
}

const compareNationality = (declared: string | null, mrz: Mrz): Noticed[] => {
  const own = declared === null ? null : countryCodeOf(declared)
  const shown = countryCodeOf(mrz.nationality)
  if (own === null || shown === null || own === shown) return []
  return [note('DOCUMENT_NATIONALITY_DIFFERS', 'warn', 'The document shows another nationality than was declared.')]
}

const compareType = (declared: string | null | undefined, mrz: Mrz): Noticed[] => {
  const own =
    declared
      ?.trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_') ?? ''
  const known = ['passport', 'id_card', 'visa'].includes(own)
  if (!known || own === mrz.type) return []
  return [note('DOCUMENT_TYPE_DIFFERS', 'warn', 'The document is of another type than was declared.')]
}

/**
 * Checks a document's machine-readable zone against ICAO 9303 and against what was declared, as of `day` (ISO). A
 * missing document is a finding; so is everything that cannot be compared.
 */
export const checkDocument = (declared: Declared, day: string): DocumentCheck => {
  const lines = declared.document?.mrz?.filter((line) => line.trim() !== '') ?? []
  if (lines.length === 0)
    return without(UNCHECKED, [note('IDENTITY_NOT_EVIDENCED', 'info', 'No identity document was given.')])
  const mrz = parseMrz(lines)
  if (mrz === null) {
    const text = 'The machine-readable zone has not the shape that ICAO 9303 prescribes.'
    return without({ checked: true, valid: false, expired: null, type: null }, [
      object('DOCUMENT_CHECK_DIGIT', 'warn', text),
    ])
  }
  const noticed: Noticed[] = []
  if (mrz.wrong.length > 0)
    noticed.push(object('DOCUMENT_CHECK_DIGIT', 'warn', `Wrong check digit: ${mrz.wrong.join(', ')}.`))

  const expiry = mrz.wrong.includes('expiry') ? null : mrzDate(mrz.expiry, day, 'expiry')
  const expired = expiry === null ? null : expiry < day
  if (expired === true)
    noticed.push(object('DOCUMENT_EXPIRED', 'warn', 'The document had expired on the day of the application.'))
  if (expiry === null)
    noticed.push(note('DOCUMENT_EXPIRY_UNKNOWN', 'info', 'The document shows no usable expiry date.'))

  if (declared.fullName !== null && !namesAgree(declared.fullName, mrz.surname, mrz.givenNames))
    noticed.push(object('DOCUMENT_NAME_MISMATCH', 'warn', 'The document is in another name than was declared.'))

  const birthReadable = !mrz.wrong.includes('birthDate')
  const disputed = birthReadable && declared.birthDate !== null && differsInBirth(declared.birthDate, mrz.birth)
  if (disputed)
    noticed.push(
      object('DOCUMENT_BIRTH_DATE_MISMATCH', 'warn', 'The document shows another birth date than was declared.'),
    )
  noticed.push(...compareNationality(declared.nationality, mrz), ...compareType(declared.document?.type, mrz))

  return {
    outcome: { checked: true, valid: mrz.wrong.length === 0, expired, type: mrz.type },
    noticed,
    number: mrz.wrong.includes('documentNumber') || mrz.documentNumber === '' ? null : mrz.documentNumber,
    fullName: `${mrz.givenNames} ${mrz.surname}`.trim() || null,
    birthDate: birthReadable ? mrzDate(mrz.birth, day, 'birth') : null,
    birthDateDisputed: disputed,
  }
}
