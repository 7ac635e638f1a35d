/**
 * One attempt at an endpoint that nobody here vouches for.
 *
 * P1  A name is resolved once, every address of it is checked, and the connection goes to those and nowhere else: a name
 *     that answers differently the second time has no second time.
 * P2  A redirect is an answer like any other, and a failed one.
 * P3  One bound of time for all of it: looking up, connecting, sending, the answer.
 * P4  Of an answer the status counts; its body is read so far as politeness asks, never kept.
 */
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { checkUrl, type TargetPolicy } from './check-url.js'
import { isPublicAddress } from './check-address.js'
import type { ResolveName } from './resolve-name.js'

/** What is sent. */
export interface WebhookCall {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What came of an attempt. `status` is null where there was no answer; `error` a code, null when it was taken (2xx). */
export interface Attempted {
  readonly status: number | null
  readonly error: string | null
  /** When the endpoint asked to be asked again, in ms. */
  readonly retryAfterMs: number | null
}

/** What `postWebhook` needs. */
export interface PostDependencies {
  readonly policy: TargetPolicy
  readonly resolve: ResolveName
  /** P3, in ms. */
  readonly timeoutMs: number
  /** Ends the attempt early, as STOPPED. */
  readonly signal?: AbortSignal
}

const bodyBytesMax = 65_536

const failed = (error: string): Attempted => ({ status: null, error, retryAfterMs: null })

const errorOf = (status: number): string | null => {
  if (status >= 200 && status < 300) return null
  if (status >= 300 && status < 400) return 'REDIRECT' // P2
  return status === 410 ? 'GONE' : 'STATUS'
}

const retryAfter = (header: string | undefined): number | null =>
  header !== undefined && /^\d{1,7}$/.test(header) ? Number(header) * 1_000 : null

const codeOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO|HOSTNAME_)/.test(code)) return 'TLS_FAILED'
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'CONNECT_FAILED'
  return code.startsWith('HPE_') ? 'ANSWER_INVALID' : 'CONNECTION_LOST'
}

/** Gives the checked addresses to whoever connects (P1). */
const pinnedTo =
  (addresses: readonly string[]): LookupFunction =>
  (_name, options, done) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }))
    const [first] = found
    if (options.all) done(null, found)
    else done(first ? null : new Error('no address'), first?.address ?? '', first?.family ?? 0)
  }

const exchange = (
  call: WebhookCall & { readonly target: URL; readonly lookup: LookupFunction | null },
  signal: AbortSignal,
): Promise<Attempted> =>
  new Promise((resolve, reject) => {
    const send = call.target.protocol === 'http:' ? httpRequest : httpsRequest
    const outgoing = send(call.target, {
      method: 'POST',
      agent: false,
      signal,
      headers: { ...call.headers, 'content-length': String(Buffer.byteLength(call.body)), connection: 'close' },
      ...(call.lookup === null ? {} : { lookup: call.lookup }),
    })
    let answered = false
    // Once there is an answer its status counts, but an error must not go unheard.
    const fail = (error: Error): void => {
      if (!answered) reject(error)
    }
    outgoing.on('error', fail)
    outgoing.on('close', () => fail(new Error('closed without an answer')))
    outgoing.once('response', (answer) => {
      answered = true
      const status = answer.statusCode ?? 0
      const outcome = { status, error: errorOf(status), retryAfterMs: retryAfter(answer.headers['retry-after']) }
      // P4: whether the rest of the body comes changes nothing.
      const end = (): void => {
        outgoing.destroy()
        resolve(outcome)
      }
      let bytes = 0
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > bodyBytesMax) end()
      })
      answer.on('error', end)
      answer.once('close', end)
    })
    outgoing.end(call.body)
  })

const untilAborted = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  signal.throwIfAborted()
  let abort = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error) // what abort was called with
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Makes one attempt. Never rejects: what goes wrong outside is an outcome with a code. */
export const postWebhook = async (
  { policy, resolve, timeoutMs, signal }: PostDependencies,
  call: WebhookCall,
): Promise<Attempted> => {
  const target = checkUrl(call.url, policy)
  if (typeof target === 'string') return failed(target)
  const late = AbortSignal.timeout(timeoutMs)
  const bound = signal ? AbortSignal.any([late, signal]) : late
  try {
    const host = target.url.hostname.replace(/^\[(.*)\]$/, '$1')
    // A literal address was checked with its URL.
    if (isIP(host) !== 0 || target.exempt) return await exchange({ ...call, target: target.url, lookup: null }, bound)
    const addresses = await untilAborted(resolve(host), bound)
    if (addresses.length === 0) return failed('NAME_UNKNOWN')
    if (!addresses.every(isPublicAddress)) return failed('ADDRESS_REFUSED') // P1
    return await exchange({ ...call, target: target.url, lookup: pinnedTo(addresses) }, bound)
  } catch (error) {
    if (late.aborted) return failed('TIMEOUT')
    return failed(signal?.aborted ? 'STOPPED' : codeOf(error))
  }
}
