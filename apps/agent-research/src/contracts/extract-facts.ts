import type { ContractClause, ContractFacts, ContractsExtractInput } from '@flotilla/contracts'
import { amountsIn } from '../react/reason.js'

/** Clauses whose heading or text has to do with something. */
export const clausesOn = (clauses: readonly ContractClause[], about: RegExp): readonly ContractClause[] =>
  clauses.filter(({ heading, text }) => about.test(heading) || about.test(text))

const firstIn = (clauses: readonly ContractClause[], about: RegExp, pattern: RegExp): RegExpExecArray | null => {
  for (const { text } of clausesOn(clauses, about)) {
    const found = pattern.exec(text)
    if (found) return found
  }
  return null
}

const daysFrom = (found: RegExpExecArray | null): number | null => {
  if (!found) return null
  const count = Number(found[1])
  return /month/i.test(found[2] ?? '') ? count * 30 : /week/i.test(found[2] ?? '') ? count * 7 : count
}

const monthsFrom = (found: RegExpExecArray | null): number | null =>
  found ? Number(found[1]) * (/year/i.test(found[2] ?? '') ? 12 : 1) : null

const largest = (amounts: readonly number[]): number | null => (amounts.length === 0 ? null : Math.max(...amounts))

/** What the clauses of a contract say about the points that the city's rules of procurement name. */
export const extractFacts = ({ clauses, preamble }: ContractsExtractInput): ContractFacts => {
  const liability = clausesOn(clauses, /\bliab/i)
  const others = clauses.filter((clause) => !liability.includes(clause))
  const period = /(\d{1,9})\s{1,9}(days?|weeks?|months?)/i
  const law = firstIn(clauses, /\blaw\b/i, /\blaws? of (?:the )?([\p{Lu}][\p{L}]+(?: [\p{Lu}][\p{L}]+)*)/u)
  const parties = [...preamble.matchAll(/between (.+?) \(|and (.+?) \(/g)].flatMap(
    ([, one, other]) => one ?? other ?? [],
  )
  return {
    parties: parties.map((name) => name.trim()).slice(0, 10),
    value: largest(others.flatMap(({ text }) => amountsIn(text))),
    liability: largest(liability.flatMap(({ text }) => amountsIn(text))),
    noticeDays: daysFrom(firstIn(clauses, /\bnotice\b|\bterminat/i, period)),
    paymentDays: daysFrom(firstIn(clauses, /\binvoices?\b|\bpayment\b/i, period)),
    renewalMonths: monthsFrom(firstIn(clauses, /\brenew/i, /renew\p{L}*[^.]*?(\d+)\s+(months?|years?)/iu)),
    law: law?.[1] ?? null,
    personalData: clausesOn(clauses, /\bpersonal data\b/i).length > 0,
  }
}
