import type { IncomeObligation, IncomeSource, StatementEntry } from '@flotilla/contracts'

const wordsOf = ({ operation, purpose }: StatementEntry): string => `${operation ?? ''} ${purpose ?? ''}`.toLowerCase()

/** By which way a credit came in, from the bank's own words. */
export const sourceKind = (entry: StatementEntry): IncomeSource['kind'] => {
  const words = wordsOf(entry)
  if (words.includes('interest')) return 'interest'
  if (/collection|transfer|salary|wage|pension|remittance|credit from/.test(words)) return 'bank_transfer'
  return words.includes('cash') ? 'cash_deposit' : 'other'
}

/** What a debit is owed for, from its stated purpose (`insurrance payment` is the bank's spelling); null: not stated. */
export const statedObligation = (entry: StatementEntry): IncomeObligation['kind'] | null => {
  const purpose = (entry.purpose ?? '').toLowerCase()
  if (/household|rent|housing|mortgage|sipo/.test(purpose)) return 'household'
  if (/insur/.test(purpose)) return 'insurance'
  if (/leas/.test(purpose)) return 'leasing'
  if (/loan|instal/.test(purpose)) return 'loan'
  return /standing order|direct debit/.test(wordsOf(entry)) ? 'standing_order' : null
}

/** Whether a debit without a stated purpose goes to another account, and so may be a standing order. */
export const mayBeStandingOrder = (entry: StatementEntry): boolean =>
  /remittance|transfer/.test(wordsOf(entry)) && !/\bcash\b/.test(wordsOf(entry))
