import { request as httpRequest } from 'node:http'
import { seeded } from '@flotilla/engine/testing'
import { openStore, type Store } from '@flotilla/store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase, aRedis, type TestDatabase } from '../../../../tools/test-database.js'
import { aVictim } from '../testing/a-victim.js'
import { aWorld, type World } from '../testing/a-world.js'
import { columnNames, databaseImage } from '../testing/database-image.js'
import { makeHostileRequests, type Description, type HostileRequest } from '../testing/hostile/make-hostile-requests.js'
import { makeJudge, type JudgedAnswer } from '../testing/hostile/judge-answer.js'

/**
 * How many requests over both shares, those that are sent again among them, and from which seed: `HOSTILE_REQUESTS` (more of
 * them under `CI`), `SEED`.
 */
const requestsMax = Number(process.env['HOSTILE_REQUESTS'] ?? (process.env['CI'] ? 100_000 : 3_000))
const seedGiven = Number(process.env['SEED'] ?? 1)
/** Whether the database is the same is looked at between batches: it reads all of it. */
const batchSize = 2_500
const atOnce = 8

/** Two files run this, in two processes side by side; each sends its half, from a seed of its own. */
// oxlint-disable-next-line vitest/no-standalone-expect -- nothing is expected: it knows which file this is
const share = expect.getState().testPath?.includes('hostile-second') ? 1 : 0
const seed = seedGiven + share * 1_000_000
const shareMax = Math.ceil(requestsMax / 2)
let database: TestDatabase
let world: World
let seer: Store
const redis = aRedis()
beforeAll(async () => {
  database = await aDatabase()
  const unlimited = { RATE_PER_SECOND: '1000000', RATE_BURST: '1000000', AUTH_FAILURES_BURST: '100000' }
  world = await aWorld(database, redis, { ...unlimited, AUTH_FAILURES_PER_SECOND: '10000' })
  seer = openStore({ sealing: 'open', url: database.superuserUrl, max: 1, applicationName: 'spec-seer' })
})
afterAll(async () => {
  await world.close()
  await seer.close()
  await database.drop()
})

/** Over a connection, for what may stay open: only its beginning is read. */
const overHttp = ({ method, url, headers, payload }: HostileRequest): Promise<JudgedAnswer | null> =>
  new Promise((resolve) => {
    try {
      const { port } = new URL(world.origin)
      const asked = httpRequest({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
        const at = (name: string): string => String(answer.headers[name] ?? '')
        const status = answer.statusCode ?? 0
        const done = (body: string): void => {
          answer.destroy()
          resolve({ status, contentType: at('content-type'), retryAfter: at('retry-after'), body })
        }
        if (status < 400) return done('')
        let body = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => void (body += chunk))
        return answer.on('end', () => done(body))
      })
      asked.on('error', () => resolve(null))
      asked.on('close', () => resolve(null))
      asked.end(payload ?? undefined)
    } catch {
      resolve(null) // Node's own client refuses to write such a header or path
    }
  })
const send = async (one: HostileRequest): Promise<JudgedAnswer | null> => {
  if (one.stream) return overHttp(one)
  try {
    const answer = await world.fastify.inject({
      method: one.method as 'GET',
      url: one.url,
      headers: { ...one.headers },
      ...(one.payload === null ? {} : { payload: one.payload }),
    })
    return {
      status: answer.statusCode,
      contentType: String(answer.headers['content-type'] ?? ''),
      retryAfter: answer.headers['retry-after'] === undefined ? null : String(answer.headers['retry-after']),
      body: one.method === 'HEAD' ? '' : answer.body,
    }
  } catch {
    return null // the injector could not make a request of it
  }
}
/** Longest that an answer may take on a machine that does much else, ms. */
const answerMs = 20_000
const unanswered: JudgedAnswer = { status: 599, contentType: '', retryAfter: null, body: 'no answer' }
const sendInTime = async (one: HostileRequest): Promise<JudgedAnswer | null> => {
  let late: NodeJS.Timeout | undefined
  const silence = new Promise<JudgedAnswer>((resolve) => (late = setTimeout(() => resolve(unanswered), answerMs)))
  const answer = await Promise.race([send(one), silence])
  clearTimeout(late)
  return answer
}
const sendAll = async (requests: readonly HostileRequest[]) => {
  const answers: (JudgedAnswer | null)[] = Array.from(requests, () => null)
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < requests.length) {
      const at = next++
      const one = requests[at]
      if (one) answers[at] = await sendInTime(one)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return answers
}

