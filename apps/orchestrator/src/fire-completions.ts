import { chainDepthMax, evaluateTrigger, type Json, type PreviousRun } from '@flotilla/engine'
import { matchTriggers, type Tx } from '@flotilla/store'
import type { Definitions } from './definitions.js'
import { NotStarted, startTriggered, type Occasion, type Triggered } from './start-triggered.js'
import type { TickedRun } from './tick.js'

/** A run that this tick brought to its end, as those that follow from it see it. */
type Ended = PreviousRun & {
  readonly tenant: string
  readonly priority: 0 | 1 | 2
  readonly chainDepth: number
}

const endOf = ({ run, folded: { state, commands } }: TickedRun): readonly Ended[] => {
  const { status } = state
  if (status !== 'completed' && status !== 'failed' && status !== 'cancelled') return []
  if (!commands.some(({ command }) => command.type === 'Finish')) return []
  return [
    {
      tenant: run.tenantId,
      priority: run.priority,
      chainDepth: run.chainDepth,
      runId: run.runId,
      workflow: run.workflow,
      version: run.version,
      status,
      input: state.scopes['']?.input ?? run.input,
      outputs: state.result,
      error: state.error,
    },
  ]
}

/**
 * Starts the runs that follow from ends of others, in the transaction that saves the ends: exactly once per trigger and
 * run. Costs one indexed read where a run has ended. Never throws for what a trigger asks: that is written down with it.
 */
export const fireCompletions = async (
  tx: Tx,
  definitions: Definitions,
  ticked: readonly TickedRun[],
): Promise<readonly Triggered[]> => {
  const ended = ticked.flatMap(endOf)
  if (ended.length === 0) return []
  const triggers = await matchTriggers(
    tx,
    ended.map(({ tenant, workflow, status }) => ({ tenant, workflow, status })),
  )
  const occasions = triggers.flatMap((trigger) =>
    ended.flatMap(({ tenant, priority, chainDepth, ...previous }): Occasion[] => {
      const { workflow, status } = trigger.spec
      if (tenant !== trigger.tenant || previous.workflow !== workflow || previous.status !== status) return []
      let input: (() => Json) | null
      try {
        const mapped = evaluateTrigger(trigger.spec, previous)
        input = mapped === null ? null : () => mapped
      } catch (error) {
        input = () => {
          throw error
        }
      }
      if (input === null) return []
      const tooDeep = chainDepth >= chainDepthMax
      return [
        {
          trigger,
          occasion: previous.runId,
          priority,
          chainDepth: chainDepth + 1,
          input: tooDeep
            ? () => {
                throw new NotStarted('CHAIN_TOO_DEEP')
              }
            : input,
        },
      ]
    }),
  )
  return occasions.length === 0 ? [] : startTriggered(tx, definitions, occasions)
}
