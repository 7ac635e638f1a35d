import { invariant, isAgentName, type ContractClass } from '@flotilla/contracts'
import type { AgentContext } from './agent-context.js'

/**
 * An agent: a function from one contract to another. It knows nothing of workflows, databases or queues.
 * A business answer ("declined") is a value; throw `RetryableError` for "not now", `TerminalError` for "never".
 */
export interface Agent<I extends object = object, O extends object = object> {
  /** `kyc`, or `risk.pd` where several agents serve one queue. */
  readonly name: string
  readonly input: ContractClass<I>
  readonly output: ContractClass<O>
  run(input: I, context: AgentContext): O | Promise<O>
}

/** Defines an agent. Throws `InvariantError` for a name that cannot name a queue. */
export const defineAgent = <I extends object, O extends object>(
  name: string,
  definition: Omit<Agent<I, O>, 'name'>,
): Agent<I, O> => {
  invariant(isAgentName(name), `${name} cannot be an agent's name: lower-case letters, digits, hyphens and points`)
  return { name, ...definition }
}
