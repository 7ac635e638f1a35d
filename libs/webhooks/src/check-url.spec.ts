import { describe, expect, test } from 'vitest'
import { isPublicAddress } from './check-address.js'
import { checkUrl } from './check-url.js'
import { acceptedUrls, refusedUrls } from './testing.js'

const policy = { ports: [443], hostsAllowed: [] }

describe('a URL of an endpoint', () => {
  test('there are hundreds of ways to reach inside', () => {
    expect(refusedUrls.length).toBeGreaterThan(600)
  })
  test('is refused, whatever way inside it tries', () => {
    expect(refusedUrls.filter((url) => typeof checkUrl(url, policy) !== 'string')).toEqual([])
  })
  test('is accepted where it leads outside', () => {
    expect(acceptedUrls.filter((url) => typeof checkUrl(url, policy) === 'string')).toEqual([])
  })
  test('is asked as it was checked: names in other scripts become punycode, numbers the usual form', () => {
    const hrefOf = (url: string) => {
      const target = checkUrl(url, policy)
      return typeof target === 'string' ? target : target.url.href
    }
    expect(hrefOf('https://bücher.dev/hook')).toBe('https://xn--bcher-kva.dev/hook')
    expect(hrefOf('https://0x8080808/')).toBe('https://8.8.8.8/')
    expect(hrefOf('https://0x7f.1/')).toBe('URL_ADDRESS')
    expect(hrefOf('https://[::ffff:7f00:1]/')).toBe('URL_ADDRESS')
    expect(hrefOf('https://localhost./')).toBe('URL_HOST')
    expect(hrefOf('https://a@b.dev/')).toBe('URL_CREDENTIALS')
  })
  test('may have other ports where they are allowed', () => {
    expect(checkUrl('https://receiver.dev:8443/', { ...policy, ports: [443, 8443] })).toMatchObject({ exempt: false })
    expect(checkUrl('https://receiver.dev:8443/', policy)).toBe('URL_PORT')
  })
  test('may lead inside where its host is on the list, and only to that host and port', () => {
    const allowed = { ...policy, hostsAllowed: ['127.0.0.1:9000', 'receiver.internal'] }
    expect(checkUrl('http://127.0.0.1:9000/hook', allowed)).toMatchObject({ exempt: true })
    expect(checkUrl('http://0x7f.1:9000/hook', allowed)).toMatchObject({ exempt: true })
    expect(checkUrl('http://receiver.internal:1234/hook', allowed)).toMatchObject({ exempt: true })
    for (const other of ['http://127.0.0.1:9001/', 'http://127.0.0.2:9000/', 'http://a.receiver.internal/'])
      expect(typeof checkUrl(other, allowed), other).toBe('string')
    expect(checkUrl('http://u@127.0.0.1:9000/', allowed)).toBe('URL_CREDENTIALS')
  })
})

describe('an address', () => {
  test.each(['8.8.8.8', '1.1.1.1', '100.63.255.255', '100.128.0.1', '172.15.0.1', '172.32.0.1', '2606:4700::1111'])(
    '%s is one that everybody can reach',
    (address) => expect(isPublicAddress(address)).toBe(true),
  )
  test.each(['', 'localhost', '127.1', '0x7f000001', '8.8.8.8 ', '8.8.8', 'fe80::1%eth0', '2606:4700::1111%1', '::1'])(
    '%j is none',
    (address) => expect(isPublicAddress(address)).toBe(false),
  )
})
