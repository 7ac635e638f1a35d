/**
 * Certificates for specs: an authority and what it certifies, made anew each time, so that no private key stands in the
 * repository and none expires. X.509 v3 (RFC 5280) in DER, signed with ECDSA over P-256.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { isIP } from 'node:net'

const element = (tag: number, ...contents: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(contents)
  const size = body.length
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255]
  return Buffer.concat([Buffer.of(tag, ...length), body])
}
const sequence = (...contents: readonly Uint8Array[]): Buffer => element(0x30, ...contents)
const identifier = (hex: string): Buffer => element(0x06, Buffer.from(hex, 'hex'))
const explicit = (tag: number, content: Uint8Array): Buffer => element(0xa0 + tag, content)
const bits = (bytes: Uint8Array): Buffer => element(0x03, Buffer.of(0), bytes)

const ecdsaWithSha256 = sequence(identifier('2a8648ce3d040302'))
const nameOf = (text: string): Buffer =>
  sequence(element(0x31, sequence(identifier('550403'), element(0x0c, Buffer.from(text)))))
const timeOf = (ms: number): Buffer =>
  element(0x18, Buffer.from(new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/g, '')))
const extension = (hex: string, isCritical: boolean, value: Uint8Array): Buffer =>
  sequence(identifier(hex), ...(isCritical ? [element(0x01, Buffer.of(0xff))] : []), element(0x04, value))

const dayMs = 24 * 3_600_000

interface Wanted {
  readonly subject: string
  readonly issuer: { readonly name: string; readonly key: KeyObject }
  readonly publicKey: KeyObject
  readonly hosts: readonly string[]
  readonly isAuthority: boolean
  readonly startsAt: number
}

const certificate = ({ subject, issuer, publicKey, hosts, isAuthority, startsAt }: Wanted): string => {
  const alternatives = hosts.map((host) =>
    isIP(host) === 4 ? element(0x87, Buffer.from(host.split('.').map(Number))) : element(0x82, Buffer.from(host)),
  )
  const extensions = [
    extension('551d13', true, sequence(...(isAuthority ? [element(0x01, Buffer.of(0xff))] : []))),
    ...(hosts.length === 0 ? [] : [extension('551d11', false, sequence(...alternatives))]),
    extension('551d0e', false, element(0x04, createHash('sha1').update(subject).digest())),
  ]
  const body = sequence(
    explicit(0, element(0x02, Buffer.of(2))),
    // The first bit clear: a serial number is positive.
    element(0x02, Buffer.of(1, ...randomBytes(8))),
    ecdsaWithSha256,
    nameOf(issuer.name),
    sequence(timeOf(startsAt), timeOf(startsAt + 10 * dayMs)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions)),
  )
  const signed = sequence(body, ecdsaWithSha256, bits(sign('sha256', body, issuer.key)))
  const lines = signed.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

const makePair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

/** A certificate with its private key, both PEM. */
export interface Certified {
  readonly certificate: string
  readonly key: string
}

/** An authority of its own: its certificate, and one for the hosts (names, IPv4 addresses) that it is asked for. */
export const anAuthority = (name = 'Flotilla specs') => {
  const own = makePair()
  const issuer = { name, key: own.privateKey }
  const startsAt = Date.now() - dayMs
  return {
    certificate: certificate({
      ...{ subject: name, issuer, startsAt },
      publicKey: own.publicKey,
      hosts: [],
      isAuthority: true,
    }),
    certify: (hosts: readonly string[], { expired = false } = {}): Certified => {
      const { publicKey, privateKey } = makePair()
      const wanted = { subject: hosts[0] ?? '', issuer, publicKey, hosts, isAuthority: false }
      return {
        certificate: certificate({ ...wanted, startsAt: expired ? startsAt - 20 * dayMs : startsAt }),
        key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      }
    },
  }
}
