/**
 * Searches bytes for many texts at once, in one pass: the hash of a window that rolls over the input (Karp and Rabin, 1987)
 * finds where one may begin, a comparison whether it does.
 */

const base = 0x01000193
/** A byte adds more than itself, so that zeros count. @param {number} byte */
const weight = (byte) => byte + 0x9e37

/**
 * Makes a search for texts of at least `windowBytes`; each call of what it gives begins a new input, to be given chunk by
 * chunk. What overlaps two chunks is found.
 * @param {readonly string[]} texts
 */
export const makeSearch = (texts) => {
  const needles = texts.map((text) => ({ text, bytes: Buffer.from(text) }))
  const windowBytes = needles.reduce((least, { bytes }) => Math.min(least, bytes.length), 64)
  const longest = needles.reduce((most, { bytes }) => Math.max(most, bytes.length), 0)
  let gone = 1
  for (let index = 0; index < windowBytes; index += 1) gone = Math.imul(gone, base)
  /** Windows whose hash may be that of a text, by its upper bits. */
  const maybe = new Uint8Array(1 << 16)
  /** @type {Map<number, { text: string, bytes: Buffer }[]>} */
  const byHash = new Map()
  for (const needle of needles) {
    let hash = 0
    for (let index = 0; index < windowBytes; index += 1)
      hash = (Math.imul(hash, base) + weight(needle.bytes[index] ?? 0)) | 0
    maybe[hash >>> 16] = 1
    const held = byHash.get(hash)
    if (held) held.push(needle)
    else byHash.set(hash, [needle])
  }

  return () => {
    /** The end of what was seen, too short to tell. @type {Buffer} */
    let rest = Buffer.alloc(0)
    /** @param {Buffer} chunk @param {(text: string) => void} onHit told of a text perhaps twice where chunks meet */
    return (chunk, onHit) => {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      let hash = 0
      for (let index = 0; index < data.length; index += 1) {
        hash = (Math.imul(hash, base) + weight(data[index] ?? 0)) | 0
        if (index >= windowBytes) hash = (hash - Math.imul(gone, weight(data[index - windowBytes] ?? 0))) | 0
        if (maybe[hash >>> 16] === 0 || index < windowBytes - 1) continue
        const from = index - windowBytes + 1
        for (const { text, bytes } of byHash.get(hash) ?? [])
          if (data.compare(bytes, 0, bytes.length, from, Math.min(data.length, from + bytes.length)) === 0) onHit(text)
      }
      rest = data.subarray(Math.max(0, data.length - longest + 1))
    }
  }
}
