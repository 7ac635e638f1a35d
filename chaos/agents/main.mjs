/**
 * The agents that chaos is made with. `chaos.step` and `chaos.undo` answer a token that anybody can compute, call the
 * bureau through the effect ledger, fail at random and are slow; `poison` does what no agent should. CHAOS_ROLE says which
 * of them a process serves. Never part of a fleet that `npm start` starts.
 */
import 'reflect-metadata'
import { setTimeout as sleep } from 'node:timers/promises'
import { defineAgent, runAgentApp } from '@flotilla/agent-sdk'
import { RetryableError, TerminalError } from '@flotilla/contracts'
import { IsObject, IsOptional, IsString, MaxLength } from 'class-validator'
import { chanceOf, tokenOf } from '../random.mjs'

const bureauUrl = process.env.CHAOS_BUREAU_URL
const seed = Number(process.env.CHAOS_SEED ?? 1)

class StepInput {
  /** @type {any} */
  payload
}
IsObject()(StepInput.prototype, 'payload')

class StepOutput {
  /** @type {string} */
  token = ''
  /** @type {string | null | undefined} */
  receipt
  /** @type {string | undefined} */
  filler
}
IsString()(StepOutput.prototype, 'token')
for (const name of ['receipt', 'filler']) {
  IsOptional()(StepOutput.prototype, name)
  IsString()(StepOutput.prototype, name)
}
MaxLength(20_000_000)(StepOutput.prototype, 'filler')

/** @param {string} where @param {object} body @param {AbortSignal} [signal] */
const ask = async (where, body, signal) => {
  const response = await fetch(new URL(where, bureauUrl), {
    method: 'POST',
    body: JSON.stringify(body),
    signal: AbortSignal.any([AbortSignal.timeout(10_000), ...(signal ? [signal] : [])]),
  })
  const text = await response.text()
  if (response.status === 503) throw new RetryableError('BUREAU_BUSY', 100)
  return text === '' ? {} : JSON.parse(text)
}

/** @param {any} context */
const executed = ({ runId, step, dispatch, attempt }) =>
  ask('/executions', { runId, step, dispatch, attempt, pid: process.pid })

/** The attempt from which an agent does its work whatever the dice say; AGENT_STARTS_MAX allows six. */
const calmFrom = 4

/** @param {number} chance */
const failSomehow = (chance) => {
  if (chance < 0.4) throw new RetryableError('CHAOS_BUSY', 100)
  if (chance < 0.8) throw new Error('chaos')
  // oxlint-disable-next-line no-throw-literal -- careless agents do
  throw 'chaos'
}

/** @param {string} name */
const stepAgent = (name) =>
  defineAgent(name, {
    input: StepInput,
    output: StepOutput,
    run: async ({ payload }, context) => {
      await executed(context)
      const { runId, step, visit, dispatch, attempt, effect, progress, signal } = context
      const chance = (/** @type {string} */ what) => chanceOf(seed, runId, step, visit, dispatch, attempt, what)
      // Dice must not use up what a job may start: a run would fail for nothing but bad luck.
      const failRate = attempt < calmFrom ? (payload.failRate ?? 0) : 0
      if (chance('fail') < failRate) failSomehow(chance('how'))
      if (payload.refuse) throw new TerminalError('CHAOS_REFUSED')
      if (payload.slowMs) await sleep(payload.slowMs * chance('slow') ** 3, undefined, { signal })
      progress(0.5)
      const receipt =
        payload.effect === true
          ? await effect(
              'bureau',
              payload.name,
              async ({ idempotencyKey, signal: stopped }) => {
                const asked = { effectKey: idempotencyKey, runId, step, dispatch }
                return (await ask('/effects', asked, stopped)).receipt
              },
              { reversible: true },
            )
          : null
      if (chance('fail late') < failRate) failSomehow(chance('how late'))
      return { token: tokenOf(payload.name, payload.n, payload.after ?? null), receipt }
    },
  })

/** What a poison job does to its process, by kind. @type {Record<string, () => unknown>} */
const poisons = {
  kill: () => process.kill(process.pid, 'SIGKILL'),
  loop: () => {
    for (;;);
  },
  text: () => {
    // oxlint-disable-next-line no-throw-literal -- that is the poison
    throw 'a text'
  },
  nothing: () => {
    // oxlint-disable-next-line no-throw-literal -- that is the poison
    throw undefined
  },
  // Larger than anybody wants to carry, within its contract.
  large: () => ({ token: 'large', filler: 'x'.repeat(10 * 1024 * 1024) }),
  // No contract has it.
  shape: () => ({ token: 7, surprise: [] }),
  nul: () => ({ token: 'a\u0000b' }),
  surrogate: () => ({ token: '\ud800' }),
  prototype: () => JSON.parse('{"token":"x","__proto__":{"polluted":true}}'),
  reject: () => {
    void Promise.reject(new Error('nobody waits for this'))
    return { token: 'reject' }
  },
}
const poison = defineAgent('poison', {
  input: StepInput,
  output: StepOutput,
  run: async ({ payload }, context) => {
    await executed(context)
    return poisons[payload.kind]?.()
  },
})

const agents = process.env.CHAOS_ROLE === 'poison' ? [poison] : [stepAgent('chaos.step'), stepAgent('chaos.undo')]
await runAgentApp({
  name: `agent-${process.env.CHAOS_ROLE === 'poison' ? 'poison' : 'chaos'}`,
  env: process.env,
  agents,
  queues: { 'agent.chaos': { concurrency: 16 }, 'agent.poison': { concurrency: 2 } },
})
