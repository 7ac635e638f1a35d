import { createRequire } from 'node:module'

/** The part of class-transformer's executor that is replaced; it is not among the exports, and has no types there. */
interface Executor {
  readonly prototype: { getKeys: (target: unknown, object: object, isMap: boolean) => readonly unknown[] }
}

/** Fewer members than this are listed by the library, in no time. */
const membersFew = 64

/**
 * class-transformer looks for each member's name among all names before it, to list none twice: an object of 80,000 members,
 * which fits a body of 1 MiB, kept the process for twenty seconds. An object has no name twice. What a class exposes beside it
 * the library tells for an empty one; ours exclude nothing.
 */
export const listMembersOnce = (): void => {
  const require = createRequire(import.meta.url)
  const { TransformOperationExecutor } = require('class-transformer/cjs/TransformOperationExecutor.js') as {
    readonly TransformOperationExecutor: Executor
  } // as the library's source has it
  const { prototype } = TransformOperationExecutor
  const { getKeys } = prototype
  prototype.getKeys = function listMembers(target, object, isMap) {
    const names = object instanceof Map ? [...object.keys()] : Object.keys(object)
    if (names.length < membersFew) return getKeys.call(this, target, object, isMap)
    return [...new Set([...names, ...getKeys.call(this, target, {}, isMap)])]
  }
}
