import {
  bloomLevels,
  type BloomLevel,
  type LearningObjective,
  type ObligationSeverity,
  type TrainingObjectivesInput,
  type TrainingObjectivesOutput,
} from '@flotilla/contracts'

/** One verb a level, from the cognitive processes of Anderson and Krathwohl, A Taxonomy for Learning (2001), table 5.1. */
const verbs: Readonly<Record<BloomLevel, string>> = {
  remember: 'recall',
  understand: 'explain',
  apply: 'carry out',
  analyse: 'differentiate',
  evaluate: 'judge',
}

const levels: Readonly<Record<ObligationSeverity, BloomLevel>> = {
  high: 'apply',
  medium: 'understand',
  low: 'remember',
}

const raised = (level: BloomLevel, by: number): BloomLevel =>
  bloomLevels[Math.min(bloomLevels.indexOf(level) + by, bloomLevels.length - 1)] ?? level

/**
 * One objective per obligation; the worse a breach, the higher the level. A rejection takes obligations out, sets the
 * level, or, where it says neither, raises what is severe by one.
 */
export const designObjectives = ({ obligations, feedback }: TrainingObjectivesInput): TrainingObjectivesOutput => {
  const said = feedback ?? []
  const excluded = new Set(said.flatMap(({ exclude }) => exclude ?? []))
  const level = said.findLast((each) => each.level)?.level
  const bare = said.filter((each) => !each.level && !each.exclude?.length).length

  const levelOf = (severity: ObligationSeverity): BloomLevel => {
    const base = level ?? levels[severity]
    return severity === 'high' ? raised(base, bare) : base
  }
  const objectives = obligations
    .filter(({ id }) => !excluded.has(id))
    .map(({ id, title, regulation, severity, facts }): LearningObjective => {
      const aim = levelOf(severity)
      return {
        id: `o-${id}`,
        obligationId: id,
        level: aim,
        verb: verbs[aim],
        text: `Can ${verbs[aim]} what ${regulation} asks for: ${title}`,
        severity,
        factIds: facts.map((fact) => fact.id),
      }
    })
  return { outcome: objectives.length === 0 ? 'nothing_left' : 'objectives_ready', objectives }
}
