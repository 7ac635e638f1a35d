import type { TrainingColours } from '@flotilla/contracts'
import { channelsOf, contrastMin, contrastRatio, luminance } from '../review/contrast-ratio.js'

const steps = 32

/** The share `t` of the way from a colour to black or white. */
const towards = (colour: string, target: number, t: number): string =>
  `#${channelsOf(colour)
    .map((channel) =>
      Math.round(channel + (target - channel) * t)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`

/** The same background with a text colour as near to the given one as is readable: darker on light, lighter on dark. */
export const readableColours = ({ text, background }: TrainingColours): TrainingColours => {
  // At this luminance black and white stand out alike: (1.05 / (L + 0.05)) = ((L + 0.05) / 0.05).
  const target = luminance(background) > Math.sqrt(1.05 * 0.05) - 0.05 ? 0 : 255
  for (let step = 0; step <= steps; step += 1) {
    const candidate = towards(text, target, step / steps)
    if (contrastRatio(candidate, background) >= contrastMin) return { text: candidate, background }
  }
  return { text: target === 0 ? '#000000' : '#ffffff', background }
}
