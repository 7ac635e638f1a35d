/** Least ratio of text to background for ordinary text: WCAG 2.2, success criterion 1.4.3 (level AA). */
export const contrastMin = 4.5

/** Red, green and blue of `#rrggbb`, 0 to 255. */
export const channelsOf = (colour: string): readonly [number, number, number] => {
  const at = (index: number): number => Number.parseInt(colour.slice(index, index + 2), 16)
  return [at(1), at(3), at(5)]
}

/** Relative luminance of `#rrggbb` in sRGB, 0 (black) to 1 (white), as WCAG 2.2 defines it. */
export const luminance = (colour: string): number => {
  const [red, green, blue] = channelsOf(colour).map((channel) => {
    const share = channel / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number] // three in, three out
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** Contrast of two colours, 1 to 21: (L1 + 0.05) / (L2 + 0.05), the lighter above, as WCAG 2.2 defines it. */
export const contrastRatio = (one: string, other: string): number => {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}
