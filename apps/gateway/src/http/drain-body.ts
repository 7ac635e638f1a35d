import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'

/**
 * Lets an answer reach a client that is still sending its body.
 *
 * D1 Nothing is answered over an unread body: a client that writes first and reads then would meet a closed socket
 *    (EPIPE, ECONNRESET) instead of the answer. What is read is thrown away as it comes.
 * D2 That is bounded in bytes and time; beyond either, and where the announced length is, the answer closes the connection.
 * D3 A connection whose body was read to its end stays open for the next request.
 */
export interface DrainBounds {
  /** Most that is read and thrown away, bytes. */
  readonly bytesMax: number
  /** Longest that an answer waits for the body's end, ms. */
  readonly waitMs: number
}

/** 32 MiB, 5 s. */
export const drainBounds: DrainBounds = { bytesMax: 33_554_432, waitMs: 5_000 }

/**
 * Reads what is left of a request's body and throws it away. Resolves to whether its end was reached, or the client has
 * gone; never rejects.
 */
export const drainBody = (body: IncomingMessage, { bytesMax, waitMs }: DrainBounds): Promise<boolean> => {
  const { headers } = body
  const announced = Number(headers['content-length'] ?? 0)
  const none = announced === 0 && headers['transfer-encoding'] === undefined
  if (none || body.complete || body.readableEnded || body.destroyed) return Promise.resolve(true)
  if (announced > bytesMax) return Promise.resolve(false) // D2
  return new Promise((resolve) => {
    let bytes = 0
    const read = (chunk: Buffer): void => {
      bytes += chunk.length // D1: nothing else is done with it
      if (bytes > bytesMax) stop(false)
    }
    const ended = (): void => stop(true)
    const late = setTimeout(() => stop(false), waitMs)
    const stop = (whole: boolean): void => {
      clearTimeout(late)
      body.off('data', read).off('end', ended).off('error', ended).off('close', ended)
      resolve(whole)
    }
    body.on('data', read).once('end', ended).once('error', ended).once('close', ended).resume()
  })
}

/** Drains the body before every answer that is given without having read it (D1). */
export const drainBeforeAnswers = (fastify: FastifyInstance, bounds: DrainBounds = drainBounds): void => {
  fastify.addHook('onSend', async (request, reply) => {
    if (!(await drainBody(request.raw, bounds)))
      void reply.header('connection', 'close') // D2
    // Fastify closes after every body that was refused, in case more of it comes; none does any more.
    else if (reply.hasHeader('connection')) void reply.removeHeader('connection') // D3
  })
}
