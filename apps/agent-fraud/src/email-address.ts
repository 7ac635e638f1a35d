import { domainToASCII } from 'node:url'
import { disposableDomains } from './disposable-domains.js'

/** A parsed address. `key` is the mailbox: what two spellings of one mailbox have in common. */
export interface EmailAddress {
  readonly key: string
  readonly domain: string
  readonly disposable: boolean
}

/** The characters that RFC 5322 allows without quotes, and letters of any script (RFC 6531). */
const localPattern = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u
const labelPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

const isDomain = (domain: string): boolean => {
  const labels = domain.split('.')
  const top = labels.at(-1) ?? ''
  return labels.length > 1 && domain.length <= 253 && labels.every((l) => labelPattern.test(l)) && !/^\d+$/.test(top)
}

/** Whether the domain or one above it is on the list: throw-away services use subdomains. */
const isDisposable = (domain: string): boolean => {
  const labels = domain.split('.')
  return labels.some((_, index) => disposableDomains.has(labels.slice(index).join('.')))
}

/**
 * Reads an address; null when its syntax is wrong (RFC 5321 lengths, unquoted local part, a domain with two labels).
 * The key is in lower case without what the mailbox ignores: `+tag` everywhere, dots at Gmail, whose two domains are one.
 */
export const parseEmail = (text: string): EmailAddress | null => {
  const trimmed = text.trim().normalize('NFC')
  const at = trimmed.lastIndexOf('@')
  const local = trimmed.slice(0, Math.max(at, 0))
  const domain = domainToASCII(trimmed.slice(at + 1)).toLowerCase()
  if (at < 1 || Buffer.byteLength(local) > 64 || !localPattern.test(local) || !isDomain(domain)) return null
  const gmail = domain === 'gmail.com' || domain === 'googlemail.com'
  const untagged = local.toLowerCase().replace(/(?<=.)\+.*$/s, '')
  const mailbox = gmail ? untagged.replaceAll('.', '') : untagged
  return { key: `${mailbox}@${gmail ? 'gmail.com' : domain}`, domain, disposable: isDisposable(domain) }
}
