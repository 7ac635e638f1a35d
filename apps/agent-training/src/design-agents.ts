import { defineAgent } from '@flotilla/agent-sdk'
import {
  TrainingActivitiesOutput,
  TrainingAssessmentsOutput,
  TrainingDesignInput,
  TrainingIntakeInput,
  TrainingIntakeOutput,
  TrainingObjectivesInput,
  TrainingObjectivesOutput,
} from '@flotilla/contracts'
import { confirmConstraints } from './design/confirm-constraints.js'
import { designActivities } from './design/design-activities.js'
import { designAssessments } from './design/design-assessments.js'
import { designObjectives } from './design/design-objectives.js'

/** Takes in what training is wanted, and says whether its constraints can be kept. */
export const intakeAgent = defineAgent('training.intake', {
  input: TrainingIntakeInput,
  output: TrainingIntakeOutput,
  run: async ({ request }, { progress, tool }) => {
    const output = await tool('obligation-catalogue', () => confirmConstraints(request))
    progress(1, 'Constraints read')
    return output
  },
})

/** Turns obligations into learning objectives. */
export const objectivesAgent = defineAgent('training.objectives', {
  input: TrainingObjectivesInput,
  output: TrainingObjectivesOutput,
  run: async (input, { progress, tool }) => {
    const output = await tool('objective-designer', () => designObjectives(input))
    progress(1, 'Objectives designed')
    return output
  },
})

/** Turns objectives into questions with a key. */
export const assessmentsAgent = defineAgent('training.assessments', {
  input: TrainingDesignInput,
  output: TrainingAssessmentsOutput,
  run: async (input, { progress, tool }) => {
    const output = await tool('assessment-designer', () => designAssessments(input))
    progress(1, 'Assessment designed')
    return output
  },
})

/** Turns objectives into activities within the time there is. */
export const activitiesAgent = defineAgent('training.activities', {
  input: TrainingDesignInput,
  output: TrainingActivitiesOutput,
  run: async (input, { progress, tool }) => {
    const output = await tool('activity-designer', () => designActivities(input))
    progress(1, 'Activities designed')
    return output
  },
})
