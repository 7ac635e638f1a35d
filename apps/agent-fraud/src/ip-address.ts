import { BlockList, isIP } from 'node:net'

/** IANA's special-purpose registries (RFC 6890 and its updates), as far as no customer can connect from there. */
const reserved = new BlockList()
const subnets4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const
const subnets6 = [
  ['::', 128],
  ['::1', 128],
  ['100::', 64],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const
for (const [net, prefix] of subnets4) reserved.addSubnet(net, prefix, 'ipv4')
for (const [net, prefix] of subnets6) reserved.addSubnet(net, prefix, 'ipv6')

/** `invalid`, `reserved` (private, documentation, loopback, multicast ...) or `public`. */
export const classifyIp = (text: string): 'invalid' | 'reserved' | 'public' => {
  const address = text.trim().replace(/^::ffff:(?=\d+\.)/i, '')
  const version = isIP(address)
  if (version === 0) return 'invalid'
  return reserved.check(address, version === 4 ? 'ipv4' : 'ipv6') ? 'reserved' : 'public'
}
