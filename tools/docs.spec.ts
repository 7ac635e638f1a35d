import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { toDot } from '@flotilla/engine'
import { shippedWorkflows } from '@flotilla/workflows'
import { Graphviz } from '@hpcc-js/wasm-graphviz'
import { describe, expect, test } from 'vitest'
import { gatewaySettings } from '../apps/gateway/src/read-config.js'
import { orchestratorSettings } from '../apps/orchestrator/src/read-config.js'
import { agentSettings } from '../libs/agent-sdk/src/agent-settings.js'
import { repoDir } from './fleet/paths.mjs'

const read = (file: string): string => readFileSync(path.join(repoDir, file), 'utf8')
const isThere = (file: string): boolean => existsSync(path.join(repoDir, file))

const agentDocs = (): readonly string[] =>
  readdirSync(path.join(repoDir, 'apps')).flatMap((app) => [
    ...[`apps/${app}/README.md`].filter(isThere),
    ...(isThere(`apps/${app}/docs`) ? readdirSync(path.join(repoDir, 'apps', app, 'docs')) : [])
      .filter((name) => name.endsWith('.md'))
      .map((name) => `apps/${app}/docs/${name}`),
  ])

const workflowDocs = (): readonly string[] =>
  readdirSync(path.join(repoDir, 'docs/workflows'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/workflows/${name}`)

/** Cells of a table's rows, without the rows that begin otherwise. */
const rowsOf = (text: string, first: RegExp): readonly (readonly string[])[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
    .filter(([cell = '']) => first.test(cell))

describe('the demands', () => {
  const numbers = [
    ...Array.from({ length: 18 }, (_, n) => `W${n + 1}`),
    ...Array.from({ length: 111 }, (_, n) => `D${n + 1}`),
  ]
  const rows = rowsOf(read('docs/DEMANDS.md'), /^[WD]\d+$/)

  test('have one line each, in order', () => {
    expect(rows.map(([number]) => number)).toEqual(numbers)
  })

  test('live in files that there are', () => {
    const named = rows.flatMap(([, , where = '']) => [...where.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''))
    expect(named.length).toBeGreaterThan(90)
    expect(named.filter((file) => !isThere(file))).toEqual([])
  })

  test('are shown by tests that there are, or by none yet', () => {
    const shown = rows.flatMap(([number, , , by = '']) =>
      [...by.matchAll(/`([^`]+\.(?:spec|e2e)\.ts)` "([^"]+)"/g)].map((match) => ({
        number,
        file: match[1] ?? '',
        name: match[2] ?? '',
      })),
    )
    expect(shown.length).toBeGreaterThan(150)
    expect(shown.filter(({ file, name }) => !isThere(file) || !read(file).includes(name))).toEqual([])
    const shownNumbers = new Set(shown.map(({ number }) => number))
    const silent = rows.filter(([number = '', , , by = '']) => !shownNumbers.has(number) && !by.startsWith('not yet'))
    expect(silent).toEqual([])
  })
})

describe('the table of settings', () => {
  const [head, ...rows] = rowsOf(read('docs/operations.md'), /^(name|`[A-Z])/)
  const named = new Set(
    rows.flatMap(([cell = '']) => [...cell.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map((m) => m[1] ?? '')),
  )

  /** Settings of one app alone stand in its entry. */
  const ofKyc = [...read('apps/agent-kyc/src/main.ts').matchAll(/^\s+([A-Z][A-Z0-9_]+):/gm)].map((m) => m[1] ?? '')
  const ofTelemetry = [...read('libs/telemetry/src/register.ts').matchAll(/env\['([A-Z0-9_]+)'\]/g)].map(
    (m) => m[1] ?? '',
  )
  const ofTools = ['fleet/start.mjs', 'fleet/servers.mjs', 'fleet/paths.mjs', 'test-servers.ts', 'fleet/run-tests.mjs']
    .flatMap((file) => [...read(`tools/${file}`).matchAll(/env(?:\.|\[')([A-Z][A-Z0-9_]+)/g)])
    .map((m) => m[1] ?? '')
    .filter((name) => name !== 'PATH')

  test('is one table', () => {
    expect(head).toEqual(['name', 'used by', 'default', 'range', 'meaning'])
  })

  test.each([
    ['the gateway', gatewaySettings, 20],
    ['the orchestrator', orchestratorSettings, 15],
    ['every agent', Object.keys(agentSettings), 15],
    ['agent-kyc', ofKyc, 4],
    ['telemetry', ofTelemetry, 5],
    ['the tools', ofTools, 5],
  ])('names every setting of %s', (_, settings, atLeast) => {
    expect(settings.length).toBeGreaterThanOrEqual(atLeast)
    expect(settings.filter((name) => !named.has(name))).toEqual([])
  })
})

test('no page holds the two sides of a merge', () => {
  const pages = [
    'README.md',
    'ARCHITECTURE.md',
    'CHANGELOG.md',
    'docs/DEMANDS.md',
    'docs/operations.md',
    ...agentDocs(),
  ]
  expect(pages.filter((page) => /^(<{7}|>{7}) /m.test(read(page)))).toEqual([])
})

test('the metrics are all named to operators', () => {
  const declared = [...read('libs/telemetry/src/metrics.ts').matchAll(/: (?:counter|gauge|histogram)\(\s*'([a-z_]+)'/g)]
  const operations = read('docs/operations.md')
  expect(declared.length).toBeGreaterThan(30)
  expect(declared.map(([, name = '']) => name).filter((name) => !operations.includes(name))).toEqual([])
})

test('links lead to files that there are', () => {
  const pages = ['README.md', 'ARCHITECTURE.md', 'bench/RESULTS.md', 'deploy/README.md', 'docs/credit-desk.md']
  const more = ['docs/operations.md', 'docs/DEMANDS.md', 'docs/adr/README.md', ...agentDocs(), ...workflowDocs()]
  const broken = [...pages, ...more].flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)]
      .map((match) => path.join(path.dirname(page), match[1] ?? ''))
      .filter((file) => !isThere(file))
      .map((file) => `${page}: ${file}`),
  )
  expect(broken).toEqual([])
})

test.each(shippedWorkflows.map((definition) => [definition.name, definition] as const))(
  'the committed diagram of %s is drawn as it is registered',
  async (name, definition) => {
    const graphviz = await Graphviz.load()
    // After a change: vitest run --project unit tools/docs.spec.ts --update
    await expect(graphviz.dot(toDot(definition))).toMatchFileSnapshot(path.join(repoDir, `docs/workflows/${name}.svg`))
  },
)
