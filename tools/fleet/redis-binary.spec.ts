import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { findRedis } from './redis-binary.mjs'

describe('finding a Redis', () => {
  let dir = ''
  const bin = () => path.join(dir, 'bin')
  const dist = () => path.join(dir, 'dist')
  /** A program that notes how it is called, then does as told. */
  const aProgram = (name: string, script: string): void => {
    const file = path.join(bin(), name)
    writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> ${dir}/calls\n${script}\n`)
    chmodSync(file, 0o755)
  }
  const calls = (): string[] => readFileSync(path.join(dir, 'calls'), 'utf8').trim().split('\n')

  beforeEach(() => {
    dir = mkdtempSync(path.join(tmpdir(), 'flotilla-redis-'))
    mkdirSync(bin())
    vi.stubEnv('PATH', bin())
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(dir, { recursive: true, force: true })
  })

  test('takes redis-server from the PATH, and valkey-server where there is none', () => {
    aProgram('valkey-server', '')
    expect(findRedis(dist())).toMatchObject({ kind: 'binary', path: path.join(bin(), 'valkey-server') })
    aProgram('redis-server', '')
    expect(findRedis(dist())).toMatchObject({ kind: 'binary', path: path.join(bin(), 'redis-server') })
  })

  test('unpacks the Debian package, after apt-get update where the lists are empty, and uses it again', () => {
    aProgram(
      'apt-get',
      `case "$1" in download) [ -f ${dir}/updated ] || exit 100; : > redis.deb;; update) : > ${dir}/updated;; esac`,
    )
    const server = '#!/bin/sh\\nexit 0\\n'
    aProgram(
      'dpkg',
      `/bin/mkdir -p "$3/usr/bin" "$3/usr/lib/x"; printf '${server}' > "$3/usr/bin/redis-server"; /bin/chmod 755 "$3/usr/bin/redis-server"`,
    )
    const found = findRedis(dist())
    expect(found).toEqual({
      kind: 'binary',
      path: path.join(dist(), 'usr/bin/redis-server'),
      env: { LD_LIBRARY_PATH: path.join(dist(), 'usr/lib/x') },
    })
    expect(calls().map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'apt-get --version',
      'apt-get download',
      'apt-get update',
      'apt-get download',
      'dpkg -x',
    ])
    findRedis(dist())
    expect(calls()).toHaveLength(5)
  })

  test('fetches the libraries too where the system lacks them', () => {
    aProgram('apt-get', `case "$1" in download) : > "$3.deb";; esac`)
    const server = `#!/bin/sh\\n[ -f ${dir}/dist/has-libssl3 ]\\n`
    aProgram(
      'dpkg',
      `/bin/mkdir -p "$3/usr/bin"; printf '${server}' > "$3/usr/bin/redis-server"; /bin/chmod 755 "$3/usr/bin/redis-server"; case "$2" in *libssl3.deb) : > "$3/has-libssl3";; esac`,
    )
    expect(findRedis(dist())).toMatchObject({ kind: 'binary' })
    expect(calls().filter((line) => line.startsWith('apt-get download'))).toHaveLength(2)
  })

  test('takes Docker where its daemon answers', () => {
    aProgram('docker', '')
    expect(findRedis(dist())).toEqual({ kind: 'docker' })
  })

  test('names the ways out when there is nothing', () => {
    aProgram('docker', 'exit 1')
    expect(() => findRedis(dist())).toThrow(/set REDIS_URL.*apt-get install redis-server.*Docker.*no apt-get/)
  })
})
