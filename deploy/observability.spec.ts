import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readText, readYaml, repoDir } from './read-yaml.js'

type Components = Record<string, unknown>
type Pipeline = { receivers: string[]; processors: string[]; exporters: string[] }
type Collector = {
  receivers: Components
  processors: Components
  exporters: Components
  extensions: Components
  service: { extensions: string[]; pipelines: Record<string, Pipeline> }
}
const files = ['deploy/collector/config.yaml', 'deploy/jaeger/config.yaml'] as const
// The shape that the tests below then check.
const read = (file: string): Collector => readYaml(file) as Collector

/** Components of the distributions that compose names; the part before a slash is the type. */
const known: Record<
  (typeof files)[number],
  Record<'receivers' | 'processors' | 'exporters' | 'extensions', string[]>
> = {
  'deploy/collector/config.yaml': {
    receivers: ['otlp'],
    processors: ['memory_limiter', 'redaction', 'batch'],
    exporters: ['otlp_grpc'],
    extensions: ['health_check'],
  },
  'deploy/jaeger/config.yaml': {
    receivers: ['otlp'],
    processors: ['batch'],
    exporters: ['jaeger_storage_exporter'],
    extensions: ['jaeger_storage', 'jaeger_query', 'healthcheckv2'],
  },
}

describe.each(files)('%s', (file) => {
  const config = read(file)

  test.each(['receivers', 'processors', 'exporters', 'extensions'] as const)(
    'uses every one of its %s, and no others',
    (kind) => {
      const { extensions, pipelines } = config.service
      const used = kind === 'extensions' ? extensions : Object.values(pipelines).flatMap((pipeline) => pipeline[kind])
      expect([...new Set(used)].sort()).toEqual(Object.keys(config[kind]).sort())
      for (const name of used) expect(known[file][kind]).toContain(name.split('/')[0])
    },
  )

  test('takes OTLP on all interfaces of its container', () => {
    expect(config.receivers['otlp']).toEqual({
      protocols: { grpc: { endpoint: '0.0.0.0:4317' }, http: { endpoint: '0.0.0.0:4318' } },
    })
  })

  test('shows its own metrics where Prometheus looks for them', () => {
    const name = file.includes('jaeger') ? 'jaeger:8888' : 'otel-collector:8888'
    expect(readText(file)).toContain('prometheus: { host: 0.0.0.0, port: 8888 }')
    expect(readText('deploy/prometheus/prometheus.yml')).toContain(name)
  })
})

describe('the collector', () => {
  const config = read('deploy/collector/config.yaml')

  test('limits memory first, masks before it batches, and sends to Jaeger', () => {
    expect(config.service.pipelines['traces']?.processors).toEqual(['memory_limiter', 'redaction', 'batch'])
    expect(config.exporters['otlp_grpc/jaeger']).toMatchObject({ endpoint: 'jaeger:4317', tls: { insecure: true } })
  })

  // The collector's expressions are RE2; what is used here means the same in JavaScript but for the inline flag.
  const redaction = config.processors['redaction'] as { blocked_values: string[]; blocked_key_patterns: string[] }
  const masks = (value: string): boolean => redaction.blocked_values.some((pattern) => new RegExp(pattern).test(value))
  const masksKey = (key: string): boolean =>
    redaction.blocked_key_patterns.some((pattern) => new RegExp(pattern.replace('(?i)', ''), 'i').test(key))

  test.each(['jan.novak@firma.cz', 'CZ6508000000192000145399', 'fl_abcdefghijkl_abcdefghijklmnopqrstuv'])(
    'masks %s',
    (value) => {
      expect(masks(value)).toBe(true)
    },
  )
  test.each(['0199f3a2-7c11-7000-8000-00c04fd430c8', 'agent.kyc', 'GET /runs/{id}', 'evalsha', 'pd-scorecard@1'])(
    'leaves %s as it is',
    (value) => {
      expect(masks(value)).toBe(false)
    },
  )
  test('masks by name what is personal or secret, and no attribute that the product itself sends', () => {
    for (const key of ['user.email', 'applicant.fullName', 'http.request.header.authorization', 'iban', 'db.password'])
      expect([key, masksKey(key)]).toEqual([key, true])
    const sent = [...readText('libs/telemetry/src/names.ts').matchAll(/: '([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)'/g)].map(
      ([, key = '']) => key,
    )
    expect(sent.length).toBeGreaterThan(10)
    expect(sent.filter(masksKey)).toEqual([])
  })
})

describe('Jaeger', () => {
  const { extensions, exporters } = read('deploy/jaeger/config.yaml')

  test('writes to and reads from a storage that there is, and serves its page on 16686', () => {
    const storage = extensions['jaeger_storage'] as { backends: Components }
    const query = extensions['jaeger_query'] as { storage: { traces: string }; http: { endpoint: string } }
    const { trace_storage } = exporters['jaeger_storage_exporter'] as { trace_storage: string }
    expect(Object.keys(storage.backends)).toEqual([trace_storage])
    expect(query).toMatchObject({ storage: { traces: trace_storage }, http: { endpoint: '0.0.0.0:16686' } })
  })
})

describe('Prometheus and Grafana', () => {
  test('every service of the fleet is scraped, by name, so that replicas are found', () => {
    type Job = { job_name: string; dns_sd_configs?: { names: string[]; port: number }[] }
    const { scrape_configs } = readYaml('deploy/prometheus/prometheus.yml') as { scrape_configs: Job[] }
    const found = scrape_configs.flatMap(({ dns_sd_configs = [] }) => dns_sd_configs)
    const apps = readdirSync(path.join(repoDir, 'apps')).filter((name) =>
      /^(gateway|orchestrator|agent-.+)$/.test(name),
    )
    expect(found.flatMap(({ names }) => names).sort()).toEqual(apps.sort())
    expect(found.every(({ port }) => port === 8080)).toBe(true)
  })

  test('every metric of the dashboard is one that the product has', () => {
    const dashboard = JSON.parse(readText('deploy/grafana/dashboards/fleet.json')) as {
      panels: { targets: { expr: string; datasource: { uid: string } }[] }[]
    }
    const source = readText('libs/telemetry/src/metrics.ts')
    const targets = dashboard.panels.flatMap((panel) => panel.targets)
    const used = targets.flatMap(({ expr }) => [...expr.matchAll(/flotilla_([a-z_]+)/g)].map(([, name = '']) => name))
    expect(used.length).toBeGreaterThan(10)
    for (const name of used) expect(source).toContain(`'${name.replace(/_(bucket|count|sum)$/, '')}'`)
    const sources = readYaml('deploy/grafana/provisioning/datasources/datasources.yaml') as {
      datasources: { uid: string }[]
    }
    for (const { datasource } of targets) expect(sources.datasources.map(({ uid }) => uid)).toContain(datasource.uid)
  })
})
