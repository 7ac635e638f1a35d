/**
 * Lets the `pg` adapter read Postgres' one-byte type "char".
 *
 * Catalog columns such as `pg_constraint.contype` have it (oid 18). The adapter knows no such type and the engine panics
 * on what it gets, so rows are read as text (oid 25) and the columns reported as Character.
 */
import { createRequire } from 'node:module'

// The class is not part of pg's public exports, but it is where every result's columns are prepared.
const Result = createRequire(import.meta.url)('pg/lib/result.js')

const charOid = 18
const textOid = 25
/** `ColumnTypeEnum.Character` of @prisma/driver-adapter-utils. */
const character = 6

const wasChar = Symbol('was "char"')
const { addFields } = Result.prototype
Result.prototype.addFields = function addFieldsReadingChar(/** @type {any[]} */ fields) {
  for (const field of fields) {
    if (field.dataTypeID === charOid) Object.assign(field, { dataTypeID: textOid, [wasChar]: true })
  }
  return addFields.call(this, fields)
}

/** @type {WeakSet<object>} */
const patched = new WeakSet()

/** @param {object} adapter */
const prototypeWithQueryRaw = (adapter) => {
  let found = Object.getPrototypeOf(adapter)
  while (!Object.hasOwn(found, 'queryRaw')) found = Object.getPrototypeOf(found)
  return found
}

/**
 * The same adapter; its class and the transactions' are changed once.
 * @template {object} T
 * @param {T} adapter
 * @returns {T}
 */
export const readCatalogCharacters = (adapter) => {
  const prototype = prototypeWithQueryRaw(adapter)
  if (patched.has(prototype)) return adapter
  patched.add(prototype)
  const { queryRaw } = prototype
  prototype.queryRaw = async function queryRawReadingChar(/** @type {unknown} */ query) {
    /** @type {any[]} */
    let fields = []
    const performIO = async (/** @type {unknown} */ given) => {
      const result = await this.performIO(given)
      fields = result.fields
      return result
    }
    const result = await queryRaw.call(Object.create(this, { performIO: { value: performIO } }), query)
    for (const [index, field] of fields.entries()) if (field[wasChar]) result.columnTypes[index] = character
    return result
  }
  return adapter
}
