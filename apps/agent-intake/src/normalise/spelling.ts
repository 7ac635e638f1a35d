/** Trimmed, NFC, inner white space as single spaces; null when nothing is left. */
export const toText = (value: string | null | undefined): string | null => {
  const text = value?.normalize('NFC').replace(/\s+/g, ' ').trim() ?? ''
  return text === '' ? null : text
}

/** An e-mail address in lower case; whether it is one is the fraud check's business. */
export const toEmail = (value: string | null | undefined): string | null =>
  toText(value?.normalize('NFKC'))?.toLowerCase() ?? null

/** An IBAN without spaces and hyphens, in upper case; whether it is valid is the fraud check's business. */
export const toIban = (value: string | null | undefined): string | null =>
  toText(
    value
      ?.normalize('NFKC')
      .replace(/[\s-]+/g, '')
      .toUpperCase(),
  )

/** A telephone number as in E.164 where it names its country (`+420...` or `00420...`), else its digits. */
export const toPhone = (value: string | null | undefined): string | null => {
  const text = toText(value?.normalize('NFKC')) ?? ''
  const digits = text.replace(/\(0\)/, '').replace(/\D/g, '')
  if (digits === '') return null
  if (/^\D*\+/.test(text)) return `+${digits}`
  return digits.startsWith('00') ? `+${digits.slice(2)}` : digits
}

/** The lines of a machine-readable zone: upper case, filler for spaces, empty lines gone; null when none is left. */
export const toMrz = (lines: readonly string[] | null | undefined): string[] | null => {
  const kept = (lines ?? [])
    .map((line) =>
      line
        .normalize('NFKC')
        .trim()
        .toUpperCase()
        .replace(/[\s«‹]/g, '<'),
    )
    .filter((line) => line !== '')
  return kept.length === 0 ? null : kept
}

/** `Passport`, `ID card`, `identity-card` as `passport`, `id_card`, `identity_card`. */
export const toDocumentType = (value: string | null | undefined): string | null =>
  toText(value)
    ?.toLowerCase()
    .replace(/[\s-]+/g, '_') ?? null
