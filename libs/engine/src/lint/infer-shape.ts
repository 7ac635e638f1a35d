import type { ASTNode } from '../expression.js'
import { anything, areDisjoint, eitherOf, inWords, type Kind, listOf, objectShape, only, type Shape } from './shape.js'

/**
 * What an expression gives, from what it reads. CEL's own checker knows no nullable members and keeps two kinds of
 * numbers apart, so that it would refuse what runs; this one refuses only what can never be right.
 */

/** Something wrong inside an expression. */
export interface TypeProblem {
  readonly code: 'MEMBER_UNKNOWN' | 'MEMBER_UNDECLARED' | 'DATA_UNWRITTEN' | 'TYPE_MISMATCH' | 'COMPARISON_CONSTANT'
  readonly message: string
}

/** What an expression sees, and who is told of problems. */
export interface Seen {
  readonly names: ReadonlyMap<string, Shape>
  readonly report: (problem: TypeProblem) => void
}

const problemOf = {
  refused: 'MEMBER_UNKNOWN',
  undeclared: 'MEMBER_UNDECLARED',
  unwritten: 'DATA_UNWRITTEN',
} as const

/** A member of a value; what is not there is reported. */
const memberOf = (shape: Shape, name: string, { report }: Seen, whole: string): Shape => {
  const { kinds, members } = shape
  if (kinds === null) return anything
  if (!kinds.has('object')) {
    report({ code: 'TYPE_MISMATCH', message: `${whole}: ${inWords(shape)} has no member ${name}` })
    return anything
  }
  if (members === undefined) return anything
  const found = members.get(name)
  if (found) return found
  const { others, names } = members
  if (others === 'anything') return anything
  const there = others === 'unwritten' ? `nothing writes data.${name}` : `there is no ${name}`
  const known = names.length === 0 ? 'nothing' : names.slice(0, 12).join(', ')
  report({ code: problemOf[others], message: `${whole}: ${there}; there is ${known}` })
  return anything
}

const literal = (value: unknown): Shape => {
  if (value === null) return only('null')
  if (typeof value === 'bigint' || typeof value === 'number') return only('number')
  if (typeof value === 'boolean') return only('boolean')
  return typeof value === 'string' ? { kinds: new Set(['string']), words: [value] } : anything
}

const expectKind = (shape: Shape, kinds: readonly Kind[], { report }: Seen, what: string): void => {
  if (shape.kinds !== null && !kinds.some((kind) => shape.kinds?.has(kind)))
    report({ code: 'TYPE_MISMATCH', message: `${what}: ${inWords(shape)} where ${inWords(only(...kinds))} is needed` })
}

const macros = new Set(['map', 'filter', 'all', 'exists', 'exists_one'])
const ofStrings = new Set(['contains', 'startsWith', 'endsWith'])

const inferMacro = (name: string, receiver: Shape, args: readonly ASTNode[], seen: Seen): Shape => {
  const [variable, ...bodies] = args
  const item = receiver.kinds?.has('list') ? (receiver.items ?? anything) : anything
  const names = new Map(seen.names)
  if (variable?.op === 'id') names.set(variable.args, item)
  const results = bodies.map((body) => inferShape(body, { ...seen, names }))
  if (name === 'filter') return receiver
  return name === 'map' ? listOf(results.at(-1) ?? anything) : only('boolean')
}

const inferCall = (name: string, args: readonly ASTNode[], seen: Seen): Shape => {
  // `has` asks whether a member is there: that it may not be is no problem.
  const shapes = args.map((arg) => inferShape(arg, name === 'has' ? { ...seen, report: () => undefined } : seen))
  switch (name) {
    case 'has':
    case 'bool':
      return only('boolean')
    case 'string':
      return only('string')
    case 'int':
    case 'uint':
    case 'double':
      return only('number')
    case 'size':
      if (shapes[0]) expectKind(shapes[0], ['string', 'list', 'object'], seen, 'size()')
      return only('number')
    default:
      return anything
  }
}

const withoutNull = ({ kinds, ...shape }: Shape): Shape => ({
  ...shape,
  kinds: kinds && new Set([...kinds].filter((kind) => kind !== 'null')),
})

