/** Who may import what: the table of ARCHITECTURE.md as data. */

/**
 * @typedef {object} Room
 * @property {readonly string[]} rooms that it may import
 * @property {readonly string[]} [typesOnly] of those, the ones of which only types
 * @property {readonly string[]} [onlyPackages] npm packages, when it may have no others
 * @property {readonly string[]} [bannedPackages] npm packages, with `*` at the end for a family
 * @property {boolean} [pure] no Node modules, no clock, no chance, no timers, no output
 */

const nest = ['@nestjs/*', 'fastify', '@fastify/*']
const telemetrySdk = ['@opentelemetry/sdk-*', '@opentelemetry/exporter-*', '@opentelemetry/instrumentation-*']
const server = ['contracts', 'store', 'queues', 'telemetry', 'runtime', 'webhooks']

/** @type {Readonly<Record<string, Room>>} by the tag in package.json, without `type:` */
export const rooms = {
  engine: { rooms: [], onlyPackages: ['@marcbachmann/cel-js', 'ajv'], pure: true },
  builder: { rooms: ['engine'], typesOnly: ['engine'], onlyPackages: ['yaml'], pure: true },
  workflows: {
    rooms: ['engine', 'builder', 'contracts'],
    typesOnly: ['contracts'],
    onlyPackages: ['@marcbachmann/cel-js', 'ajv'],
    pure: true,
  },
  contracts: { rooms: [], bannedPackages: [...nest, ...telemetrySdk, '@opentelemetry/*'] },
  store: {
    rooms: ['engine', 'contracts'],
    typesOnly: ['engine'],
    bannedPackages: [...nest, ...telemetrySdk],
  },
  queues: { rooms: ['contracts', 'telemetry'], bannedPackages: ['fastify', '@fastify/*', ...telemetrySdk] },
  vault: { rooms: ['contracts'], bannedPackages: [...nest, ...telemetrySdk] },
  'agent-sdk': { rooms: ['contracts', 'queues', 'vault', 'telemetry', 'runtime'], bannedPackages: telemetrySdk },
  webhooks: { rooms: [], onlyPackages: ['ipaddr.js'] },
  telemetry: { rooms: [], bannedPackages: nest },
  runtime: { rooms: ['telemetry'], bannedPackages: [...nest, ...telemetrySdk] },
  gateway: { rooms: [...server, 'engine', 'builder'], bannedPackages: telemetrySdk },
  orchestrator: {
    rooms: [...server, 'engine', 'workflows'],
    bannedPackages: ['fastify', '@fastify/*', '@nestjs/platform-*', ...telemetrySdk],
  },
  agent: {
    rooms: ['agent-sdk', 'contracts', 'telemetry', 'runtime'],
    bannedPackages: ['fastify', '@fastify/*', '@nestjs/platform-*', ...telemetrySdk],
  },
  console: { rooms: ['contracts'], typesOnly: ['contracts'] },
  cli: { rooms: ['contracts'], typesOnly: ['contracts'] },
}

/** Packages that belong to one technology's room, and the rooms that may import them. */
export const owners = /** @type {const} */ ([
  { packages: ['bullmq', 'bullmq-otel', 'ioredis', '@nestjs/bullmq'], rooms: ['queues'] },
  { packages: ['pg', 'prisma', '@prisma/*'], rooms: ['store', 'vault'] },
  { packages: ['@bull-board/*'], rooms: ['gateway'] },
])

/** The only files that may read `process.env`: a process' entry, and what is loaded before it. */
export const environmentReaders = [/^apps\/[^/]+\/src\/main\.ts$/, /^libs\/telemetry\/src\/register\.ts$/]

/** What a pure room may not name, and why it would matter. */
export const impureNames = /** @type {Readonly<Record<string, string>>} */ ({
  'Date.now': 'the clock',
  'new Date()': 'the clock',
  'Date()': 'the clock',
  performance: 'the clock',
  'Math.random': 'chance',
  crypto: 'chance',
  setTimeout: 'a timer',
  setInterval: 'a timer',
  setImmediate: 'a timer',
  queueMicrotask: 'a timer',
  console: 'output',
  process: 'the process',
  fetch: 'the network',
})

/**
 * @param {string} name
 * @param {readonly string[]} patterns
 */
export const isListed = (name, patterns) =>
  patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern))
