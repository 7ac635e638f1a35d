/** Weaves fail points into a source file: each call `f(x)` that is a point becomes `failPoint('name', () => f(x))`. */
import ts from 'typescript'

/** @typedef {{ name: string, call: string }} Weaving how a call begins, spaces left out */

const runtime = new URL('fail-point.mjs', import.meta.url).href

/** Whether something within is awaited by the function around it. @param {ts.Node} node @returns {boolean} */
const awaits = (node) =>
  ts.isAwaitExpression(node) || (!ts.isFunctionLike(node) && (ts.forEachChild(node, awaits) ?? false))

/**
 * Every call of a file that begins as `weavings` say; of a chain only the longest.
 * @param {ts.SourceFile} file
 * @param {readonly Weaving[]} weavings
 */
const findCalls = (file, weavings) => {
  /** @type {{ name: string, from: number, to: number, isAsync: boolean }[]} */
  const found = []
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isCallExpression(node)) {
      const text = node.getText(file).replaceAll(/\s+/g, '')
      // The text of `a(x).then(y)` begins as that of `a(x)` does, but the call is another.
      const callee = node.expression.getText(file).replaceAll(/\s+/g, '')
      for (const { name, call } of weavings)
        if (text.startsWith(call) && callee.length < call.length)
          found.push({
            name,
            from: node.getStart(file),
            to: node.end,
            isAsync: node.arguments.some(awaits) || awaits(node.expression),
          })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/**
 * The source with its points. Throws where a call does not stand exactly once: the table is behind the code then.
 * @param {string} name of the file, for messages
 * @param {string} source TypeScript
 * @param {readonly Weaving[]} weavings
 */
export const weave = (name, source, weavings) => {
  if (weavings.length === 0) return source
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.ES2024, true)
  const calls = findCalls(file, weavings)
  for (const { name: point, call } of weavings) {
    const count = calls.filter((one) => one.name === point).length
    if (count !== 1) throw new Error(`${point}: ${count} calls in ${name} begin with ${call}`)
  }
  const edits = calls.flatMap(({ name: point, from, to, isAsync }) => [
    { at: from, isEnd: false, text: `failPoint('${point}', ${isAsync ? 'async ' : ''}() => ` },
    { at: to, isEnd: true, text: ')' },
  ])
  // From the end to the beginning; where one call ends with another the order of the brackets does not matter.
  edits.sort((a, b) => b.at - a.at || Number(a.isEnd) - Number(b.isEnd))
  const woven = edits.reduce((text, { at, text: inserted }) => text.slice(0, at) + inserted + text.slice(at), source)
  // On the first line, so that the others keep their numbers.
  return `import { failPoint } from '${runtime}'; ${woven}`
}
