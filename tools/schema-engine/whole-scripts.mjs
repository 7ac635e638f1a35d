/** @type {WeakSet<object>} */
const patched = new WeakSet()

/**
 * Lets the `pg` adapter run a migration as one script, as the native engine does. The adapter cuts it at every semicolon,
 * also inside function bodies and comments. Sent whole, Postgres also makes it one transaction.
 * @template {object} T
 * @param {T} adapter
 * @returns {T} the same adapter; its class is changed once
 */
export const runWholeScripts = (adapter) => {
  const prototype = Object.getPrototypeOf(adapter)
  if (patched.has(prototype)) return adapter
  patched.add(prototype)
  prototype.executeScript = async function executeWholeScript(/** @type {string} */ script) {
    try {
      await this.client.query(script)
    } catch (error) {
      this.onError(error)
    }
  }
  return adapter
}
