import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { checkCampaign } from './check-campaign.mjs'
import { memorySource } from './sources.mjs'
import { synthesise } from './synthesise.mjs'

const master = randomBytes(32)
const ring = { current: 'k1', keys: { k1: master.toString('base64') } }

const encrypt = (key: Buffer, associated: unknown, data: Buffer): Buffer => {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(JSON.stringify(associated)))
  return Buffer.concat([nonce, cipher.update(data), cipher.final(), cipher.getAuthTag()])
}

const seal = (key: Buffer, place: unknown, value: unknown): unknown => {
  if (value === null) return null
  const json = Buffer.from(JSON.stringify(value))
  const [mark, body] = json.length >= 400 ? [1, deflateRawSync(json)] : [0, json]
  return `~sealed.1.${encrypt(key, place, Buffer.concat([Buffer.of(mark), body])).toString('base64')}`
}

/** The campaign as a fleet that seals its columns would have stored it. */
const sealed = (seed: number) => {
  const campaign = synthesise(seed)
  const { files } = campaign
  const keys = new Map<string, Buffer>()
  files['dump/run_key'] = (files['dump/run'] ?? []).map(({ id, tenant_id: tenant }) => {
    const key = randomBytes(32)
    keys.set(id, key)
    const outer = Buffer.from(hkdfSync('sha256', master, tenant, 'flotilla/kek/v1', 32))
    const wrapped = encrypt(outer, ['run_key', tenant, id, 'k1'], key)
    return { run_id: id, tenant_id: tenant, key_id: 'k1', wrapped: `\\x${wrapped.toString('hex')}` }
  })
  const keyOf = (id: string): Buffer => keys.get(id) ?? Buffer.alloc(0)
  for (const row of files['dump/run'] ?? []) {
    const { status, ...hidden } = row.state
    row.state = { status, '~sealed': seal(keyOf(row.id), ['run', 'state', row.id], hidden) }
    row.result = seal(keyOf(row.id), ['run', 'result', row.id], row.result)
  }
  for (const entry of files['dump/history'] ?? []) {
    const { run_id: id, position } = entry
    const { output, ...readable } = entry.event
    const isJoint = output && entry.patch !== null && position % 2 === 0
    if (isJoint) entry.event = { ...readable, '~sealed': 'patch' }
    else if (output)
      entry.event = { ...readable, '~sealed': seal(keyOf(id), ['history', 'event', id, position], { output }) }
    const held = isJoint ? { '~patch': entry.patch, '~event': { output } } : entry.patch
    entry.patch = seal(keyOf(id), ['history', 'patch', id, position], held)
    entry.published =
      entry.published?.map(({ seq: _seq, ...one }: Record<string, unknown>) => [
        ...['type', 'step', 'phase', 'status', 'message', 'progress', 'stepProgress', 'spanId'].map(
          (name) => one[name],
        ),
        ...(one['meta'] === undefined ? [] : [one['meta']]),
      ]) ?? null
  }
  return campaign
}

const sourceOf = (campaign: ReturnType<typeof synthesise>, keys: unknown) => {
  const source = memorySource(campaign)
  return {
    ...source,
    json: async (name: string, otherwise: unknown) => (name === 'sealing-keys' ? keys : source.json(name, otherwise)),
  }
}

describe('a record whose columns are sealed', () => {
  test('is judged like one that is not', async () => {
    const plain = await checkCampaign(memorySource(synthesise(3)))
    const { violations, invariants } = await checkCampaign(sourceOf(sealed(3), ring))
    expect(violations).toEqual([])
    expect(invariants).toEqual(plain.invariants)
  })

  test('cannot be judged without the ring', async () => {
    await expect(checkCampaign(sourceOf(sealed(3), null))).rejects.toThrow('sealing-keys.json')
  })

  test('does not open where a value was moved to another row', async () => {
    const campaign = sealed(3)
    const [one, other] = (campaign.files['dump/history'] ?? []).filter(({ patch }) => patch !== null)
    other.patch = one.patch
    await expect(checkCampaign(sourceOf(campaign, ring))).rejects.toThrow('does not open')
  })
})
