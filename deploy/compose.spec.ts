import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { readText, readYaml, repoDir } from './read-yaml.js'

type Service = {
  image: string
  build?: { context: string; dockerfile: string; target: string; args?: { APP: string } }
  environment?: Record<string, string>
  volumes?: string[]
  ports?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[] }
  cap_drop?: string[]
  security_opt?: string[]
  container_name?: string
  read_only?: boolean
  tmpfs?: string[]
  networks?: string[]
  network_mode?: string
  user?: string
  privileged?: boolean
  pids_limit?: number
  mem_limit?: string
  cap_add?: string[]
  expose?: string[]
}
// The shape that the tests below then check member by member.
const compose = readYaml('docker-compose.yml') as {
  services: Record<string, Service>
  volumes: Record<string, null>
  networks: Record<string, { internal?: boolean } | null>
}
const services = Object.entries(compose.services)
const serviceOf = (name: string): Service => {
  const found = compose.services[name]
  if (!found) throw new Error(`there is no service ${name}`)
  return found
}

/** What a fleet consists of: a folder in `apps/` whose room is started as a process. */
const apps = readdirSync(path.join(repoDir, 'apps')).filter((name) => /^(gateway|orchestrator|agent-.+)$/.test(name))
const ours = apps.map((name) => [name, serviceOf(name)] as const)
const agents = ours.filter(([name]) => name.startsWith('agent-'))
const others = ['secrets', 'migrate', 'postgres', 'redis', 'otel-collector', 'jaeger', 'prometheus', 'grafana']

