/**
 * Events of a run, in order, without gaps, across broken connections. Ends after the run's last one, or when aborted.
 * @param {{ url: string, key: string, signal: AbortSignal }} source
 * @returns {AsyncGenerator<any>}
 */
export const readEvents = async function* ({ url, key, signal }) {
  let last = 0
  for (;;) {
    const headers = { authorization: `Bearer ${key}`, accept: 'text/event-stream', 'last-event-id': `${last}` }
    try {
      const response = await fetch(url, { headers, signal })
      // Everything was delivered and the run is over.
      if (response.status === 204) return
      if (!response.ok || response.body === null) throw new Error(`GET ${url} answered ${response.status}`)
      for await (const data of dataLines(response.body)) {
        const event = JSON.parse(data)
        last = event.seq
        yield event
        if (['run.completed', 'run.failed', 'run.cancelled'].includes(event.type)) return
      }
    } catch {
      // The connection broke, or the gateway is coming back: go on from the last event that arrived.
      if (signal.aborted) return
      await new Promise((resolve) => setTimeout(resolve, 1_000))
      if (signal.aborted) return
    }
  }
}

/** @param {ReadableStream<Uint8Array>} body */
const dataLines = async function* (body) {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of body) {
    const lines = `${rest}${decoder.decode(bytes, { stream: true })}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('data:')) yield line.slice('data:'.length)
  }
}
