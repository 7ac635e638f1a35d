import type { LetterReason } from '@flotilla/contracts'
import { findReason, isFavourable, neutralEntry, tipsOff, type CatalogueEntry } from './reason-catalogue.js'
import { escapeMarkdown } from './escape-markdown.js'

/** More than four would hide the decisive ones (Regulation B, comment 9(b)(2)-1). */
export const reasonsMax = 4

const wordsOf = ({ code, text }: LetterReason): CatalogueEntry | null => {
  const known = findReason(code)
  if (known) return known
  if (tipsOff(`${code} ${text ?? ''}`)) return neutralEntry
  const own = escapeMarkdown((text ?? '').slice(0, 300))
  return own === '' ? null : { code: code.trim().slice(0, 100), text: /[.!?]$/.test(own) ? own : `${own}.` }
}

/**
 * The principal reasons in the order in which the policy gave them, at most four, each sentence once. A reason that the
 * catalogue does not know speaks by its own text, escaped; one that has neither is left out.
 */
export const selectReasons = (reasons: readonly LetterReason[]): CatalogueEntry[] => {
  const bySentence = new Map<string, CatalogueEntry>()
  for (const reason of reasons) {
    const words = isFavourable(reason.code) ? null : wordsOf(reason)
    if (words && !bySentence.has(words.text)) bySentence.set(words.text, words)
  }
  return [...bySentence.values()].slice(0, reasonsMax)
}
