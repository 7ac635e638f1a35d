/**
 * Secrets that are known, guessable or absent, and when they are refused.
 *
 * X1  Refused where NODE_ENV is `production`, unless DEVELOPMENT_SECRETS says `allowed`; never looked at elsewhere.
 * X2  Whatever is said of a secret names its variable and repeats nothing of it.
 * X3  A key that was drawn at random is never refused: each rule is met by one of 2^60 of them at most.
 */
import { createHash } from 'node:crypto'
import { oneOf, optional, text, type Field } from './env-fields.js'

/** Settings that say whether secrets are looked at. */
export const secretsSettings = {
  NODE_ENV: optional(text({ maxLength: 64 })),
  /** `allowed` on a machine of one's own with servers that ask for no password; unset: refused in production. */
  DEVELOPMENT_SECRETS: optional(oneOf(['refused', 'allowed'])) as Field<'refused' | 'allowed' | null>, // its own words
}

/** The secrets of a service, by the variables that they came from. */
export interface Secrets {
  /** 32 bytes each; a ring gives several under one name. */
  readonly keys: Readonly<Record<string, Uint8Array | readonly Uint8Array[] | null>>
  /** Addresses with a password in them. */
  readonly urls: Readonly<Record<string, string>>
}

/** A password of fewer characters can be tried out by whoever reaches the port. */
const passwordLengthMin = 16
const distinctCharactersMin = 6
/** 32 random bytes hold 30 different ones on average; fewer than 16 in less than one of 2^70 draws. */
const distinctBytesMin = 16

/** What examples, images and tutorials use, and what people write when they mean to change it later. */
const knownWords = [
  ...[
    'admin',
    'administrator',
    'change-me',
    'change_me',
    'changeit',
    'changeme',
    'default',
    'demo',
    'dev',
    'developer',
  ],
  ...['development', 'docker', 'example', 'flotilla', 'foobar', 'foobared', 'guest', 'insecure', 'letmein', 'local'],
  ...['localhost', 'owner', 'pass', 'passw0rd', 'passwd', 'password', 'postgres', 'postgresql', 'prisma', 'pwd'],
  ...['qwerty', 'redis', 'replace-me', 'replaceme', 'root', 'sample', 'secret', 'superuser', 'supersecret', 'test'],
  ...['testing', 'todo', 'user', 'valkey', 'vault', 'your-password', 'your-secret'],
]

const bare = (word: string): string => word.toLowerCase().replaceAll(/[^a-z]/g, '')
const known = new Set(knownWords.map(bare))

/** Also with digits and signs around: `Password123!`, and written several times over. */
const isKnownWord = (password: string): boolean => {
  const letters = bare(password)
  if (known.has(letters)) return true
  return [...known].some((word) => {
    const times = letters.length / word.length
    return word.length > 2 && Number.isInteger(times) && times > 1 && letters === word.repeat(times)
  })
}

const knownDigests = new Set(knownWords.map((word) => createHash('sha256').update(word).digest('hex')))

const isStep = (bytes: Uint8Array): boolean => {
  const step = ((bytes[1] ?? 0) - (bytes[0] ?? 0) + 256) % 256
  return bytes.every((byte, index) => index === 0 || (byte - (bytes[index - 1] ?? 0) + 256) % 256 === step)
}

const whyNotKey = (key: Uint8Array): string | null => {
  if (key.length < 32) return 'is too short'
  if (new Set(key).size < distinctBytesMin || isStep(key)) return 'is no random key'
  // Of random bytes, all 32 are printable in one of 2^45 draws, and most of them letters and digits in far fewer.
  const letters = key.filter((byte) => /[a-z0-9 _.-]/i.test(String.fromCharCode(byte))).length
  const printable = key.every((byte) => byte >= 0x20 && byte < 0x7f)
  if (printable && letters >= 24) return 'is a text and no random key'
  return knownDigests.has(Buffer.from(key).toString('hex')) ? 'is a known development key' : null
}

/** A server on this machine is reached by whoever is on it already. */
const isLoopback = (host: string): boolean =>
  ['', 'localhost', '::1', '[::1]'].includes(host) || /^127(\.\d{1,3}){3}$/.test(host)

const whyNotPassword = (address: string): string | null => {
  const { username, password: written, hostname, pathname } = new URL(address)
  const [password, user] = [decodeURIComponent(written), decodeURIComponent(username)]
  if (password === '') return isLoopback(hostname) ? null : 'has no password'
  if (isKnownWord(password)) return 'has a known development password'
  if (password === user || password === hostname || password === pathname.slice(1))
    return 'has its own name as password'
  if (password.length < passwordLengthMin) return `has a password of fewer than ${passwordLengthMin} characters`
  return new Set(password).size < distinctCharactersMin ? 'has a password of few different characters' : null
}

/**
 * What is wrong with the secrets of a service, none where they are not looked at (X1). `values` is what `secretsSettings`
 * read. A key under two names, or twice in a ring, is wrong too: who has one has both.
 */
export const whatIsWrongWithSecrets = (
  values: { readonly NODE_ENV: string | null; readonly DEVELOPMENT_SECRETS: 'refused' | 'allowed' | null },
  { keys, urls }: Secrets,
): readonly string[] => {
  const looked = values.DEVELOPMENT_SECRETS ?? (values.NODE_ENV === 'production' ? 'refused' : 'allowed')
  if (looked === 'allowed') return []
  const problems: string[] = []
  const say = (name: string, problem: string): void =>
    void problems.push(`${name} ${problem}: secrets of production are drawn at random`)
  const seen = new Map<string, string>()
  for (const [name, given] of Object.entries(keys)) {
    if (given === null) {
      problems.push(`${name} is not set: required in production`)
      continue
    }
    for (const key of given instanceof Uint8Array ? [given] : given) {
      const problem = whyNotKey(key)
      if (problem !== null) say(name, problem)
      const hex = Buffer.from(key).toString('hex')
      const other = seen.get(hex)
      if (other !== undefined) problems.push(`${name} holds a key that ${other} holds already`)
      seen.set(hex, name)
    }
  }
  for (const [name, address] of Object.entries(urls)) {
    const problem = whyNotPassword(address)
    if (problem !== null) say(name, problem)
  }
  return problems
}
