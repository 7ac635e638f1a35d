/** Shows several runs at once: redrawn bars on a terminal, plain lines elsewhere. */

/** @typedef {{ name: string, progress: number, text: string }} Row */

const barWidth = 24

/** @param {Row} row @param {number} nameWidth */
export const drawRow = ({ name, progress, text }, nameWidth) => {
  const filled = Math.round(Math.min(1, Math.max(0, progress)) * barWidth)
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`
  return `  ${name.padEnd(nameWidth)} ${bar} ${`${Math.round(progress * 100)}`.padStart(3)} %  ${text}`
}

/**
 * @param {readonly string[]} names
 * @param {{ isTTY?: boolean, columns?: number, write: (text: string) => unknown }} output
 */
export const makeBoard = (names, output) => {
  const nameWidth = Math.max(...names.map(({ length }) => length))
  const rows = new Map(names.map((name) => [name, { name, progress: 0, text: 'accepted' }]))
  let drawn = 0
  const draw = () => {
    const up = drawn > 0 ? `\u001b[${drawn}A` : ''
    const lines = [...rows.values()].map(
      (row) => `\u001b[2K${drawRow(row, nameWidth).slice(0, output.columns || 120)}\n`,
    )
    output.write(`${up}${lines.join('')}`)
    drawn = rows.size
  }
  if (output.isTTY) draw()
  return {
    /** @param {Row} row */
    show: (row) => {
      const before = rows.get(row.name)
      rows.set(row.name, row)
      if (output.isTTY) draw()
      else if (before?.text !== row.text) output.write(`${drawRow(row, nameWidth)}\n`)
    },
  }
}
