/** Corruptions of what was seen outside: effects, streams, sinks, providers, growth, reads, webhooks (I5, I11 to I17). */
import { signatureOf } from '../synthesise.mjs'
import { copy, insertAfter, NothingFit, oneOf, removeFrom, rowOf } from './falsify.mjs'

const isSeen = (/** @type {any} */ { call, seen }) => call === 'get' && seen !== undefined
const later = (/** @type {string} */ at, /** @type {number} */ ms) => new Date(Date.parse(at) + ms).toISOString()

/** Puts a text where it must not be. @param {import('./falsify.mjs').Campaign} campaign @param {(token: string) => string} spell */
const leak = ({ sinks, canaries, random }, spell) => {
  const name = random.pick(['logs/gateway.log', 'redis.txt'])
  const { token } = random.pick(canaries)
  const at = random.within(0, sinks[name]?.length ?? 0)
  sinks[name] = `${sinks[name]?.slice(0, at)}${spell(token)}${sinks[name]?.slice(at)}`
}

/** @param {import('./falsify.mjs').Campaign} campaign @param {(line: any) => boolean} [fits] */
const streamed = (campaign, fits) => oneOf(campaign, 'streams', fits)

/** @type {import('./falsify.mjs').Corruption[]} */
export const outsideCorruptions = [
  {
    ...{ name: 'an effect is performed twice', breaks: 'I5' },
    falsify: (campaign) => {
      const effect = oneOf(campaign, 'provider', ({ performed }) => performed)
      insertAfter(campaign, 'provider', effect, { ...copy(effect), request: 2, at: later(effect.at, 300) })
    },
  },
  {
    ...{ name: 'an effect is of no dispatch', breaks: 'I5' },
    falsify: (campaign) => {
      const effect = oneOf(campaign, 'provider')
      insertAfter(campaign, 'provider', effect, { ...copy(effect), effectKey: 'another', dispatch: 77 })
    },
  },
  {
    ...{ name: 'two runs use one key', breaks: 'I5' },
    falsify: (campaign) => {
      const effect = oneOf(campaign, 'provider', ({ performed }) => performed)
      const other = oneOf(campaign, 'provider', ({ runId }) => runId !== effect.runId)
      other.effectKey = effect.effectKey
    },
  },
  {
    ...{ name: 'a reply is accepted without its effect', breaks: 'I5' },
    falsify: (campaign) => {
      const { runId, step } = oneOf(campaign, 'provider', (line) => line.step === 'kyc')
      removeFrom(campaign, 'provider', (line) => line.runId === runId && line.step === step)
      if (!campaign.files['provider']?.some((line) => line.step === 'kyc')) throw new NothingFit('effects')
    },
  },
  {
    ...{ name: 'a reply is accepted that nobody worked for', breaks: 'I5' },
    falsify: (campaign) => {
      const { runId, step } = oneOf(campaign, 'executions', (line) => line.step === 'risk')
      removeFrom(campaign, 'executions', (line) => line.runId === runId && line.step === step)
      if (!campaign.files['executions']?.some((line) => line.step === 'risk')) throw new NothingFit('executions')
    },
  },
  {
    ...{ name: 'something is executed that was never sent out', breaks: 'I5' },
    falsify: (campaign) => {
      const one = oneOf(campaign, 'executions')
      campaign.files['executions']?.push({ ...copy(one), dispatch: 55 })
    },
  },
  {
    ...{ name: 'an effect is of a run that there is not', breaks: 'I2' },
    falsify: (campaign) => {
      const effect = oneOf(campaign, 'provider')
      campaign.files['provider']?.push({ ...copy(effect), effectKey: 'another', runId: campaign.random.uuid() })
    },
  },
  {
    ...{ name: 'a stream leaves an event out', breaks: 'I11' },
    falsify: (campaign) => {
      const lost = streamed(campaign, ({ seq, lastEventId }) => seq > lastEventId + 1)
      const { files } = campaign
      const next = files['streams']?.[files['streams'].indexOf(lost) + 1]
      if (next?.connection !== lost.connection) throw new NothingFit('streams')
      removeFrom(campaign, 'streams', (line) => line === lost)
    },
  },
  {
    ...{ name: 'a stream repeats an event', breaks: 'I11' },
    falsify: (campaign) => {
      const event = streamed(campaign)
      insertAfter(campaign, 'streams', event, copy(event))
    },
  },
  {
    ...{ name: 'a stream gives events out of order', breaks: 'I11' },
    falsify: (campaign) => {
      const event = streamed(campaign, ({ seq, lastEventId }) => seq > lastEventId + 1)
      const { streams = [] } = campaign.files
      const at = streams.indexOf(event)
      streams.splice(at - 1, 2, event, streams[at - 1])
    },
  },
  {
    ...{ name: 'a reconnected stream begins too late', breaks: 'I11' },
    falsify: (campaign) => {
      const event = streamed(campaign, ({ seq, lastEventId }) => seq === lastEventId + 1)
      removeFrom(campaign, 'streams', (line) => line === event)
      if (!campaign.files['streams']?.some(({ connection }) => connection === event.connection))
        throw new NothingFit('streams')
    },
  },
  {
    ...{ name: 'a stream tells something else', breaks: 'I11' },
    falsify: (campaign) => {
      const event = streamed(campaign)
      if (campaign.random.happens(0.5)) event.type = 'step.invented'
      else event.progress += 0.07
    },
  },
  {
    ...{ name: 'a stream tells of what is not stored', breaks: 'I11' },
    falsify: (campaign) => {
      const last = streamed(campaign, ({ closed }) => closed)
      insertAfter(campaign, 'streams', last, { ...copy(last), seq: last.seq + 1, type: 'progress' })
    },
  },
  {
    ...{ name: 'a stream tells of another tenant’s run', breaks: 'I11' },
    falsify: (campaign) => {
      const { connection, tenant } = streamed(campaign)
      for (const line of campaign.files['streams'] ?? [])
        if (line.connection === connection) line.tenant = tenant === 'north' ? 'south' : 'north'
    },
  },
  {
    ...{ name: 'a stream is of another trace', breaks: 'I12' },
    falsify: (campaign) => {
      streamed(campaign).traceId = campaign.random.hex(32)
    },
  },
  {
    ...{ name: 'a client is told another trace', breaks: 'I12' },
    falsify: (campaign) => {
      const { runId } = oneOf(campaign, 'client', ({ call, status }) => call === 'submit' && status === 202)
      for (const line of campaign.files['client'] ?? [])
        if (line.runId === runId && line.traceId) line.traceId = campaign.random.hex(32)
    },
  },
  ...Object.entries({
    'a token leaks': (/** @type {string} */ token) => token,
    'a token leaks in base64': (/** @type {string} */ token) => Buffer.from(`{"name":"${token}"}`).toString('base64'),
    'a token leaks in hexadecimal': (/** @type {string} */ token) => Buffer.from(`x${token}`).toString('hex'),
  }).map(([name, spell]) => ({
    ...{ name, breaks: /** @type {const} */ ('I13') },
    falsify: (/** @type {import('./falsify.mjs').Campaign} */ campaign) => leak(campaign, spell),
  })),
  {
    ...{ name: 'a tenant is given another’s token', breaks: 'I13' },
    falsify: ({ sinks, canaries }) => {
      const other = canaries.find(({ tenant }) => tenant === 'south')
      sinks['tenant-north/own.txt'] += ` ${other.token}`
    },
  },
  {
    ...{ name: 'a provider is asked too much at once', breaks: 'I14' },
    falsify: (campaign) => {
      oneOf(campaign, 'provider').inHand = 5
    },
  },
  {
    ...{ name: 'a provider is asked too often', breaks: 'I14' },
    falsify: (campaign) => {
      const effect = oneOf(campaign, 'provider')
      for (let n = 0; n < 60; n += 1)
        insertAfter(campaign, 'provider', effect, { ...copy(effect), performed: false, at: later(effect.at, n * 8) })
    },
  },
  {
    ...{ name: 'memory grows', breaks: 'I15' },
    falsify: ({ files }) => {
      for (const [index, { values }] of (files['samples'] ?? []).entries())
        if (values.rssBytes) values.rssBytes += index * 40_000
    },
  },
  {
    ...{ name: 'descriptors are not closed', breaks: 'I15' },
    falsify: ({ files }) => {
      for (const [index, { values }] of (files['samples'] ?? []).entries()) if (values.fds) values.fds += index * 4
    },
  },
  {
    ...{ name: 'keys pile up in Redis', breaks: 'I15' },
    falsify: (campaign) => {
      oneOf(campaign, 'samples', ({ values }) => values.redisKeys !== undefined).values.redisKeys = 25_000
    },
  },
  {
    ...{ name: 'a run cannot be read after it was accepted', breaks: 'I16' },
    falsify: (campaign) => {
      const read = oneOf(campaign, 'client', isSeen)
      Object.assign(read, { status: 404, seen: undefined })
    },
  },
  {
    ...{ name: 'a read goes back in time', breaks: 'I16' },
    falsify: (campaign) => {
      const reopened = new Set(campaign.files['dump/dead_letter']?.map((letter) => letter.run_id))
      const read = oneOf(
        campaign,
        'client',
        (line) => isSeen(line) && line.seen.status === 'completed' && !reopened.has(line.runId),
      )
      insertAfter(campaign, 'client', read, {
        ...copy(read),
        at: later(read.at, 200),
        seen: { status: 'running', progress: read.seen.progress },
      })
    },
  },
  {
    ...{ name: 'progress that was read falls', breaks: 'I16' },
    falsify: (campaign) => {
      const reopened = new Set(campaign.files['dump/dead_letter']?.map((letter) => letter.run_id))
      const read = oneOf(
        campaign,
        'client',
        (line) => isSeen(line) && line.seen.progress > 0.1 && !reopened.has(line.runId),
      )
      insertAfter(campaign, 'client', read, {
        ...copy(read),
        at: later(read.at, 200),
        seen: { ...read.seen, progress: 0.02 },
      })
    },
  },
  {
    ...{ name: 'another end was read than is stored', breaks: 'I16' },
    falsify: (campaign) => {
      const read = oneOf(
        campaign,
        'client',
        (line) => isSeen(line) && line.seen.status === 'completed' && rowOf(campaign, line.runId).openings !== 1,
      )
      const reopened = new Set(campaign.files['dump/dead_letter']?.map((letter) => letter.run_id))
      if (reopened.has(read.runId)) throw new NothingFit('reads')
      read.seen.status = 'cancelled'
    },
  },
  {
    ...{ name: 'a webhook is not signed', breaks: 'I17' },
    falsify: (campaign) => {
      oneOf(campaign, 'webhooks').signature = null
    },
  },
  {
    ...{ name: 'a webhook is signed with another secret', breaks: 'I17' },
    falsify: (campaign) => {
      const delivery = oneOf(campaign, 'webhooks')
      delivery.signature = signatureOf('another', delivery.timestamp, delivery.body)
    },
  },
  {
    ...{ name: 'a webhook’s body is altered', breaks: 'I17' },
    falsify: (campaign) => {
      oneOf(campaign, 'webhooks').body += ' '
    },
  },
  {
    ...{ name: 'an id is given to two events', breaks: 'I17' },
    falsify: (campaign) => {
      const delivery = oneOf(campaign, 'webhooks')
      const other = oneOf(campaign, 'webhooks', ({ id }) => id !== delivery.id)
      other.id = delivery.id
      other.signature = signatureOf(other.id, other.timestamp, other.body)
    },
  },
  {
    ...{ name: 'a webhook tells what has not happened', breaks: 'I17' },
    falsify: (campaign) => {
      const delivery = oneOf(campaign, 'webhooks')
      delivery.body = delivery.body.replace(/io\.flotilla\.[a-z.]+/, 'io.flotilla.run.invented')
      delivery.signature = signatureOf(delivery.id, delivery.timestamp, delivery.body)
    },
  },
  {
    ...{ name: 'an endpoint is not owed what it asked for', breaks: 'I17' },
    falsify: (campaign) => {
      const { event_id: id } = oneOf(campaign, 'dump/webhook_delivery')
      removeFrom(campaign, 'dump/webhook_delivery', (line) => line.event_id === id)
      removeFrom(campaign, 'webhooks', (line) => line.id === id)
    },
  },
  {
    ...{ name: 'a webhook counts as delivered that never came', breaks: 'I17' },
    falsify: (campaign) => {
      const { id } = oneOf(campaign, 'webhooks')
      removeFrom(campaign, 'webhooks', (line) => line.id === id)
    },
  },
  {
    ...{ name: 'a webhook is given up', breaks: 'I17' },
    falsify: (campaign) => {
      const owed = oneOf(campaign, 'dump/webhook_delivery')
      owed.status = 'failed'
      removeFrom(campaign, 'webhooks', (line) => line.id === owed.event_id)
    },
  },
  {
    ...{ name: 'a webhook is sent with an old timestamp', breaks: 'I17' },
    falsify: (campaign) => {
      const delivery = oneOf(campaign, 'webhooks')
      delivery.timestamp = String(Number(delivery.timestamp) - 900)
      delivery.signature = signatureOf(delivery.id, delivery.timestamp, delivery.body)
    },
  },
]
