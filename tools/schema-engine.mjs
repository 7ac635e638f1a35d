#!/usr/bin/env -S node --no-warnings
/**
 * Stands in for Prisma's native schema engine, with Prisma's own WebAssembly build of it on the `pg` driver.
 * Named in PRISMA_SCHEMA_ENGINE_BINARY; speaks the native engine's command line and JSON-RPC over standard streams.
 *
 * E1  Standard output carries JSON-RPC only, standard error JSON log lines only: the CLI parses both.
 * E2  Every request is answered, also when the engine panics: an unanswered CLI ends silently with exit code 0.
 * E3  A shadow database is made and dropped by us, on connections to that database only.
 */
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import readline from 'node:readline'
import { parseArgs } from 'node:util'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import { SchemaEngine } from '@prisma/schema-engine-wasm'
import pg from 'pg'
import { readCatalogCharacters } from './schema-engine/catalog-characters.mjs'
import { runWholeScripts } from './schema-engine/whole-scripts.mjs'

/** Code of "an error happened" in the engine's JSON-RPC. */
const engineError = 4466

let panicMessage = ''
Object.assign(globalThis, {
  PRISMA_WASM_PANIC_REGISTRY: {
    set_message: (/** @type {string} */ message) => {
      panicMessage = message
    },
  },
})

/** @param {string} url @param {string | null} sql null only connects */
const connectAnd = async (url, sql) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    if (sql !== null) await client.query(sql)
  } finally {
    await client.end()
  }
}

/** @param {string} url @param {string} database */
const urlOf = (url, database) => {
  const other = new URL(url)
  other.pathname = `/${database}`
  return other.href
}

/** @param {string} name */
const quoted = (name) => `"${name.replaceAll('"', '""')}"`

/** @param {string} url */
const openAdapter = async (url) => {
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  return runWholeScripts(readCatalogCharacters(await new PrismaPg(pool, { disposeExternalPool: true }).connect()))
}

/** @param {string} url */
const makeFactory = (url) => ({
  provider: 'postgres',
  adapterName: '@prisma/adapter-pg',
  connect: () => openAdapter(url),
  connectToShadowDb: async () => {
    const database = `prisma_migrate_shadow_db_${randomUUID()}`
    await connectAnd(url, `create database ${quoted(database)}`)
    const adapter = await openAdapter(urlOf(url, database))
    const dispose = adapter.dispose.bind(adapter)
    return Object.assign(adapter, {
      dispose: async () => {
        await dispose()
        await connectAnd(url, `drop database if exists ${quoted(database)} with (force)`)
      },
    })
  },
})

/**
 * The CLI drops the first line it reads.
 * @param {'INFO' | 'ERROR'} level
 * @param {Record<string, unknown>} fields
 */
const log = (level, fields) =>
  process.stderr.write(`\n${JSON.stringify({ level, target: 'schema_engine::logger', fields })}\n`)

/** @param {any} error */
const failStart = (error) => {
  log('ERROR', { message: error.message, error_code: error.code ?? 'P1001' })
  process.exit(1)
}

/** PostgreSQL's SQLSTATE to Prisma's code. */
const connectionCodes = /** @type {Record<string, string>} */ ({ '3D000': 'P1003', '28P01': 'P1000', 28000: 'P1000' })

/**
 * `cli can-connect-to-database` and `cli create-database`.
 * @param {string} command
 * @param {string} url
 */
const runCommand = async (command, url) => {
  const database = decodeURIComponent(new URL(url).pathname.slice(1))
  try {
    if (command === 'create-database') {
      await connectAnd(urlOf(url, 'postgres'), `create database ${quoted(database)}`)
    } else if (command === 'can-connect-to-database') await connectAnd(url, null)
    else throw new Error(`${command} is not supported by the WebAssembly schema engine`)
    log('INFO', { message: 'Connection successful' })
  } catch (/** @type {any} */ error) {
    failStart({ message: error.message, code: connectionCodes[error.code] ?? 'P1001' })
  }
}

/** @param {Record<string, unknown>} message */
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)

/** @param {unknown} id @param {any} error */
const sendError = (id, error) =>
  send({
    id,
    error: {
      code: engineError,
      message: 'An error happened. Check the data field for details.',
      data: {
        is_panic: panicMessage !== '',
        message: panicMessage || (error?.message ?? String(error)),
        meta: error?.meta ?? null,
        error_code: error?.code ?? null,
      },
    },
  })

/** Methods that the WebAssembly build calls otherwise than JSON-RPC does. */
const renamed = /** @type {Record<string, string>} */ ({ getDatabaseVersion: 'version' })

/**
 * @param {string} url
 * @param {string[]} schemaFiles
 */
const serve = async (url, schemaFiles) => {
  const datamodels = schemaFiles.map((file) => [file, fs.readFileSync(file, 'utf8')])
  const factory = bindMigrationAwareSqlAdapterFactory(/** @type {any} */ (makeFactory(url)))
  const options = /** @type {any} */ ({ datamodels: datamodels.length > 0 ? datamodels : undefined })
  const engine = /** @type {any} */ (await SchemaEngine.new(options, () => {}, factory).catch(failStart))
  /** @type {unknown} */
  let current = null
  // A panic surfaces outside of the call's promise, so the request in hand is answered from here (E2).
  const onPanic = (/** @type {unknown} */ error) => {
    sendError(current, error)
    process.stdout.write('', () => process.exit(101))
  }
  process.on('uncaughtException', onPanic).on('unhandledRejection', onPanic)

  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue
    const { id, method, params } = JSON.parse(line)
    // Answers to what we sent (`print`) come back without a method.
    if (method === undefined) continue
    current = id
    try {
      const call = engine[renamed[method] ?? method]
      if (call === undefined) throw new Error(`${method} is not supported by the WebAssembly schema engine`)
      const result = (await call.call(engine, params)) ?? null
      if (method === 'diff' && result?.stdout) {
        send({ id: `print-${id}`, method: 'print', params: { content: result.stdout } })
      }
      send({ id, result })
    } catch (error) {
      sendError(id, error)
    }
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    datamodels: { type: 'string', multiple: true },
    datasource: { type: 'string' },
    'enabled-preview-features': { type: 'string' },
    'extension-types': { type: 'string' },
    version: { type: 'boolean' },
  },
})
const url = typeof values.datasource === 'string' ? (JSON.parse(values.datasource).url ?? '') : ''

if (values.version) process.stdout.write('schema-engine-cli wasm\n')
else if (positionals[0] === 'cli') await runCommand(positionals[1] ?? '', url)
else await serve(url, /** @type {string[]} */ (values.datamodels ?? []))
