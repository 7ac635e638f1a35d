import { defineAgent, type Agent } from '@flotilla/agent-sdk'
import {
  ContractsExtractInput,
  ContractsExtractOutput,
  ContractsReportInput,
  ContractsReportOutput,
  ContractsRiskAssessInput,
  ContractsRiskAssessOutput,
  ContractsSplitInput,
  ContractsSplitOutput,
} from '@flotilla/contracts'
import { assessContract } from './assess-contract.js'
import { extractFacts } from './extract-facts.js'
import { splitClauses } from './split-clauses.js'

/** Takes a contract apart into clauses. */
export const splitAgent = defineAgent('contracts.split', {
  input: ContractsSplitInput,
  output: ContractsSplitOutput,
  run: ({ text }) => splitClauses(text),
})

/** Reads parties, sums, periods and law out of the clauses. */
export const factsAgent = defineAgent('contracts.extract', {
  input: ContractsExtractInput,
  output: ContractsExtractOutput,
  run: (input) => ({ facts: extractFacts(input) }),
})

/** Holds the facts against the rules of procurement. */
export const assessAgent = defineAgent('contracts-risk.assess', {
  input: ContractsRiskAssessInput,
  output: ContractsRiskAssessOutput,
  run: (input, { tool }) => tool('rules-of-procurement', () => assessContract(input)),
})

const known = (value: unknown): string => (value === null || value === undefined ? 'not stated' : String(value))

/** Sets the report as Markdown. */
export const reportAgent = defineAgent('contracts.report', {
  input: ContractsReportInput,
  output: ContractsReportOutput,
  run: ({ contractId, facts, findings, level }) => {
    const lines = findings.map(
      ({ code, severity, clause, text }) => `- **${severity}** ${code}${clause ? ` (clause ${clause})` : ''}: ${text}`,
    )
    const report = [
      `# Contract ${contractId}`,
      `Risk: ${level}. Between ${facts.parties.join(' and ') || 'parties not named'}.`,
      `Value ${known(facts.value)}, liability ${known(facts.liability)}, notice ${known(facts.noticeDays)} days, law ${known(facts.law)}.`,
      '## Findings',
      lines.length > 0 ? lines.join('\n') : 'None.',
    ]
    return { report: `${report.join('\n\n')}\n` }
  },
})

/** The agents that read contracts. */
export const contractAgents: readonly Agent[] = [splitAgent, factsAgent, assessAgent, reportAgent]
