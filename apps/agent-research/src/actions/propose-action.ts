import type { ResearchProposeInput, ResearchProposeOutput } from '@flotilla/contracts'
import type { Corpus } from '../corpus/make-corpus.js'
import { sentencesOf } from '../corpus/sentences-of.js'

const msPerDay = 86_400_000
/** A policy gets so many days before somebody asks for what it demands. */
export const graceDays = 365

/**
 * Looks for what a policy says must be done, and proposes a public notice that asks its office for it once the policy is
 * a year old. A policy that is unknown, younger, or demands nothing is no case for a notice.
 */
export const proposeAction = (corpus: Corpus, { policyId, asOf }: ResearchProposeInput): ResearchProposeOutput => {
  const policy = corpus.byId(policyId)
  const duties = sentencesOf(policy?.text ?? '')
    .map(({ text }) => text)
    .filter((text) => /\bmust\b/.test(text))
  const age = policy ? Math.floor((Date.parse(asOf.slice(0, 10)) - Date.parse(policy.issuedOn)) / msPerDay) : 0
  const addressee = policy?.issuer ?? 'nobody'
  const text = policy
    ? `The ${addressee} is asked to say publicly how "${policy.title}" of ${policy.issuedOn} was carried out.`
    : 'No notice.'
  const proposed = { kind: 'publish_notice' as const, policyId, addressee, text, duties }
  if (!policy) return { due: false, proposed_action: proposed, agent_reasoning: `There is no policy ${policyId}.` }
  const due = duties.length > 0 && age >= graceDays
  const found = `"${policy.title}" is ${age} days old and says ${duties.length} times that something must be done.`
  const why = due
    ? `A notice is due after ${graceDays} days; it cannot be taken back once it is published.`
    : `A notice is due after ${graceDays} days, and only where something must be done.`
  return { due, proposed_action: proposed, agent_reasoning: `${found} ${why}` }
}
