import {
  acceptContract,
  contractById,
  parseContract,
  TerminalError,
  type StepJob,
  type StepJobBody,
} from '@flotilla/contracts'
import type { Sealer } from '@flotilla/queues'
import type { Vault } from '@flotilla/vault'
import type { Agent } from './define-agent.js'

/** Opens what a job carries. Throws `TerminalError` when it does not open, or INPUT_GONE when its debt is paid or void. */
export const openBody = async (
  { sealer, vault }: { readonly sealer: Sealer; readonly vault: Pick<Vault, 'payloads'> },
  job: StepJob,
): Promise<StepJobBody> => {
  const { runId, step, dispatch, inputContract } = job
  const sealed =
    job.sealed === null
      ? null
      : // Sealed by the relay from a `StepJobBody`; the input is validated below.
        (sealer.open(job.sealed, { runId, step, dispatch, contract: inputContract, direction: 'job' }) as StepJobBody)
  const body = { decision: null, input: null, ...sealed }
  if (job.ref === null) return body
  const input = await vault.payloads.readInput(runId, step, dispatch)
  if (input === null) throw new TerminalError('INPUT_GONE')
  return { ...body, input }
}

/** The input as an instance of the agent's contract; throws `ContractError`. */
export const validInput = (agent: Agent, job: StepJob, input: unknown): object => {
  const type = job.inputContract === null ? undefined : contractById(job.inputContract)
  if (type && type !== agent.input) parseContract(type, input, { pointer: '/input' })
  return parseContract(agent.input, input, { pointer: '/input' })
}

/**
 * The output as an instance of the agent's contract, valid by the definition's as well; throws `ContractError`. What counts is
 * what becomes of it as JSON: an output that is plain JSON is that already, but for -0, and for members that are undefined,
 * which are dropped. The reply is written from it at once, before the agent can change what a transform shares with it.
 */
export const validOutput = (agent: Agent, job: StepJob, output: unknown): unknown => {
  const declared = job.outputContract === null ? undefined : contractById(job.outputContract)
  const other = declared === agent.output ? undefined : declared
  const accepted = acceptContract(agent.output, output)
  if (accepted && (!other || acceptContract(other, output))) return accepted
  const plain: unknown = JSON.parse(JSON.stringify(output ?? null))
  if (other) parseContract(other, plain, { pointer: '/output' })
  return parseContract(agent.output, plain, { pointer: '/output' })
}
