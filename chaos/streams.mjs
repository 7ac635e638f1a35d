/** Reads runs' event streams as a client does, reconnecting where it left off, and records every event. */
import { setTimeout as sleep } from 'node:timers/promises'
import { isoNow } from './record.mjs'

const final = new Set(['run.completed', 'run.failed', 'run.cancelled'])

/**
 * @param {{ gateways: () => readonly string[], random: () => number, records: { write: (name: string, line: object) => void } }} options
 */
export const makeStreamRecorder = ({ gateways, random, records }) => {
  let connections = 0
  const stopped = new AbortController()
  /** @type {Set<Promise<unknown>>} */
  const following = new Set()

  /** @param {string} runId @param {string} secret @param {string} tenant */
  const follow = async (runId, secret, tenant) => {
    let last = 0
    for (;;) {
      if (stopped.signal.aborted) return
      connections += 1
      const connection = connections
      const line = { tenant, runId, connection, lastEventId: last }
      /** Kept back until it is known whether the server closed after it. @type {object | null} */
      let kept = null
      const write = (/** @type {boolean} */ closed) => {
        if (kept !== null) records.write('streams', { ...kept, closed })
        kept = null
      }
      try {
        const all = gateways()
        const response = await fetch(new URL(`/runs/${runId}/events`, all[Math.floor(random() * all.length)]), {
          headers: {
            authorization: `Bearer ${secret}`,
            accept: 'text/event-stream',
            ...(last === 0 ? {} : { 'last-event-id': `${last}` }),
          },
          // Some connections are given up in the middle, as browsers do.
          signal: AbortSignal.any([stopped.signal, AbortSignal.timeout(2_000 + Math.round(random() * 30_000))]),
        })
        if (response.status === 204) return
        let buffer = ''
        let ended = false
        const decoder = new TextDecoder()
        if (response.ok && response.body)
          for await (const bytes of response.body) {
            buffer += decoder.decode(bytes, { stream: true })
            const blocks = buffer.split('\n\n')
            buffer = blocks.pop() ?? ''
            for (const block of blocks) {
              const data = block.split('\n').find((text) => text.startsWith('data:'))
              if (data === undefined) continue
              const { seq, type, status, progress, trace_id: traceId } = JSON.parse(data.slice(5))
              write(false)
              kept = { at: isoNow(), ...line, seq, type, status, progress, traceId }
              last = seq
              ended ||= final.has(type)
            }
          }
        write(true)
        if (ended) return
      } catch {
        // Cut off: the next connection goes on after the last event that came whole.
        write(false)
      }
      await sleep(200)
    }
  }
  return {
    /** @param {string} runId @param {string} secret @param {string} tenant */
    follow: (runId, secret, tenant) => {
      const work = follow(runId, secret, tenant)
      following.add(work)
      void work.finally(() => following.delete(work))
    },
    /** Resolves when every stream that is followed came to its end, or after `timeoutMs`. */
    settle: async (/** @type {number} */ timeoutMs) => {
      await Promise.race([Promise.all(following), sleep(timeoutMs)])
      const open = following.size
      stopped.abort()
      await Promise.allSettled(following)
      return open
    },
  }
}