describe('compose', () => {
  test('has a service for every app and none beside these and the infrastructure', () => {
    expect(apps.length).toBeGreaterThanOrEqual(9)
    expect(Object.keys(compose.services).sort()).toEqual([...apps, ...others].sort())
  })

  test.each(ours)('builds %s from its own folder', (name, { build, image, environment }) => {
    expect(build).toEqual({ context: '.', dockerfile: 'deploy/Dockerfile', target: 'runtime', args: { APP: name } })
    expect(image).toBe(`flotilla/${name}:local`)
    expect(environment).toMatchObject({
      OTEL_SERVICE_NAME: name,
      HOST: '0.0.0.0',
      HEALTH_HOST: '0.0.0.0',
      PORT: '8080',
    })
    expect(environment?.['OTEL_EXPORTER_OTLP_ENDPOINT']).toBe('http://otel-collector:4318')
  })

  test.each(agents)('lets %s be scaled: no name, no port', (_, { container_name, ports }) => {
    expect({ container_name, ports }).toEqual({})
  })

  test.each(ours)('gives %s the secrets of its own role and no others', (name, { volumes }) => {
    const role = name === 'orchestrator' ? 'engine' : name
    expect(volumes).toEqual([`secrets-${role}:/run/flotilla:ro`])
  })

  test('mounts the secrets of the owner where they are made and where migrations run, and nowhere else', () => {
    const holders = services.filter(([, { volumes }]) => volumes?.some((volume) => volume.startsWith('secrets-all:')))
    expect(holders.map(([name]) => name)).toEqual(['secrets', 'migrate'])
  })

  test.each(ours)('starts %s after migrations, with Redis healthy', (_, { depends_on, read_only }) => {
    expect(depends_on).toMatchObject({
      migrate: { condition: 'service_completed_successfully' },
      redis: { condition: 'service_healthy' },
    })
    expect(read_only).toBe(true)
  })

  test.each(services)('%s drops all capabilities and gains no privileges', (_, { cap_drop, security_opt }) => {
    expect(cap_drop).toEqual(['ALL'])
    expect(security_opt).toEqual(['no-new-privileges:true'])
  })

  test.each(services)('%s runs on a read-only file system and is no privileged one', (_, service) => {
    expect(service.read_only).toBe(true)
    expect([service.privileged, service.user, service.network_mode === 'host']).toEqual([undefined, undefined, false])
    // What images of others need to hand themselves over to their own user, and nobody else.
    expect(service.cap_add ?? []).toEqual(
      /^(postgres|redis):/.test(service.image) ? ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'] : [],
    )
  })

  test.each(ours)('%s has bounds for memory and processes, and a small place for temporary files', (_, service) => {
    expect(service).toMatchObject({ mem_limit: '1g', pids_limit: 256, tmpfs: ['/tmp:size=64m,mode=1777'] })
  })

  describe('networks', () => {
    const internal = Object.entries(compose.networks).flatMap(([name, network]) => (network?.internal ? [name] : []))
    const neighbours = (name: string): string[] =>
      services
        .filter(([, { networks = [] }]) => networks.some((network) => serviceOf(name).networks?.includes(network)))
        .map(([other]) => other)
        .filter((other) => other !== name)

    test('data cannot be reached from outside, and reaches nothing there', () => {
      expect(internal.sort()).toEqual(['agents', 'core', 'observe'])
      for (const name of ['postgres', 'redis', 'migrate']) {
        expect(internal).toEqual(expect.arrayContaining(serviceOf(name).networks ?? ['none']))
        expect(serviceOf(name).ports).toBeUndefined()
      }
      expect(serviceOf('secrets').network_mode).toBe('none')
    })

    test.each(agents)(
      '%s reaches Postgres, Redis and the collector, and neither the gateway nor the orchestrator',
      (name) => {
        expect(serviceOf(name).networks).toEqual(['agents'])
        expect(
          neighbours(name)
            .filter((other) => !other.startsWith('agent-'))
            .sort(),
        ).toEqual(['otel-collector', 'postgres', 'prometheus', 'redis'])
      },
    )

    test('the gateway is met by nobody but its own side, and dashboards by no service', () => {
      expect(neighbours('gateway').sort()).toEqual([
        'migrate',
        'orchestrator',
        'otel-collector',
        'postgres',
        'prometheus',
        'redis',
      ])
      expect(neighbours('grafana').sort()).toEqual(['jaeger', 'otel-collector', 'prometheus'])
    })

    test('every service is somewhere, and only who has a port or calls outside leaves the internal ones', () => {
      for (const [name, { networks, network_mode }] of services)
        expect([name, networks !== undefined || network_mode === 'none']).toEqual([name, true])
      const outside = services.filter(([, { networks = [] }]) =>
        networks.some((network) => !internal.includes(network)),
      )
      expect(outside.map(([name]) => name).sort()).toEqual([
        'gateway',
        'grafana',
        'jaeger',
        'orchestrator',
        'prometheus',
      ])
      expect(
        services
          .filter(([, { ports }]) => ports)
          .map(([name]) => name)
          .sort(),
      ).toEqual(['gateway', 'grafana', 'jaeger', 'prometheus'])
    })
  })

  test('publishes ports on the loopback interface only, each once', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? [])
    expect(ports.length).toBeGreaterThan(0)
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/)
    const defaults = ports.map((port) => /:-(\d+)\}/.exec(port)?.[1])
    expect(new Set(defaults).size).toBe(defaults.length)
    expect(serviceOf('jaeger').ports).toEqual(['127.0.0.1:${JAEGER_PORT:-16686}:16686'])
  })

  test('waits only for services that there are, and for health only where there is a health check', () => {
    const needs = services.flatMap(([, { depends_on = {} }]) => Object.entries(depends_on))
    const neededFor = (wanted: string): string[] =>
      needs.filter(([, { condition }]) => condition === wanted).map(([needed]) => needed)
    const healthy = neededFor('service_healthy')
    expect(healthy.filter((needed) => serviceOf(needed).healthcheck === undefined)).toEqual([])
    expect(new Set(neededFor('service_completed_successfully'))).toEqual(new Set(['secrets', 'migrate']))
    expect(needs.map(([needed]) => needed).filter((needed) => !(needed in compose.services))).toEqual([])
  })

  test('mounts volumes and files that there are, and declares no volume that nobody mounts', () => {
    const sources = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''))
    const named = sources.filter((source) => !source.startsWith('.'))
    expect([...new Set(named)].sort()).toEqual(Object.keys(compose.volumes).sort())
    const files = sources.filter((source) => source.startsWith('.'))
    expect(files.filter((file) => !existsSync(path.join(repoDir, file)))).toEqual([])
  })

  test('keeps the data of Postgres 18 where its image keeps it', () => {
    expect(serviceOf('postgres')).toMatchObject({ image: 'postgres:18' })
    expect(serviceOf('postgres').volumes).toContain('postgres:/var/lib/postgresql')
  })

  test('names an exact version of every image but those of Postgres and Redis, whose major versions are followed', () => {
    const foreign = services.filter(([, { build }]) => !build).map(([, { image }]) => image)
    expect(foreign).toHaveLength(6)
    for (const image of foreign) expect(image).toMatch(/^(postgres:18|redis:8|[a-z/-]+:v?\d+\.\d+\.\d+)$/)
  })

  test('reads only settings that .env.example names with the same default, and it names no others', () => {
    const settings = (text: string, pattern: RegExp): Record<string, string> =>
      Object.fromEntries([...text.matchAll(pattern)].map(([, name = '', value = '']) => [name, value]))
    const used = settings(readText('docker-compose.yml'), /(?<!\$)\$\{([A-Z_]+):-([^}]*)\}/g)
    expect(used).toEqual(settings(readText('.env.example'), /^([A-Z_]+)=(.*)$/gm))
    expect(readText('docker-compose.yml')).not.toMatch(/(?<!\$)\$\{[A-Z_]+(?!:-|[A-Z_])/)
  })

  test('has no secret in it', () => {
    const given = services.flatMap(([, { environment = {} }]) => Object.entries(environment))
    const secret = given.filter(([key]) => /PASSWORD|SECRET|_KEYS?$|_URL$/.test(key))
    expect(secret).toHaveLength(2)
    for (const [key, value] of secret) expect(`${key}=${value}`).toMatch(/_FILE=\/run\/flotilla\//)
  })
})

