import {
  bloomLevels,
  type ActivityKind,
  type ActivityMedia,
  type LearningActivity,
  type LearningObjective,
  type Obligation,
  type ObligationMedia,
  type TrainingActivitiesOutput,
  type TrainingDesignInput,
} from '@flotilla/contracts'
import { readableColours } from './readable-colours.js'
import { toCaptions } from './to-captions.js'

/** Words that a slow reader takes in within a minute. */
const wordsPerMinute = 130
/** Minutes for thinking and answering, beside reading. */
const extraMinutes: Readonly<Record<ActivityKind, number>> = { reading: 0, scenario: 2, exercise: 4, video: 0 }

interface Wishes {
  /** Activities that must be written in plain words, have a text for their picture, have captions. */
  readonly plain: ReadonlySet<string>
  readonly alt: ReadonlySet<string>
  readonly captions: ReadonlySet<string>
}

const kindFor = ({ level }: LearningObjective, media: ObligationMedia | null): ActivityKind => {
  if (media?.kind === 'video') return 'video'
  const at = bloomLevels.indexOf(level)
  if (at >= bloomLevels.indexOf('analyse')) return 'exercise'
  return at >= bloomLevels.indexOf('apply') ? 'scenario' : 'reading'
}

const mediaFor = (id: string, media: ObligationMedia, wishes: Wishes): ActivityMedia => ({
  kind: media.kind,
  path: media.path,
  title: media.title,
  alt: wishes.alt.has(id) ? media.shows : null,
  captions: wishes.captions.has(id) && media.transcript ? toCaptions(media.transcript) : null,
})

const minutesFor = (kind: ActivityKind, paragraphs: readonly string[], media: ObligationMedia | null): number => {
  const words = paragraphs.join(' ').split(/\s+/).length
  return Math.ceil(words / wordsPerMinute) + extraMinutes[kind] + (kind === 'video' ? (media?.minutes ?? 1) : 0)
}

const textOf = ({ facts }: Obligation, plain: boolean): readonly string[] =>
  facts.map((fact) => (plain ? fact.plain : fact.binding))

interface Part {
  readonly objective: LearningObjective
  readonly obligation: Obligation
}

const activityOn = ({ objective, obligation }: Part, wishes: Wishes, short: boolean): LearningActivity => {
  const id = `a-${obligation.id}`
  const media = short ? null : (obligation.media ?? null)
  const kind = short ? 'reading' : kindFor(objective, media)
  const [first] = obligation.facts
  const paragraphs = [
    ...textOf(obligation, wishes.plain.has(id)),
    ...(first && (kind === 'scenario' || kind === 'exercise') ? [first.case] : []),
  ]
  return {
    id,
    objectiveIds: [objective.id],
    kind,
    title: obligation.title,
    paragraphs,
    minutes: minutesFor(kind, paragraphs, media),
    media: media ? mediaFor(id, media, wishes) : null,
  }
}

const basics = (parts: readonly Part[], wishes: Wishes): readonly LearningActivity[] => {
  if (parts.length === 0) return []
  const id = 'a-basics'
  const paragraphs = parts.flatMap(({ obligation }) => textOf(obligation, wishes.plain.has(id)))
  return [
    {
      id,
      objectiveIds: parts.map(({ objective }) => objective.id),
      kind: 'reading',
      title: 'What else there is to know',
      paragraphs,
      minutes: minutesFor('reading', paragraphs, null),
      media: null,
    },
  ]
}

const total = (activities: readonly LearningActivity[]): number =>
  activities.reduce((minutes, activity) => minutes + activity.minutes, 0)

/**
 * An activity per objective, what is of low severity read in one go. Where the minutes do not suffice, activities become
 * readings, the less severe first. The first draft is in the words of the regulation; issues have it reworded, described
 * and captioned, and the colours changed.
 */
export const designActivities = ({
  obligations,
  objectives,
  constraints,
  feedback,
}: TrainingDesignInput): TrainingActivitiesOutput => {
  const found = (rule: string) => feedback.issues.filter((issue) => issue.rule === rule)
  const places = (rule: string): ReadonlySet<string> => new Set(found(rule).flatMap(({ where }) => where ?? []))
  const wishes = { plain: places('READING_LEVEL'), alt: places('ALT_TEXT'), captions: places('CAPTIONS') }
  const parts = objectives.flatMap((objective) => {
    const obligation = obligations.find(({ id }) => id === objective.obligationId)
    return obligation ? [{ objective, obligation }] : []
  })
  const low = parts.filter(({ objective }) => objective.severity === 'low')
  const others = parts.filter(({ objective }) => objective.severity !== 'low')
  const shortenFirst = [...others.filter(({ objective }) => objective.severity === 'medium').toReversed()]
  shortenFirst.push(...others.filter(({ objective }) => objective.severity === 'high').toReversed())

  const shortened = new Set<Part>()
  const build = (): LearningActivity[] => [
    ...others.map((part) => activityOn(part, wishes, shortened.has(part))),
    ...basics(low, wishes),
  ]
  let activities = build()
  for (const part of shortenFirst) {
    if (total(activities) <= constraints.minutesMax) break
    shortened.add(part)
    activities = build()
  }
  return {
    activities,
    minutesTotal: total(activities),
    colours: found('CONTRAST').length > 0 ? readableColours(constraints.colours) : { ...constraints.colours },
    findings:
      shortened.size === 0
        ? []
        : [{ code: 'SHORTENED', text: `${shortened.size} activities were made readings to keep to the time` }],
  }
}
