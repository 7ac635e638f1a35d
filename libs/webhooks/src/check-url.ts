import { isIP } from 'node:net'
import { isPublicAddress } from './check-address.js'

/** What endpoints may be asked. */
export interface TargetPolicy {
  /** Ports; 443 where nothing else is wanted. */
  readonly ports: readonly number[]
  /**
   * `host` or `host:port`, exactly as they stand in a URL: exempt from every rule about scheme, port and address. For
   * development, and for receivers inside that the operator of the fleet knows.
   */
  readonly hostsAllowed: readonly string[]
}

/** Why a URL is refused. */
export type UrlRefusal =
  | 'URL_INVALID'
  | 'URL_TOO_LONG'
  | 'URL_SCHEME'
  | 'URL_CREDENTIALS'
  | 'URL_FRAGMENT'
  | 'URL_PORT'
  | 'URL_HOST'
  | 'URL_ADDRESS'

/** A URL that may be asked, unless its name leads to an address that may not. */
export interface Target {
  readonly url: URL
  /** On the list of allowed hosts: its addresses are not looked at. */
  readonly exempt: boolean
}

const lengthMax = 2_048
/** Names that lead inside, or nowhere (RFC 6761, 6762, 7686, 8375, 9476, and what networks use within). */
const innerNames = [
  'localhost',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'home.arpa',
  'arpa',
  'test',
  'example',
  'invalid',
  'onion',
  'alt',
]
const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/

const portOf = ({ port, protocol }: URL): number => (port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port))

const isNameOutside = (name: string): boolean => {
  const labels = name.split('.')
  if (name.length > 253 || labels.length < 2 || !labels.every((one) => label.test(one))) return false
  // The last label of a name is never a number (RFC 3696, 2).
  if (/^\d+$/.test(labels.at(-1) ?? '')) return false
  return !innerNames.some((inner) => name === inner || name.endsWith(`.${inner}`))
}

/**
 * Reads the URL of an endpoint as browsers do (https://url.spec.whatwg.org: octal, hexadecimal and shortened IPv4 become the
 * usual form, names in other scripts punycode), and refuses what may not be asked. A name's addresses are checked when it
 * is asked, see `postWebhook`.
 */
export const checkUrl = (text: string, policy: TargetPolicy): Target | UrlRefusal => {
  if (text.length > lengthMax) return 'URL_TOO_LONG'
  // The parser would drop them, and what is shown would not be what is asked.
  if (/[\p{Cc}\p{Zs}\\]/u.test(text) || !text.isWellFormed() || !URL.canParse(text)) return 'URL_INVALID'
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'URL_SCHEME'
  if (url.username !== '' || url.password !== '') return 'URL_CREDENTIALS'
  if (url.hash !== '') return 'URL_FRAGMENT'
  if (policy.hostsAllowed.includes(url.host) || policy.hostsAllowed.includes(url.hostname)) return { url, exempt: true }
  if (url.protocol !== 'https:') return 'URL_SCHEME'
  if (!policy.ports.includes(portOf(url))) return 'URL_PORT'
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
  if (isIP(host) !== 0) return isPublicAddress(host) ? { url, exempt: false } : 'URL_ADDRESS'
  return isNameOutside(host) ? { url, exempt: false } : 'URL_HOST'
}
