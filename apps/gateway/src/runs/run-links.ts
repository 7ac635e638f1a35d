import type { RunLinks } from '@flotilla/contracts'

/** Addresses of what belongs to a run, relative to the gateway. */
export const runLinks = (runId: string): RunLinks => ({
  self: `/runs/${runId}`,
  events: `/runs/${runId}/events`,
  state: `/runs/${runId}/state`,
  checkpoints: `/runs/${runId}/checkpoints`,
  artifacts: `/runs/${runId}/artifacts`,
  graph: `/runs/${runId}/graph.svg`,
})
