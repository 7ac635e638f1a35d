import { createConnection, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import type { RedisOptions } from 'ioredis'

/**
 * Has what is written to a socket while one event is dealt with leave in one system call: fifty workers that end their jobs in
 * the same batch of answers write once, not fifty times. Nothing waits longer than for what the same event sets off.
 */
export const gatherWrites = <S extends Socket>(socket: S): S => {
  const write = socket.write.bind(socket) as (...given: unknown[]) => boolean // whichever overload the caller means
  let isGathering = false
  const send = (): void => {
    isGathering = false
    socket.uncork()
  }
  socket.write = (...given: unknown[]): boolean => {
    if (!isGathering) {
      isGathering = true
      socket.cork()
      process.nextTick(send)
    }
    return write(...given)
  }
  return socket
}

type Connector = NonNullable<RedisOptions['Connector']>

/** How ioredis opens a connection to one server, as its own connector does, but with writes gathered. */
export const makeGatheringConnector = ({
  AbstractConnector,
}: Pick<typeof import('ioredis'), 'AbstractConnector'>): Connector =>
  class GatheringConnector extends AbstractConnector {
    readonly #options: RedisOptions

    constructor(options: RedisOptions) {
      super(options.disconnectTimeout ?? 2_000)
      this.#options = options
    }

    async connect(): Promise<Socket> {
      this.connecting = true
      await Promise.resolve()
      // Ended before it began.
      if (!this.connecting) throw new Error('Connection is closed.')
      const { host, port, family, path, tls } = this.#options
      const to = path ? { path } : { host: host ?? 'localhost', port: port ?? 6_379, ...(family ? { family } : {}) }
      const socket = tls ? connectSecurely({ ...to, ...tls }) : createConnection(to)
      this.stream = gatherWrites(socket)
      socket.once('error', (error) => (this.firstError = error))
      return socket
    }
  } as unknown as Connector // ioredis asks for options of sentinels as well, which its own connector for one server does not know
