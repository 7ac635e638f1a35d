import { once } from 'node:events'
import net from 'node:net'

/** An answer of Redis: text as latin1, so that every byte is kept. */
export type RedisAnswer = string | number | null | Error | readonly RedisAnswer[]

/** A connection of the tests' own, which sees what is in Redis without the product's code between. */
export interface RedisConnection {
  /** Sends one command and gives its answer; an error of Redis is an answer as well. */
  readonly ask: (...words: readonly string[]) => Promise<RedisAnswer>
  /** From now on all that arrives is kept: after MONITOR, every command of every client. */
  readonly heard: () => string
  readonly close: () => void
}

/** Reads one RESP2 value at `at`; null while it has not arrived whole. https://redis.io/docs/latest/develop/reference/protocol-spec */
const readAnswer = (text: string, at: number): { readonly value: RedisAnswer; readonly next: number } | null => {
  const end = text.indexOf('\r\n', at)
  if (end < 0) return null
  const kind = text[at]
  const line = text.slice(at + 1, end)
  const next = end + 2
  if (kind === '+') return { value: line, next }
  if (kind === '-') return { value: new Error(line), next }
  if (kind === ':') return { value: Number(line), next }
  const length = Number(line)
  if (length < 0) return { value: null, next }
  if (kind === '$')
    return text.length < next + length + 2 ? null : { value: text.slice(next, next + length), next: next + length + 2 }
  if (kind !== '*') throw new Error(`no RESP2: ${JSON.stringify(text.slice(at, at + 20))}`)
  const items: RedisAnswer[] = []
  let position = next
  for (let n = 0; n < length; n += 1) {
    const item = readAnswer(text, position)
    if (item === null) return null
    items.push(item.value)
    position = item.next
  }
  return { value: items, next: position }
}

/** Connects and signs in with the password of the URL. */
export const connectRedis = async (redisUrl: string): Promise<RedisConnection> => {
  const url = new URL(redisUrl)
  const socket = net.connect(Number(url.port), url.hostname)
  await once(socket, 'connect')
  const waiting: ((answer: RedisAnswer) => void)[] = []
  let unread = ''
  let all = ''
  socket.on('data', (bytes: Buffer) => {
    const text = bytes.toString('latin1')
    all += text
    if (waiting.length === 0) return
    unread += text
    for (let found = readAnswer(unread, 0); waiting.length > 0 && found !== null; found = readAnswer(unread, 0)) {
      unread = unread.slice(found.next)
      waiting.shift()?.(found.value)
    }
  })
  const ask = (...words: readonly string[]): Promise<RedisAnswer> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      const parts = words.map((word) => `$${word.length}\r\n${word}\r\n`)
      socket.write(Buffer.from(`*${words.length}\r\n${parts.join('')}`, 'latin1'))
    })
  if (url.password) await ask('AUTH', decodeURIComponent(url.password))
  return { ask, heard: () => all, close: () => socket.destroy() }
}

/** How the values of each type are read whole; `{}` stands for the key. */
const readers: Readonly<Record<string, readonly string[]>> = {
  string: ['GET', '{}'],
  list: ['LRANGE', '{}', '0', '-1'],
  set: ['SMEMBERS', '{}'],
  zset: ['ZRANGE', '{}', '0', '-1', 'WITHSCORES'],
  hash: ['HGETALL', '{}'],
  stream: ['XRANGE', '{}', '-', '+'],
}

/** Every key of every database with its value, as text. Throws at a type that it cannot read: nothing may hide. */
export const dumpRedis = async ({ ask }: RedisConnection): Promise<string> => {
  const lines: string[] = []
  let cursor = '0'
  do {
    // SCAN answers [cursor, keys].
    const [next, keys] = (await ask('SCAN', cursor, 'COUNT', '1000')) as [string, string[]]
    cursor = next
    for (const key of keys) {
      const type = String(await ask('TYPE', key))
      if (type === 'none') continue
      const reader = readers[type]
      if (!reader) throw new Error(`a key of type ${type} cannot be read`)
      lines.push(`${key} ${JSON.stringify(await ask(...reader.map((word) => (word === '{}' ? key : word))))}`)
    }
  } while (cursor !== '0')
  return lines.join('\n')
}
