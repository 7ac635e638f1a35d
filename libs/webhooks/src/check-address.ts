import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Global unicast, the only IPv6 addresses that IANA hands out to be reached by everybody (RFC 4291, 2.4). */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether an address may be asked from inside: one that everybody can reach. False for private, loopback, link-local (the
 * metadata services of clouds among them), shared, unique local, multicast, reserved and documentation ranges, for IPv6
 * that carries an IPv4 address (mapped, NAT64, 6to4, Teredo), and for what is no address.
 */
export const isPublicAddress = (text: string): boolean => {
  // `isIP` takes no forms but the usual ones; an address with a zone is one of this link.
  if (isIP(text) === 0 || text.includes('%')) return false
  const address = ipaddr.parse(text)
  if (address.range() !== 'unicast') return false
  return address instanceof ipaddr.IPv4 || address.match(globalUnicast)
}
