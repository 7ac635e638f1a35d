/** A start that cannot go on, for a reason that the user can do something about: printed without a stack. */
export class StartError extends Error {
  /**
   * @param {string} message
   * @param {number} exitCode 78 (EX_CONFIG) when a setting is wrong
   */
  constructor(message, exitCode = 1) {
    super(message)
    this.name = 'StartError'
    this.exitCode = exitCode
  }
}
