/** Words spoken in a minute. */
const wordsPerMinute = 150

const stamp = (ms: number): string => {
  const part = (value: number, length = 2): string => `${Math.floor(value)}`.padStart(length, '0')
  return `${part(ms / 3_600_000)}:${part((ms / 60_000) % 60)}:${part((ms / 1_000) % 60)}.${part(ms % 1_000, 3)}`
}

/** Captions in WebVTT (W3C), a cue a sentence, timed by an even pace of speech. What would end a cue or begin a tag is escaped. */
export const toCaptions = (transcript: string): string => {
  const sentences = transcript.match(/[^.!?]+[.!?]*/g)?.map((sentence) => sentence.trim()) ?? []
  let at = 0
  const cues = sentences
    .filter((sentence) => sentence !== '')
    .map((sentence) => {
      const from = at
      at += Math.max(1_000, Math.round((sentence.split(/\s+/).length / wordsPerMinute) * 60_000))
      const text = sentence.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
      return `${stamp(from)} --> ${stamp(at)}\n${text.replaceAll(/\s+/g, ' ')}`
    })
  return `${['WEBVTT', ...cues].join('\n\n')}\n`
}
