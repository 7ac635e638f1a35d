import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { isSignedBy, keyOfSecret, makeWebhookSecret, signWebhook } from './sign-webhook.js'

/** The example of the specification, https://github.com/standard-webhooks/standard-webhooks */
const example = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  message: { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestamp: 1614265330, body: '{"test": 2432232314}' },
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}

describe('a signature', () => {
  test('is the one of the specification’s example', () => {
    expect(signWebhook(example.message, [example.secret])).toBe(example.signature)
    expect(isSignedBy(example.message, example.signature, [example.secret])).toBe(true)
  })
  test('is what other code computes', () => {
    const secret = makeWebhookSecret()
    const key = Buffer.from(secret.slice(6), 'base64').toString('hex')
    const message = { id: 'evt_1', timestamp: 1_700_000_000, body: '{"größe":1}' }
    const python = `import hmac,hashlib,base64,sys
print(base64.b64encode(hmac.new(bytes.fromhex(sys.argv[1]),sys.argv[2].encode(),hashlib.sha256).digest()).decode())`
    const text = `${message.id}.${message.timestamp}.${message.body}`
    const openssl = () =>
      execFileSync('openssl', ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${key}`, '-binary'], {
        input: text,
      })
    let expected: string
    try {
      expected = openssl().toString('base64')
    } catch {
      expected = execFileSync('python3', ['-c', python, key, text]).toString().trim()
    }
    expect(signWebhook(message, [secret])).toBe(`v1,${expected}`)
  })
  test('of a rotation holds both, and each secret finds its own', () => {
    const [before, after, other] = [makeWebhookSecret(), makeWebhookSecret(), makeWebhookSecret()]
    const signature = signWebhook(example.message, [after, before])
    expect(signature.split(' ')).toHaveLength(2)
    for (const secret of [before, after]) expect(isSignedBy(example.message, signature, [secret])).toBe(true)
    expect(isSignedBy(example.message, signature, [other])).toBe(false)
    expect(isSignedBy(example.message, signature, [other, before])).toBe(true)
  })
  test.each([
    ['another id', { id: 'msg_x' }],
    ['another time', { timestamp: 1614265331 }],
    ['another body', { body: '{"test": 2432232315}' }],
  ])('does not hold for %s', (_, other) => {
    expect(isSignedBy({ ...example.message, ...other }, example.signature, [example.secret])).toBe(false)
  })
  test.each(['', 'v1', 'v1,', 'v1,AAAA', 'v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=', 'g0hM9SsE', 'v1,%%%', ' '])(
    'in the form %j does not hold',
    (signature) => expect(isSignedBy(example.message, signature, [example.secret])).toBe(false),
  )
  test('beyond the eighth is not looked at', () => {
    const signature = `${'v1,AAAA '.repeat(8)}${example.signature}`
    expect(isSignedBy(example.message, signature, [example.secret])).toBe(false)
  })
})

describe('a secret', () => {
  test('has 32 random bytes', () => {
    expect(keyOfSecret(makeWebhookSecret())).toHaveLength(32)
    expect(makeWebhookSecret()).not.toBe(makeWebhookSecret())
  })
  test.each(['', 'whsec_', 'whsec_c2hvcnQ=', `whsec_${'A'.repeat(100)}`, 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])(
    'in the form %j is refused without being repeated',
    (secret) => expect(() => keyOfSecret(secret)).toThrow('whsec_ and 24 to 64 bytes in base64'),
  )
})
