/**
 * Replies that come twice, out of order, and late. What agents write to the stream is read beside the orchestrators (whose
 * group is not touched) and written again as it was, sealed.
 */
import { setTimeout as sleep } from 'node:timers/promises'

const stream = 'replies'
const keptMax = 20_000

/** How much later at most an echo comes. */
const echoMs = 4_000

/**
 * Listens to the stream from now on.
 * @param {any} fleet @param {{ share: number, random: () => number }} [echo] so many of what it hears it writes again by itself,
 * each after a while of its own and thus out of order
 */
export const startReplyEcho = (fleet, { share, random } = { share: 0, random: () => 1 }) => {
  /** @type {string[]} */
  let kept = []
  let going = true
  let injected = 0
  // What it wrote itself comes back to it, and is not heard twice.
  const ours = new Set()
  /** @type {{ at: number, text: string }[]} */
  let due = []
  const echoLater = (/** @type {string} */ text) => void due.push({ at: Date.now() + random() * echoMs, text })
  const listening = (async () => {
    let last = '$'
    while (going) {
      try {
        // A connection of its own: it waits inside Redis.
        const client = fleet.redis.client().duplicate()
        client.on('error', () => {})
        await client.connect()
        try {
          while (going && client.status === 'ready' && client.options.port === fleet.redis.port()) {
            const found = await client.xread('COUNT', 500, 'BLOCK', 500, 'STREAMS', stream, last)
            for (const [id, [, text]] of found?.[0]?.[1] ?? []) {
              last = id
              kept.push(text)
              if (!ours.delete(text) && random() < share) echoLater(text)
            }
            if (kept.length > keptMax) kept = kept.slice(-keptMax / 2)
            // An emptied Redis numbers from the clock as well, so ids go on rising.
          }
        } finally {
          client.disconnect()
        }
      } catch {
        await sleep(250)
      }
    }
  })()
  /** @param {readonly string[]} texts */
  const write = async (texts) => {
    for (let at = 0; at < texts.length; at += 200) {
      const pipeline = fleet.redis.client().pipeline()
      for (const text of texts.slice(at, at + 200)) pipeline.xadd(stream, '*', 'd', text)
      const results = await pipeline.exec().catch(() => null)
      injected += results?.filter((/** @type {any} */ [error]) => error === null).length ?? 0
    }
  }
  const echoing = (async () => {
    while (going) {
      await sleep(100)
      const now = Date.now()
      const texts = due.filter(({ at }) => at <= now).map(({ text }) => text)
      if (texts.length === 0) continue
      due = due.filter(({ at }) => at > now)
      for (const text of texts) ours.add(text)
      if (ours.size > keptMax) ours.clear()
      await write(texts)
    }
  })()
  return {
    injected: () => injected,
    kept: () => kept,
    write,
    stop: async () => {
      going = false
      await Promise.all([listening, echoing])
    },
  }
}

const garbage = [
  '',
  'not json',
  '{}',
  'null',
  '[]',
  '{"v":1,"kind":"succeeded"}',
  '{"v":99,"kind":"succeeded","runId":"00000000-0000-4000-8000-000000000000","step":"x","dispatch":1,"attempt":1,"worker":"x"}',
  '{"__proto__":{"polluted":true},"v":1}',
  `{"v":1,"kind":"started","runId":"00000000-0000-4000-8000-000000000000","step":"${'x'.repeat(300)}","dispatch":1,"attempt":1,"worker":"x"}`,
  '{"v":1,"kind":"failed","runId":"00000000-0000-4000-8000-000000000000","step":"x","dispatch":1,"attempt":1,"sealed":"v1.k1.AAAA.AAAA","ref":null,"hash":null,"worker":"x","contract":null,"spanId":null,"traceparent":null}',
]

/** @type {Record<string, import('./index.mjs').Fault>} */
export const replyFaults = {
  'replies-duplicate': ({ echo }) => {
    const texts = echo.kept().slice(-300)
    return { target: 'replies', count: texts.length, healed: echo.write([...texts, ...texts]) }
  },
  'replies-reorder': ({ echo, random }) => {
    const texts = random.shuffle(echo.kept().slice(-600))
    return { target: 'replies', count: texts.length, healed: echo.write(texts) }
  },
  'replies-late': ({ echo, random }) => {
    const old = random.shuffle(echo.kept().slice(0, 4_000)).slice(0, 400)
    return { target: 'replies', count: old.length, healed: echo.write(old) }
  },
  'replies-garbage': ({ echo }) => ({ target: 'replies', count: garbage.length, healed: echo.write(garbage) }),
}
