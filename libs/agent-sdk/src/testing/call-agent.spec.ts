import { contract, ContractError, RetryableError } from '@flotilla/contracts'
import { IsInt, IsString, Min } from 'class-validator'
import { describe, expect, test } from 'vitest'
import { defineAgent } from '../define-agent.js'
import { StopError } from '../stop-error.js'
import { agentLaws } from './agent-laws.js'
import { callAgent } from './call-agent.js'
import { aWorld } from './world.js'

class Question {
  @IsString() phone!: string
  @IsInt() @Min(0) amount!: number
}
class Answer {
  @IsString() verdict!: string
}
contract('test.call-agent.question.v1', Question)
contract('test.call-agent.answer.v1', Answer)
const input = { phone: '+420 1', amount: 5 }
const agentDoing = (run: Parameters<typeof defineAgent<Question, Answer>>[1]['run']) =>
  defineAgent('test', { input: Question, output: Answer, run })

describe('callAgent', () => {
  test('tools, effects, progress, checkpoints and usage are recorded', async () => {
    const agent = agentDoing(async (question, context) => {
      const doubled = await context.tool('double', () => question.amount * 2)
      const sent = await context.effect('letter', 'first', ({ idempotencyKey }) => Promise.resolve({ idempotencyKey }))
      context.progress(0.5, 'half')
      context.emit('note', 'seen', { doubled })
      await context.saveCheckpoint('one', 'first', { doubled })
      context.usage({ model: 'm', inputTokens: 3, outputTokens: 4 })
      context.usage({ model: 'm', inputTokens: 1, outputTokens: 1, cacheHit: true })
      return { verdict: sent.idempotencyKey }
    })
    const call = await callAgent(agent, input)
    expect(call.tools).toEqual(['double'])
    expect(call.effects).toHaveLength(1)
    expect(call.output?.verdict).toMatch(/\/test\/1\/letter\/first$/)
    expect(call.progress).toEqual([{ fraction: 0.5, message: 'half' }])
    expect(call.emitted).toEqual([{ type: 'note', message: 'seen', payload: { doubled: 10 } }])
    expect(call.checkpoints).toEqual([{ id: 'one', label: 'first', data: { doubled: 10 } }])
    expect(call.usage).toEqual({ model: 'm', inputTokens: 4, outputTokens: 5, cacheHit: true })
  })

  test('an effect that is recorded is not repeated', async () => {
    let calls = 0
    const agent = agentDoing(async (_question, { effect }) => {
      const outcome = await effect('pay', 'x', () => Promise.resolve((calls += 1)))
      return { verdict: String(outcome) }
    })
    const world = aWorld()
    await callAgent(agent, input, { world })
    expect((await callAgent(agent, input, { world, attempt: 2, dispatch: 2 })).output?.verdict).toBe('1')
    expect(calls).toBe(1)
    await callAgent(agent, input, { world, visit: 2 })
    expect(calls).toBe(2)
  })

  test('facts count other subjects within the window', async () => {
    const agent = agentDoing(async ({ phone }, { facts }) => {
      await facts.record('phone', phone, 'own', 50)
      const window = { since: 0, until: 100, excludingSubject: 'own' }
      return { verdict: String(await facts.count('phone', phone, window)) }
    })
    const facts = [
      { kind: 'phone', value: '+420 1', subject: 'a', at: 0 },
      { kind: 'phone', value: '+420 1', subject: 'a', at: 10 },
      { kind: 'phone', value: '+420 1', subject: 'b', at: 100 },
      { kind: 'phone', value: '+420 2', subject: 'c', at: 10 },
    ]
    expect((await callAgent(agent, input, { facts })).output?.verdict).toBe('1')
  })

  test('facts hold neither what they are of nor whose they are', async () => {
    const world = aWorld()
    const kept: string[] = []
    const watched = {
      ...world,
      facts: {
        ...world.facts,
        record: async (fact: Parameters<typeof world.facts.record>[0]) => {
          kept.push(JSON.stringify(fact), Buffer.from(fact.hash).toString('latin1'))
          await world.facts.record(fact)
        },
      },
    }
    const agent = agentDoing(async ({ phone }, { facts }) => {
      await facts.record('phone', phone, 'application-4711', 50)
      const window = { since: 0, until: 100 }
      const others = await facts.count('phone', phone, { ...window, excludingSubject: 'application-4711' })
      return { verdict: `${await facts.count('phone', phone, window)} ${others}` }
    })
    expect((await callAgent(agent, input, { world: watched })).output?.verdict).toBe('1 0')
    expect(kept).toHaveLength(2)
    expect(kept.join()).not.toMatch(/4711|\+420/)
  })

  test('requestHitl ends the call, and returns the decision the next time, in order', async () => {
    const agent = agentDoing(async (_question, { requestHitl }) => {
      const first = await requestHitl({ ask: 1 }, { deadlineMs: 1_000 })
      const second = await requestHitl({ ask: 2 })
      return { verdict: `${String(first['decision'])}+${String(second['decision'])}` }
    })
    const world = aWorld()
    expect((await callAgent(agent, input, { world })).asked).toEqual({ payload: { ask: 1 }, deadlineMs: 1_000 })
    const again = await callAgent(agent, input, { world, dispatch: 2, decision: { decision: 'approve' } })
    expect(again.asked).toEqual({ payload: { ask: 2 }, deadlineMs: null })
    const last = await callAgent(agent, input, { world, dispatch: 3, decision: { decision: 'reject' } })
    expect(last.output?.verdict).toBe('approve+reject')
  })

  test('a later attempt reads the checkpoint of an earlier one', async () => {
    const agent = agentDoing(async (_question, { attempt, checkpoint, saveCheckpoint }) => {
      if (attempt === 1) await saveCheckpoint('page', 'page', { page: 7 })
      return { verdict: JSON.stringify([await checkpoint(), await checkpoint('page'), await checkpoint('none')]) }
    })
    const world = aWorld()
    await callAgent(agent, input, { world })
    expect((await callAgent(agent, input, { world, attempt: 2 })).output?.verdict).toBe('[{"page":7},{"page":7},null]')
  })

  test('a broken input or output is a contract error', async () => {
    const agent = agentDoing(() => ({ verdict: 1 }) as unknown as Answer)
    await expect(callAgent(agent, { phone: 1 })).rejects.toBeInstanceOf(ContractError)
    await expect(callAgent(agent, input)).rejects.toBeInstanceOf(ContractError)
  })

  test('a tool that takes too long is ended and can be attempted again', async () => {
    let aborted = false
    const agent = agentDoing(async (_question, { tool }) => {
      await tool('slow', (signal) => new Promise(() => signal.addEventListener('abort', () => (aborted = true))), {
        timeoutMs: 5,
      })
      return { verdict: '' }
    })
    await expect(callAgent(agent, input)).rejects.toBeInstanceOf(RetryableError)
    expect(aborted).toBe(true)
  })

  test('a call that may not be interrupted ends before the agent that was told to stop does', async () => {
    const stop = new AbortController()
    const story: string[] = []
    const agent = agentDoing(async (_question, { tool }) => {
      const booking = async (signal: AbortSignal): Promise<void> => {
        story.push('began')
        stop.abort(new StopError('CANCELLED'))
        await new Promise((resolve) => setImmediate(resolve))
        story.push(signal.aborted ? 'broken off' : 'ended')
      }
      await tool('booking', booking, { interruptible: false })
      await tool('next', () => story.push('went on'))
      return { verdict: '' }
    })
    await expect(callAgent(agent, input, { signal: stop.signal })).rejects.toThrow('CANCELLED')
    expect(story).toEqual(['began', 'ended'])
  })

  test('a call that may not be interrupted is bounded by its own time', async () => {
    const stop = new AbortController()
    const agent = agentDoing(async (_question, { tool }) => {
      const stuck = (): Promise<never> => {
        stop.abort(new StopError('CANCELLED'))
        return new Promise(() => undefined)
      }
      await tool('stuck', stuck, { interruptible: false, timeoutMs: 5 })
      return { verdict: '' }
    })
    await expect(callAgent(agent, input, { signal: stop.signal })).rejects.toThrow(/CANCELLED|TOOL_TIMEOUT/)
  })

  test('an agent that changes its input fails', async () => {
    const agent = agentDoing((question) => {
      question.amount = 0
      return { verdict: '' }
    })
    await expect(callAgent(agent, input)).rejects.toThrow(TypeError)
  })
})

describe('agentLaws', () => {
  const failuresOf = async (agent: Parameters<typeof agentLaws<Question, Answer>>[0]): Promise<string[]> => {
    const failed: string[] = []
    for (const law of agentLaws(agent, [input]))
      await law.check().catch(() => {
        failed.push(law.name)
      })
    return failed
  }
  test('hold for an agent that obeys', async () => {
    expect(await failuresOf(agentDoing(({ phone }) => ({ verdict: phone })))).toEqual([])
  })
  test('catch an agent that answers differently', async () => {
    let calls = 0
    expect(await failuresOf(agentDoing(() => ({ verdict: String((calls += 1)) })))).toHaveLength(2)
  })
  test('catch an agent that repeats an effect', async () => {
    let calls = 0
    const agent = agentDoing(async (_question, { effect }) => {
      await effect('pay', String((calls += 1)), () => Promise.resolve(1))
      return { verdict: '' }
    })
    expect(await failuresOf(agent)).toEqual(['test repeats no effect on a second attempt and answers the same'])
  })
})
