import { defineAgent, type Agent } from '@flotilla/agent-sdk'
import {
  ResearchDraftInput,
  ResearchDraftOutput,
  ResearchExtractInput,
  ResearchExtractOutput,
  ResearchFinalizeInput,
  ResearchFinalizeOutput,
  ResearchOutlineInput,
  ResearchOutlineOutput,
  ResearchVerifyInput,
  ResearchVerifyOutput,
} from '@flotilla/contracts'
import type { Corpus } from '../corpus/make-corpus.js'
import { checkCitations } from './check-citations.js'
import { checkCompliance, wordsOfDraft } from './check-compliance.js'
import { extractSources } from './extract-sources.js'
import { finalizeBrief } from './finalize-brief.js'
import { makeOutline } from './make-outline.js'
import { writeDraft } from './write-draft.js'

/** Finds policies on a topic and takes quotes out of them, with their places. */
export const makeExtractAgent = (corpus: Corpus) =>
  defineAgent('research.extract', {
    input: ResearchExtractInput,
    output: ResearchExtractOutput,
    run: async (input, { tool, progress }) => {
      const found = await tool('search_and_extract', () => extractSources(corpus, input))
      progress(1, 'Sources read')
      return found
    },
  })

/** Plans the sections of a brief from what was found. */
export const outlineAgent = defineAgent('research.outline', {
  input: ResearchOutlineInput,
  output: ResearchOutlineOutput,
  run: (input, { tool }) => tool('generate_outline', () => makeOutline(input)),
})

/** Writes a draft, or revises it; a checkpoint for each section. */
export const draftAgent = defineAgent('research.draft', {
  input: ResearchDraftInput,
  output: ResearchDraftOutput,
  run: async (input, { tool, progress, saveCheckpoint }) => {
    const written = await tool('write_sections', () => writeDraft(input))
    const { sections, version } = written.draft
    for (const [position, section] of sections.entries()) {
      await saveCheckpoint(`draft-${version}-${position + 1}`, `draft ${version}, section ${position + 1}`, section)
      progress((position + 1) / sections.length, `Section ${position + 1} of ${sections.length} written`)
    }
    return written
  },
})

/** Audits a draft: every citation against its source, and the whole against the style guide. */
export const makeVerifyAgent = (corpus: Corpus) =>
  defineAgent('research.verify', {
    input: ResearchVerifyInput,
    output: ResearchVerifyOutput,
    run: async ({ draft, style_guide: style }, { tool }) => {
      const citations = await tool('check_citations', () => checkCitations(corpus, draft))
      const compliance = await tool('check_compliance', () => (style ? checkCompliance(draft, style) : []))
      const passed = citations.length === 0 && compliance.length === 0
      const counts = { citationsChecked: draft.citations.length, words: wordsOfDraft(draft) }
      return { verification_report: { passed, citations, compliance, ...counts } }
    },
  })

/** Applies the report and sets the brief. */
export const finalizeAgent = defineAgent('research.finalize', {
  input: ResearchFinalizeInput,
  output: ResearchFinalizeOutput,
  run: async (input, { tool }) => ({ final_brief: await tool('apply_feedback', () => finalizeBrief(input)) }),
})

/** The agents that make a brief. */
export const makeBriefAgents = (corpus: Corpus): readonly Agent[] => [
  makeExtractAgent(corpus),
  outlineAgent,
  draftAgent,
  makeVerifyAgent(corpus),
  finalizeAgent,
]