const builtIns = [Object, Array, Function, String, Number, Promise, RegExp, Map] as const
const namesOfPrototypes = () => builtIns.map(({ prototype }) => Object.getOwnPropertyNames(prototype).sort().join(' '))
const isWrite = ({ method }: HostileRequest): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(method)

test(
  `none of ${shareMax} hostile requests breaks, pollutes or changes anything, and every error is a problem document`,
  { timeout: 120_000 + shareMax * 40 },
  async () => {
    const victim = await aVictim(world)
    const names = await columnNames(seer.pool)
    const description = JSON.parse((await world.fastify.inject('/openapi.json')).body) as Description & {
      readonly components: object
    } // made by this very app
    const judge = makeJudge(description)
    const nobody = { ...victim, runId: victim.deadLetterId, workflow: 'nobody', trigger: 'nothing', document: {} }
    const next = makeHostileRequests(description, seeded(seed), {
      named: [victim, victim, { ...victim, workflow: 'gated' }, nobody],
      names,
      keys: ['both', 'both', 'foreign', 'submitter', 'operator'],
    })
    const prototypes = namesOfPrototypes()
    const seen = new Map<number, number>()
    const found: string[] = []
    let sent = 0
    let unsent = 0

    /** Sends and judges all of them; resolves with those that were refused. */
    const storm = async (requests: readonly HostileRequest[]): Promise<readonly HostileRequest[]> => {
      const answers = await sendAll(requests)
      sent += requests.length
      return requests.filter((one, index) => {
        const answer = answers[index] ?? null
        if (answer === null) {
          unsent += 1
          return false
        }
        seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1)
        // Where Postgres takes longer than a second, readiness says so, in its own words.
        const isNotReady = answer.status === 503 && one.url.includes('readyz')
        const isFine = isNotReady || (one.method === 'HEAD' && answer !== unanswered)
        const wrong = isFine ? null : judge(answer)
        if (wrong)
          found.push(
            `SEED=${seedGiven} share ${share}: ${one.method} ${one.url.slice(0, 200)} ${wrong}\n  ${String(one.payload).slice(0, 300)}\n  ${answer.body.slice(0, 300)}`,
          )
        return answer.status >= 400
      })
    }
    /**
     * Sends refused writes again by themselves, without those that are accepted the second time, as the state has changed.
     * Resolves with the database before and after those that stayed refused.
     */
    const refusedAgain = async (refused: readonly HostileRequest[]) => {
      let left = refused
      for (let rounds = 0; rounds < 5; rounds += 1) {
        const before = await databaseImage(seer.pool)
        const again = await storm(left)
        if (again.length === left.length) return { before, after: await databaseImage(seer.pool) }
        left = again
      }
      throw new Error('writes that were refused are accepted again and again')
    }

    while (sent < shareMax) {
      const refused = await storm(Array.from({ length: Math.min(batchSize, shareMax - sent) }, next))
      const { before, after } = await refusedAgain(refused.filter(isWrite))
      expect(after, `rejected writes before request ${sent}, SEED=${seedGiven} share ${share}`).toEqual(before)
      expect(namesOfPrototypes()).toEqual(prototypes)
      expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    }
    console.log(`hostile requests: ${sent} with seed ${seed}, by status ${JSON.stringify(Object.fromEntries(seen))}`)
    const errors = [
      ...new Set(world.errors.map((error) => (error instanceof Error ? `${error.stack}` : String(error)))),
    ]
    expect(errors.slice(0, 10), errors.slice(0, 10).join('\n')).toEqual([])
    expect(found.slice(0, 20), found.slice(0, 20).join('\n')).toEqual([])
    // The generator must not dull: most is refused, some gets through, little cannot be sent.
    expect(unsent).toBeLessThan(sent / 20)
    expect((seen.get(200) ?? 0) + (seen.get(202) ?? 0)).toBeGreaterThan(sent / 50)
    expect(seen.get(400) ?? 0).toBeGreaterThan(sent / 20)
  },
)