const inferEquality = (a: Shape, b: Shape, { report }: Seen, whole: string): Shape => {
  if (areDisjoint(a, b)) {
    const message = `${whole}: ${inWords(a)} is never equal to ${inWords(b)}`
    report({ code: 'COMPARISON_CONSTANT', message })
  } else if (a.words && b.words && !a.words.some((word) => b.words?.includes(word))) {
    const [many, one] = a.words.length > b.words.length ? [a.words, b.words] : [b.words, a.words]
    report({ code: 'COMPARISON_CONSTANT', message: `${whole}: ${one.join(', ')} is not one of ${many.join(', ')}` })
  }
  return only('boolean')
}

const inferOrder = (a: Shape, b: Shape, { report }: Seen, whole: string): Shape => {
  const [left, right] = [withoutNull(a), withoutNull(b)]
  if (areDisjoint(left, right))
    report({ code: 'TYPE_MISMATCH', message: `${whole}: ${inWords(left)} cannot be compared with ${inWords(right)}` })
  return only('boolean')
}

const inferSum = (a: Shape, b: Shape, { report }: Seen, whole: string): Shape => {
  const [left, right] = [withoutNull(a), withoutNull(b)]
  if (areDisjoint(left, right))
    report({ code: 'TYPE_MISMATCH', message: `${whole}: ${inWords(left)} and ${inWords(right)} do not add` })
  if (left.kinds === null || right.kinds === null) return anything
  const { words: _, ...sum } = eitherOf(left, right)
  return sum
}

/** The shape of what an expression gives; what can never be right is reported. */
export const inferShape = (node: ASTNode, seen: Seen): Shape => {
  const whole = node.input.slice(node.range?.start ?? 0, node.range?.end ?? node.input.length)
  const infer = (inner: ASTNode): Shape => inferShape(inner, seen)
  switch (node.op) {
    case 'value':
      return literal(node.args)
    case 'id':
      return seen.names.get(node.args) ?? anything
    case '.':
      return memberOf(infer(node.args[0]), node.args[1], seen, whole)
    case '[]': {
      const [base, index] = [infer(node.args[0]), node.args[1]]
      if (index.op === 'value' && typeof index.args === 'string') return memberOf(base, index.args, seen, whole)
      infer(index)
      return base.kinds?.has('list') ? (base.items ?? anything) : anything
    }
    case 'call':
      return inferCall(node.args[0], node.args[1], seen)
    case 'rcall': {
      const [name, receiver, args] = node.args
      const shape = infer(receiver)
      if (macros.has(name)) return inferMacro(name, shape, args, seen)
      for (const arg of args) infer(arg)
      if (ofStrings.has(name)) expectKind(shape, ['string'], seen, whole)
      return ofStrings.has(name) ? only('boolean') : name === 'size' ? only('number') : anything
    }
    case 'list':
      return listOf(node.args.map(infer).reduce(eitherOf, { kinds: new Set() }))
    case 'map':
      if (!node.args.every(([key]) => key.op === 'value' && typeof key.args === 'string')) return only('object')
      return objectShape(
        Object.fromEntries(node.args.map(([key, value]) => [key.op === 'value' ? String(key.args) : '', infer(value)])),
      )
    case '?:':
      expectKind(infer(node.args[0]), ['boolean'], seen, whole)
      return eitherOf(infer(node.args[1]), infer(node.args[2]))
    case '||':
    case '&&':
      for (const side of node.args) expectKind(infer(side), ['boolean'], seen, whole)
      return only('boolean')
    case '!_':
      expectKind(infer(node.args), ['boolean'], seen, whole)
      return only('boolean')
    case '-_':
      expectKind(infer(node.args), ['number'], seen, whole)
      return only('number')
    case '==':
    case '!=':
      return inferEquality(infer(node.args[0]), infer(node.args[1]), seen, whole)
    case '<':
    case '<=':
    case '>':
    case '>=':
      return inferOrder(infer(node.args[0]), infer(node.args[1]), seen, whole)
    case '+':
      return inferSum(infer(node.args[0]), infer(node.args[1]), seen, whole)
    case '-':
    case '*':
    case '/':
    case '%':
      for (const side of node.args) expectKind(infer(side), ['number'], seen, whole)
      return only('number')
    case 'in':
      for (const side of node.args) infer(side)
      return only('boolean')
    default:
      return anything
  }
}
