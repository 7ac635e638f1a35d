import ts from 'typescript'
import { impureNames } from './rules.mjs'

/** @typedef {{ specifier: string, typeOnly: boolean, line: number }} Import */
/** @typedef {{ name: string, line: number }} Use */

/**
 * What a TypeScript file imports and which of the watched names it uses. Works on the syntax tree: comments and texts
 * do not count.
 * @param {string} file
 * @param {string} text
 * @returns {{ imports: Import[], impure: Use[], environment: Use[] }}
 */
export const readSource = (file, text) => {
  const kind = file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true, kind)
  /** @type {{ imports: Import[], impure: Use[], environment: Use[] }} */
  const found = { imports: [], impure: [], environment: [] }
  /** @param {ts.Node} node */
  const lineOf = (node) => source.getLineAndCharacterOfPosition(node.getStart()).line + 1
  /** @param {ts.Expression | undefined} specifier @param {boolean} typeOnly @param {ts.Node} node */
  const addImport = (specifier, typeOnly, node) => {
    if (specifier && ts.isStringLiteralLike(specifier)) {
      found.imports.push({ specifier: specifier.text, typeOnly, line: lineOf(node) })
    }
  }

  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) addImport(node.moduleSpecifier, isTypeOnlyImport(node), node)
    else if (ts.isExportDeclaration(node)) addImport(node.moduleSpecifier, isTypeOnlyExport(node), node)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      addImport(/** @type {any} a string literal, or addImport ignores it */ (node.argument.literal), true, node)
    } else if (ts.isCallExpression(node) && isLoading(node)) addImport(node.arguments[0], false, node)
    const name = nameOf(node)
    if (name !== null && Object.hasOwn(impureNames, name)) found.impure.push({ name, line: lineOf(node) })
    if (name === 'process.env') found.environment.push({ name, line: lineOf(node) })
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** @param {ts.ImportDeclaration} node */
const isTypeOnlyImport = ({ importClause: clause }) => {
  if (clause === undefined) return false
  if (clause.isTypeOnly) return true
  const named = clause.namedBindings
  return !clause.name && !!named && ts.isNamedImports(named) && named.elements.every(({ isTypeOnly }) => isTypeOnly)
}

/** @param {ts.ExportDeclaration} node */
const isTypeOnlyExport = ({ isTypeOnly, exportClause: clause }) =>
  isTypeOnly || (!!clause && ts.isNamedExports(clause) && clause.elements.every((element) => element.isTypeOnly))

/**
 * `import('x')`, `require('x')`, or the require that `createRequire(...)` makes, whatever it is called.
 * @param {ts.CallExpression} node
 */
const isLoading = ({ expression }) =>
  expression.kind === ts.SyntaxKind.ImportKeyword ||
  (ts.isIdentifier(expression) && /^require/i.test(expression.text)) ||
  (ts.isCallExpression(expression) && expression.expression.getText() === 'createRequire')

/**
 * The watched name that a node uses, if any.
 * @param {ts.Node} node
 * @returns {string | null}
 */
const nameOf = (node) => {
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date') {
    return (node.arguments?.length ?? 0) === 0 ? 'new Date()' : null
  }
  if (ts.isCallExpression(node) && node.expression.getText() === 'Date') return 'Date()'
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    const object = node.expression.getText()
    const member = ts.isPropertyAccessExpression(node) ? node.name.text : stringOf(node.argumentExpression)
    return ['Date', 'Math', 'process'].includes(object) ? `${object}.${member}` : null
  }
  return ts.isIdentifier(node) && isReference(node) ? node.text : null
}

/** @param {ts.Expression} node */
const stringOf = (node) => (ts.isStringLiteralLike(node) ? node.text : '')

/**
 * A free use of a name: not a member, a key, a declaration or part of a type.
 * @param {ts.Identifier} node
 */
const isReference = (node) => {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isPropertyAssignment(parent)) return parent.initializer === node
  if (ts.isShorthandPropertyAssignment(parent)) return true
  return (
    ts.isExpression(parent) ||
    ts.isExpressionStatement(parent) ||
    (ts.isVariableDeclaration(parent) && parent.initializer === node)
  )
}
