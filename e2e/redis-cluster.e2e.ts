import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isTerminal, makeClient, type Client } from './client.js'
import { startClusterIn, startFleet, type Fleet } from './fleet.js'

/** A fleet on a Redis Cluster of three nodes, its queues in four shards. All of e2e runs on one with E2E_REDIS=cluster. */
let home: string
let cluster: Awaited<ReturnType<typeof startClusterIn>>
let fleet: Fleet
let submitter: Client

beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'flotilla-redis-cluster-'))
  cluster = await startClusterIn(home)
  fleet = await startFleet('redis-cluster', { env: cluster.env })
  submitter = await makeClient(fleet, 'submitter')
})
afterAll(async () => {
  await fleet?.stop()
  await cluster?.stop()
  await rm(home, { recursive: true, force: true })
})

const submitMany = (count: number) =>
  Promise.all(Array.from({ length: count }, (_, n) => submitter.submit('bench-desk', { n, padding: 'x' })))

const complete = async (runs: readonly { runId: string }[]): Promise<void> => {
  for (const { runId } of runs) {
    const run = await submitter.runWhen(runId, isTerminal)
    expect(run.status).toBe('completed')
    for (const step of run.steps) expect(step.visits, step.name).toBeLessThanOrEqual(1)
  }
}

test('runs complete, and the nodes share the queues', async () => {
  await complete(await submitMany(10))
  const sizes = await Promise.all(cluster.nodes.map((_, node) => cluster.ask(node, 'DBSIZE')))
  expect(sizes.filter((size) => size !== ':0\r\n').length).toBeGreaterThan(1)
})

test('every node that is emptied in mid-run costs a second sending and no run', async () => {
  for (const node of cluster.nodes.keys()) {
    const runs = await submitMany(15)
    expect(await cluster.ask(node, 'FLUSHALL')).toBe('+OK\r\n')
    await complete(runs)
  }
})
