import type { OpenGate } from '@flotilla/engine'
import type { Decision, LawfulWorld } from '@flotilla/engine/testing'
import {
  actionOutputs,
  contractOutputs,
  hasAnswer,
  ragOutputs,
  reportOutputs,
  toolResult,
  wantsCall,
} from './action-outputs.js'
import {
  alwaysAnswering,
  answering,
  briefAgents,
  briefOutputs,
  failedAudit,
  incompleteOutline,
  stateMachineOutputs,
  supervisedBy,
  tooFewSources,
} from './brief-world.js'

/** A person who lets a brief be written where there is something to write from. */
const decideByWhatIsShown = ({ shown }: OpenGate): Decision => ({
  decision: Array.isArray(shown['sources']) && shown['sources'].length > 0 ? 'approve' : 'reject',
})

const action = { policyId: 'p-1', asOf: '2026-01-01' }
const input = { topic: 'summer heat' }

const walk = { input, outputs: stateMachineOutputs }

/** The worlds of the workflows of agent-research, by workflow. */
export const briefWorlds: Readonly<Record<string, Readonly<Record<string, LawfulWorld>>>> = {
  policy_brief_v1: {
    'all well': { agents: briefAgents(), options: { input, decide: decideByWhatIsShown } },
  },
  brief_workflow: {
    'all well': { agents: briefAgents(), options: { input, decide: decideByWhatIsShown } },
    'retried, sent back and revised': {
      agents: briefAgents({
        'research.extract': answering(tooFewSources, briefOutputs['research.extract']),
        outlining: answering(incompleteOutline, briefOutputs['research.outline']),
        'research.verify': answering(failedAudit, briefOutputs['research.verify']),
      }),
      options: { input, decide: decideByWhatIsShown },
    },
    'nothing found, a person ends it': {
      agents: briefAgents({ 'research.extract': () => ({ output: tooFewSources }) }),
      options: { input, decide: () => ({ decision: 'reject' }) },
    },
  },
  approve_then_act: {
    approved: { agents: alwaysAnswering(actionOutputs), options: { input: action } },
    rejected: {
      agents: alwaysAnswering(actionOutputs),
      options: { input: action, decide: () => ({ decision: 'reject' }) },
    },
    'nobody decides': { agents: alwaysAnswering(actionOutputs), options: { input: action, decide: () => null } },
  },
  react_agent: {
    answered: {
      agents: {
        'research.reason': answering(wantsCall, wantsCall, hasAnswer),
        'research.act': () => ({ output: toolResult }),
      },
      options: { input: { question: 'Which colour?' } },
    },
  },
  contract_analysis: {
    'all well': {
      agents: alwaysAnswering(contractOutputs),
      options: { input: { contractId: 'c-1', text: '1. Scope' } },
    },
  },
  research_report: {
    'all well': {
      agents: alwaysAnswering(reportOutputs),
      options: { input: { topic: 'summer heat', addressee: 'team@example.org' } },
    },
    'nothing found': {
      agents: alwaysAnswering({ ...reportOutputs, 'research.plan': { tasks: [], sourcesMin: 2 } }),
      options: { input: { topic: 'summer heat', addressee: 'team@example.org' } },
    },
  },
  sequential_rag: {
    answered: { agents: briefAgents(alwaysAnswering(ragOutputs)), options: { input: { question: 'Which colour?' } } },
    'not borne out': {
      agents: briefAgents(
        alwaysAnswering({ ...ragOutputs, 'research.validate': { grounded: false, problems: ['UNCITED'] } }),
      ),
      options: { input: { question: 'Which colour?' } },
    },
  },
  research_phase: { 'all well': { agents: briefAgents(), options: { input } } },
  drafting_phase: {
    'all well': {
      agents: briefAgents(),
      options: { input: { ...input, ...briefOutputs['research.extract'], researchRunId: 'run-0' } },
    },
  },
  brief_state_machine: {
    'all well': { agents: briefAgents(supervisedBy(3)), options: { input, decide: decideByWhatIsShown }, walk },
    'revised three times, then delivered by a person': {
      agents: briefAgents({ ...supervisedBy(2), 'research.verify': () => ({ output: failedAudit }) }),
      options: { input },
      walk,
    },
    'too few sources, ended by a person': {
      agents: briefAgents(supervisedBy(1)),
      options: { input, decide: () => ({ decision: 'reject' }) },
      walk,
    },
  },
}
