const own = 'agent.training'

const named: Readonly<Record<string, string>> = {
  'training.objectives': 'training_design_requests',
  'training.assessments': 'training_design_requests',
  'training.activities': 'training_design_requests',
  'training.accessibility': 'accessibility_reviews',
  'training.export': 'lms_exports',
}

/** The queues on which an agent is served: the app's own, and the named one that its workflow's steps choose. */
export const queuesOf = (agent: string): readonly string[] => [own, ...(named[agent] ? [named[agent]] : [])]

/** How the queues are served unless the environment says otherwise. Rates and totals hold over all processes. */
export const queueDefaults = {
  [own]: { concurrency: 8 },
  training_design_requests: { concurrency: 3 },
  accessibility_reviews: { concurrency: 2, rateMax: 20, rateDurationMs: 60 * 60 * 1_000 },
  lms_exports: { concurrency: 1, totalConcurrency: 1 },
}
