import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { newTraceId } from '@flotilla/telemetry'
import { Catch, NotFoundException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { pathOf, traceIdOfCall } from './call.js'
import { drainBody, drainBounds } from './drain-body.js'
import { GatewayError } from './gateway-error.js'
import { problemOf } from './problem-of.js'

/** Told of every answer that is our fault, so that it can be logged with its stack. */
export type OnServerError = (error: unknown, code: string, traceId: string) => void

/** Answers a request with the problem document of an error; does nothing once an answer has begun. */
export const sendProblem = (
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  onServerError: OnServerError,
): void => {
  if (reply.sent || reply.raw.headersSent) return
  const traceId = traceIdOfCall(request)
  const answer = problemOf(error, { instance: pathOf(request.raw.url), traceId })
  if (request.call) request.call.problem = answer.code
  if (answer.status >= 500) onServerError(error, answer.code, traceId)
  void reply
    .code(answer.status)
    .headers(answer.headers)
    .header('cache-control', 'no-store')
    .header('content-type', 'application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body))
    .send(answer.body)
}

/** Every error of every route, Fastify's own included, becomes a problem document. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly onServerError: OnServerError,
    private readonly notFound: (path: string, method: string) => Error,
  ) {}
  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp()
    const request = http.getRequest<FastifyRequest>()
    // Only Nest itself throws this one, where no route matched; its message quotes the URL.
    const error = thrown instanceof NotFoundException ? this.notFound(pathOf(request.raw.url), request.method) : thrown
    sendProblem(error, request, http.getResponse<FastifyReply>(), this.onServerError)
  }
}

/** For Fastify's `frameworkErrors`: what its router refuses without running any hook, so the body is drained here. */
export const answerFrameworkError =
  (onServerError: OnServerError) =>
  async (error: FastifyError, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (!(await drainBody(request.raw, drainBounds))) void reply.header('connection', 'close')
    sendProblem(error, request, reply, onServerError)
  }

/** For Fastify's `clientErrorHandler`: what Node's parser refuses before there is a request. */
export const answerClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy()
    return
  }
  const code =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'HEADERS_TOO_LARGE'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'REQUEST_TIMEOUT'
        : 'REQUEST_INVALID'
  const { status, body } = problemOf(new GatewayError(code), { instance: '/', traceId: newTraceId() })
  const text = JSON.stringify(body)
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}\r\nconnection: close\r\n` +
      `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
}
