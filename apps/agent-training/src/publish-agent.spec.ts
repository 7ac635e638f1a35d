import { agentLaws, callAgent } from '@flotilla/agent-sdk/testing'
import { RetryableError, TerminalError } from '@flotilla/contracts'
import { describe, expect, test } from 'vitest'
import { makePublishAgent } from './publish-agent.js'
import { makeOfflineDesk, type PublicationDesk } from './publish-document.js'

const input = {
  document: { id: 'handbook', version: 3, title: 'Handbook', body: 'Lock your screen.' },
  approvedBy: 'ann',
}
const agent = makePublishAgent(makeOfflineDesk())

describe('training.publish', () => {
  for (const law of agentLaws(agent, [input]))
    test(`law: ${law.name}`, () => expect(law.check()).resolves.toBeUndefined())

  test('publishes once, also when the first answer was lost', async () => {
    const kept = new Map<string, string>()
    let losses = 1
    const desk: PublicationDesk = {
      publish: (_, { idempotencyKey }) => {
        kept.set(idempotencyKey, 'pub-0123456789abcdef')
        if (losses > 0) {
          losses -= 1
          return Promise.reject(new RetryableError('DESK_BUSY'))
        }
        return Promise.resolve({ publicationId: 'pub-0123456789abcdef', sha256: '0'.repeat(64) })
      },
    }
    await expect(callAgent(makePublishAgent(desk), input)).rejects.toBeInstanceOf(RetryableError)
    const second = await callAgent(makePublishAgent(desk), input, { attempt: 2 })
    expect(second.output?.publicationId).toBe('pub-0123456789abcdef')
    expect(kept.size).toBe(1)
  })

  test('answers with the version and the checksum of what was published', async () => {
    const { output, effects } = await callAgent(agent, input)
    expect(output).toMatchObject({
      documentId: 'handbook',
      version: 3,
      sha256: '7d77ebf3db261f90e8a901eebc528a34a8ad18054bd39321b991aeb283e570b3',
    })
    expect(effects.map(({ name, key }) => [name, key])).toEqual([['publish', 'handbook@3']])
  })

  test('refuses for good a document without text', async () => {
    const empty = { ...input, document: { ...input.document, body: ' \n ' } }
    await expect(callAgent(agent, empty)).rejects.toBeInstanceOf(TerminalError)
  })
})
