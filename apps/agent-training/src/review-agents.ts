import { defineAgent } from '@flotilla/agent-sdk'
import {
  TrainingAccessibilityInput,
  TrainingAccessibilityOutput,
  TrainingAlignmentInput,
  TrainingAlignmentOutput,
  TrainingExportInput,
  TrainingExportOutput,
} from '@flotilla/contracts'
import { exportPackage } from './package/export-package.js'
import { checkAccessibility } from './review/check-accessibility.js'
import { checkAlignment } from './review/check-alignment.js'

/** Finds objectives that nothing teaches or tests. */
export const alignmentAgent = defineAgent('training.alignment', {
  input: TrainingAlignmentInput,
  output: TrainingAlignmentOutput,
  run: async (input, { progress, tool }) => {
    const output = await tool('alignment-matrix', () => checkAlignment(input))
    progress(1, 'Alignment checked')
    return output
  },
})

/** Finds what keeps somebody from using the training. */
export const accessibilityAgent = defineAgent('training.accessibility', {
  input: TrainingAccessibilityInput,
  output: TrainingAccessibilityOutput,
  run: async (input, { progress, tool }) => {
    const output = await tool('accessibility-rules', () => checkAccessibility(input))
    progress(1, 'Accessibility checked')
    return output
  },
})

/** Packs the training for a learning management system. */
export const exportAgent = defineAgent('training.export', {
  input: TrainingExportInput,
  output: TrainingExportOutput,
  run: async (input, { progress, tool }) => {
    const output = await tool('lms-package', () => exportPackage(input))
    progress(1, 'Package written')
    return output
  },
})