describe('the Dockerfile', () => {
  const dockerfile = readText('deploy/Dockerfile')
  const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name)

  test('has the targets that compose builds', () => {
    const targets = services.flatMap(([, { build }]) => (build ? [build.target] : []))
    expect(new Set(targets)).toEqual(new Set(['tools', 'runtime']))
    expect(stages).toEqual(expect.arrayContaining(targets))
  })

  test('copies from stages that there are, and files that there are', () => {
    for (const [, stage] of dockerfile.matchAll(/--from=(\S+)/g)) expect(stages).toContain(stage)
    for (const file of [
      'deploy/healthcheck.mjs',
      'deploy/migrate.mjs',
      'deploy/secrets.mjs',
      'tools/fleet/build.mjs',
    ]) {
      expect(dockerfile).toContain(file)
      expect(existsSync(path.join(repoDir, file))).toBe(true)
    }
  })

  test('runs no install script and ends as a user without rights, in every target that runs', () => {
    for (const [, options] of dockerfile.matchAll(/^RUN .*npm ci (.*)$/gm))
      expect(options).toContain('--ignore-scripts')
    for (const target of ['tools', 'runtime']) {
      const stage = dockerfile.split(/^FROM /m).find((text) => text.includes(` AS ${target}\n`)) ?? ''
      expect(stage).toContain('USER 10001:10001')
    }
  })

  test('preloads telemetry as the local fleet does', () => {
    expect(dockerfile).toMatch(/"--enable-source-maps", "--import", "@flotilla\/telemetry\/register", "main\.js"/)
    expect(readText('tools/fleet/service-command.mjs')).toContain('@flotilla/telemetry/register')
  })
})
