import type { ContractRef, Expression, Mapping } from '@flotilla/engine'

declare const carries: unique symbol

/** An agent, with the types of what it is asked and what it answers. */
export interface AgentRef<Input, Output> {
  readonly agent: string
  readonly queue?: string
  readonly inputContract: ContractRef
  readonly outputContract: ContractRef
  readonly effects?: 'none' | 'reversible' | 'irreversible'
  readonly [carries]?: { readonly input: Input; readonly output: Output }
}

/** An expression for every member of a type; optional members may be left out, unknown ones are refused. */
export type MappingOf<T> = { readonly [Member in keyof T]: Expression }

export interface AgentOptions {
  /** Of its contracts; default 1: `kyc.input.v1` and `kyc.output.v1`. */
  readonly version?: number
  /** Default `agent.<first part of the name>`. */
  readonly queue?: string
  /** JSON Schemas in place of registered contracts. */
  readonly input?: ContractRef
  readonly output?: ContractRef
  /** Whether it has consequences outside, and whether they can be undone. */
  readonly effects?: 'none' | 'reversible' | 'irreversible'
}

/** Names an agent by its contracts' types: `agentRef<KycInput, KycOutput>('kyc')`. Nothing is started. */
export const agentRef = <Input = Readonly<Record<string, unknown>>, Output = unknown>(
  agent: string,
  { version = 1, queue, input, output, effects }: AgentOptions = {},
): AgentRef<Input, Output> => ({
  agent,
  ...(queue === undefined ? {} : { queue }),
  inputContract: input ?? `${agent}.input.v${version}`,
  outputContract: output ?? `${agent}.output.v${version}`,
  ...(effects === undefined ? {} : { effects }),
})

/** A mapping that takes members of the same name: `pick('data.application', ['loan', 'account'])`. */
export const pick = <const Member extends string>(
  from: Expression,
  members: readonly Member[],
): Readonly<Record<Member, Expression>> =>
  // Every member of the type is in the list that it was inferred from.
  Object.fromEntries(members.map((member) => [member, `${from}.${member}`])) as Record<Member, Expression>

/** A mapping typed by member as the plain one of a definition; what was left out is not there. */
export const plainMapping = (mapping: object): Mapping =>
  Object.fromEntries(
    Object.entries(mapping).flatMap(([member, from]) => (typeof from === 'string' ? [[member, from]] : [])),
  )
