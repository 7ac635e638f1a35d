import type { DesignFeedback, TrainingConstraints, TrainingRequest } from '@flotilla/contracts'
import { confirmConstraints } from '../design/confirm-constraints.js'
import { designActivities } from '../design/design-activities.js'
import { designAssessments } from '../design/design-assessments.js'
import { designObjectives } from '../design/design-objectives.js'
import { checkAccessibility } from '../review/check-accessibility.js'
import { checkAlignment } from '../review/check-alignment.js'

/** One pass of the designers and of the reviews after them, as the workflow's states have it. */
export const designOnce = (request: TrainingRequest, feedback: DesignFeedback) => {
  const { obligations } = confirmConstraints(request)
  const { objectives } = designObjectives({ obligations })
  const constraints: TrainingConstraints = request.constraints
  const given = { obligations, objectives, constraints, feedback }
  const assessments = designAssessments(given)
  const activities = designActivities(given)
  const alignment = checkAlignment({ obligations, objectives, constraints, assessments, activities })
  const accessibility = checkAccessibility({ constraints, assessments, activities })
  return { obligations, objectives, assessments, activities, alignment, accessibility }
}

/** No review has found anything yet. */
export const noFeedback: DesignFeedback = { gaps: [], issues: [], removedQuestions: [] }

/** Designs until both reviews pass, at most `roundsMax` times, and gives the outcome of every round. */
export const designUntilDone = (request: TrainingRequest, roundsMax = 7) => {
  let feedback = noFeedback
  const outcomes: string[] = []
  for (;;) {
    const design = designOnce(request, feedback)
    const { alignment, accessibility } = design
    const passed = alignment.outcome === 'aligned' ? accessibility.outcome : alignment.outcome
    outcomes.push(passed)
    if (passed === 'passed' || outcomes.length === roundsMax) return { ...design, outcomes, feedback }
    const isAligned = alignment.outcome === 'aligned'
    feedback = {
      ...feedback,
      gaps: isAligned ? feedback.gaps : [...feedback.gaps, ...alignment.gaps],
      issues: isAligned ? [...feedback.issues, ...accessibility.issues] : feedback.issues,
    }
  }
}
