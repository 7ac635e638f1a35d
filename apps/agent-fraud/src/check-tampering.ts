import type { FraudFinding, FraudInput, StatementEntry } from '@flotilla/contracts'
import { dayOf } from './calendar-day.js'
import { finding, findingIf } from './finding.js'

/** How many entries in a row must come twice: runs of six repeat in 3 of 218 real statements, runs of eight in none. */
const copiedRun = 8

/** Entries that repeat another one in everything, the balance included: the second would have changed the balance. */
const countDuplicates = (statement: readonly StatementEntry[]): number => {
  const seen = new Set<string>()
  return statement.filter((entry) => {
    const key = JSON.stringify([
      entry.date,
      entry.amount,
      entry.balance,
      entry.operation ?? null,
      entry.purpose ?? null,
    ])
    const again = entry.amount !== 0 && seen.has(key)
    seen.add(key)
    return again
  }).length
}

/**
 * How often a run of eight amounts, of which four differ, comes again further down. Standing orders repeat single amounts;
 * cash, interest and purchases between them do not repeat in order, unless a month was copied.
 */
const countCopiedRuns = (statement: readonly StatementEntry[]): number => {
  const firstAt = new Map<string, number>()
  let copies = 0
  for (let at = 0; at + copiedRun <= statement.length; at += 1) {
    const amounts = statement.slice(at, at + copiedRun).map((entry) => entry.amount)
    if (new Set(amounts).size < 4) continue
    const key = amounts.join()
    const first = firstAt.get(key)
    if (first === undefined) firstAt.set(key, at)
    else if (at >= first + copiedRun) copies += 1
  }
  return copies
}

const checkArithmetic = ({ statementCheck }: FraudInput): FraudFinding[] => {
  if (!statementCheck)
    return [finding('STATEMENT_UNCHECKED', 'info', 'The arithmetic of the statement was not checked.')]
  const breaks = Math.max(statementCheck.breaksTotal ?? statementCheck.breaks?.length ?? 0, 1)
  const text = `On ${breaks} day${breaks === 1 ? '' : 's'} the balances of the statement do not follow from its entries.`
  return findingIf(!statementCheck.ok, 'STATEMENT_INCONSISTENT', 'high', text)
}

const longestGap = (days: readonly number[]): number => {
  const sorted = [...days].sort((a, b) => a - b)
  return sorted.reduce((longest, day, index) => Math.max(longest, day - (sorted[index - 1] ?? day)), 0)
}

const checkCoverage = ({ statement, submittedOn }: FraudInput): FraudFinding[] => {
  const days = statement.map((entry) => dayOf(entry.date))
  if (days.length === 0) return [finding('STATEMENT_ABSENT', 'info', 'The statement has no entries.')]
  const submitted = dayOf(submittedOn)
  const stale = submitted - days.reduce((a, b) => Math.max(a, b))
  const gap = longestGap(days)
  const future = days.filter((day) => day > submitted).length
  const futureText = `${future} entries of the statement are dated after the application.`
  return [
    ...findingIf(future > 0, 'STATEMENT_AFTER_APPLICATION', 'high', futureText),
    ...findingIf(stale > 45, 'STATEMENT_STALE', 'low', `The statement ends ${stale} days before the application.`),
    ...findingIf(gap > 92, 'STATEMENT_GAP', 'low', `The statement has no entry for ${gap} days.`),
  ]
}

/**
 * Signs that the statement was changed after the bank printed it: broken arithmetic (intake's check), repeated entries,
 * copied months, days that cannot be, gaps. Linear in the number of entries.
 */
export const checkTampering = (input: FraudInput): FraudFinding[] => {
  const duplicates = countDuplicates(input.statement)
  const copies = countCopiedRuns(input.statement)
  const severity = duplicates > 2 ? 'high' : 'medium'
  const duplicateText = `${duplicates} entries of the statement repeat another one, balance included.`
  const copyText = `${copies} times a run of ${copiedRun} different amounts comes again in the same order.`
  return [
    ...checkArithmetic(input),
    ...findingIf(duplicates > 0, 'STATEMENT_DUPLICATES', severity, duplicateText),
    ...findingIf(copies > 0, 'STATEMENT_COPIED', copies > 2 ? 'high' : 'medium', copyText),
    ...checkCoverage(input),
  ]
}
