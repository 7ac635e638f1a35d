import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkProjects, checkSource } from './boundaries/check.mjs'
import { readSource } from './boundaries/read-source.mjs'
import { binDir, repoDir } from './fleet/paths.mjs'

const roomOfProject = new Map([
  ['@flotilla/contracts', 'contracts'],
  ['@flotilla/engine', 'engine'],
  ['@flotilla/queues', 'queues'],
  ['@flotilla/store', 'store'],
])

const refusals = (room: string, text: string, file = `libs/${room}/src/x.ts`): string[] =>
  checkSource({ file, ...readSource(file, text) }, room, roomOfProject)

describe('the graph of projects', () => {
  const aProject = (room: string | null, dependsOn: string[] = []) => ({
    name: `@flotilla/${room}`,
    root: `libs/${room}`,
    room,
    dependsOn,
  })

  test('an edge that the table lacks is refused, one that it has is not', () => {
    const projects = [aProject('engine', ['@flotilla/store']), aProject('store', ['@flotilla/engine', 'npm:pg'])]
    expect(checkProjects(projects)).toEqual(['@flotilla/engine (engine) must not import @flotilla/store (store)'])
  })

  test('a project without a known tag is refused', () => {
    expect(checkProjects([aProject(null)])).toEqual([expect.stringContaining('no tag')])
  })
})

describe('a source file', () => {
  test.each([
    ['engine', `import { readFileSync } from 'node:fs'`],
    ['engine', `import fs from 'fs'`],
    ['engine', `export { x } from '@flotilla/contracts'`],
    ['engine', `import x from 'lodash'`],
    ['engine', `const x = await import('bullmq')`],
    ['workflows', `import { x } from '@flotilla/contracts'`],
    ['store', `import { advance } from '@flotilla/engine'`],
    ['store', `import { Queue } from 'bullmq'`],
    ['gateway', `const Redis = createRequire(import.meta.url)('ioredis')`],
    ['agent', `import pg from 'pg'`],
    ['agent', `import { PrismaClient } from '@prisma/client'`],
    ['agent', `import type { x } from '@flotilla/store'`],
    ['orchestrator', `import Fastify from 'fastify'`],
    ['queues', `import { NodeSDK } from '@opentelemetry/sdk-node'`],
    ['agent-sdk', `import { x } from '@bull-board/api'`],
    ['contracts', `import { Injectable } from '@nestjs/common'`],
  ])('of %s is refused for: %s', (room, text) => {
    expect(refusals(room, text)).toHaveLength(1)
  })

  test.each([
    ['engine', `import { parse } from '@marcbachmann/cel-js'; import Ajv from 'ajv/dist/2020.js'`],
    ['workflows', `import type { x } from '@flotilla/contracts'; import { type y } from '@flotilla/contracts'`],
    ['store', `import type { State } from '@flotilla/engine'; import pg from 'pg'; import { x } from './y.js'`],
    ['queues', `import { Queue } from 'bullmq'; import { readFileSync } from 'node:fs'`],
    ['gateway', `import { createBullBoard } from '@bull-board/api'; import x from '@flotilla/store'`],
  ])('of %s is accepted with: %s', (room, text) => {
    expect(refusals(room, text)).toEqual([])
  })

  test.each(['Date.now()', 'new Date()', "Math['random']()", 'setTimeout(() => 1, 1)', 'console.log(1)', 'x(crypto)'])(
    'of the engine is refused for %s, of an agent not',
    (text) => {
      expect(refusals('engine', `const y = ${text}`)).toHaveLength(1)
      expect(refusals('agent', `const y = ${text}`)).toEqual([])
    },
  )

  test('is not refused for words in comments and texts, members, keys and given times', () => {
    const text = `
      // Date.now() and console.log
      const state = { process: 1, crypto: 'Math.random()' }
      export const at = (ms: number) => new Date(ms).toISOString() + state.process
    `
    expect(refusals('engine', text)).toEqual([])
  })

  test('reads process.env only where a process begins', () => {
    const text = 'const x = process.env.PORT'
    expect(refusals('gateway', text, 'apps/gateway/src/config.ts')).toHaveLength(1)
    expect(refusals('gateway', text, 'apps/gateway/src/main.ts')).toEqual([])
    expect(refusals('telemetry', text, 'libs/telemetry/src/register.ts')).toEqual([])
    expect(refusals('telemetry', text, 'libs/telemetry/src/index.ts')).toHaveLength(1)
  })
})

describe('a workspace with a planted import', () => {
  let dir = ''
  const aRoom = (room: string, source: string, dependencies: Record<string, string> = {}): void => {
    const src = path.join(dir, 'libs', room, 'src')
    mkdirSync(src, { recursive: true })
    const manifest = {
      name: `@flotilla/${room}`,
      type: 'module',
      exports: './src/index.ts',
      dependencies,
      nx: { tags: [`type:${room}`] },
    }
    writeFileSync(path.join(dir, 'libs', room, 'package.json'), JSON.stringify(manifest))
    writeFileSync(path.join(src, 'index.ts'), source)
  }
  const check = () =>
    spawnSync(path.join(binDir, 'node'), [path.join(repoDir, 'tools/boundaries.mjs')], {
      cwd: dir,
      encoding: 'utf8',
      env: {
        ...process.env,
        NX_DAEMON: 'false',
        NX_WORKSPACE_ROOT_PATH: '',
        NODE_OPTIONS: '',
        NX_CACHE_PROJECT_GRAPH: 'false',
      },
    })

  beforeAll(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'flotilla-boundaries-'))
    for (const file of ['nx.json', 'package-lock.json', 'tsconfig.base.json']) {
      cpSync(path.join(repoDir, file), path.join(dir, file))
    }
    writeFileSync(
      path.join(dir, 'package.json'),
      JSON.stringify({ name: 'planted', private: true, type: 'module', workspaces: ['libs/*'] }),
    )
    symlinkSync(path.join(repoDir, 'node_modules'), path.join(dir, 'node_modules'))
    aRoom('store', 'export const rows = 1\n')
    aRoom('engine', 'export const state = 1\n')
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  test('is accepted before and refused after', () => {
    const before = check()
    expect(before.stdout + before.stderr).toContain('2 projects, 2 files, 0 boundary violations')
    expect(before.status).toBe(0)
    aRoom('engine', `import { rows } from '@flotilla/store'\nexport const state = rows\n`, {
      '@flotilla/store': '*',
    })
    const after = check()
    // Once from Nx's graph (by what the package declares), once from the source.
    expect(after.stderr).toContain('@flotilla/engine (engine) must not import @flotilla/store (store)')
    expect(after.stderr).toContain('libs/engine/src/index.ts:1 (engine) must not import @flotilla/store')
    expect(after.status).toBe(1)
  })
})
