/** What operators are told where the engine would ignore what they ask of a failed run, by its reason. */
const details: Readonly<Record<string, string>> = {
  compensated: 'What the run did is undone: name a checkpoint from before it.',
  'undone-since': 'What the run had done by this checkpoint is undone: name one from before it.',
  'nothing-to-compensate': 'The run did nothing that is still to be undone.',
}

/** Why a failed run cannot be resumed as it was asked; `reason` is the engine's. */
export const whyNotResumable = (reason: string | null, checkpoint: string | null): string =>
  details[reason ?? ''] ??
  (checkpoint === null
    ? 'No step of the run stopped: its workflow ended in failure. Name a checkpoint from before its end.'
    : 'The run had already ended at this checkpoint. Name one from before its end.')
