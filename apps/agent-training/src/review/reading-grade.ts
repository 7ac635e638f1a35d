/**
 * The Automated Readability Index of a text, as a school grade: 4.71 characters per word + 0.5 words per sentence - 21.43.
 * Smith and Senter, Automated Readability Index, AMRL-TR-66-220 (1967). It counts letters, so nothing has to be guessed as
 * with syllables. Never below 0; 0 for a text without words.
 */
export const readingGrade = (text: string): number => {
  const words = text.match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? []
  if (words.length === 0) return 0
  const characters = words.reduce((count, word) => count + word.replaceAll(/['’-]/g, '').length, 0)
  const sentences = Math.max(1, text.match(/[.!?;]+(?=\s|$)/g)?.length ?? 0)
  const grade = 4.71 * (characters / words.length) + 0.5 * (words.length / sentences) - 21.43
  return Math.max(0, Math.round(grade * 10) / 10)
}
