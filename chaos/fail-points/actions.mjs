/** What can happen at a fail point, and how that is written: `name:action@n`. */

/**
 * `crash`: the process is killed and the call not made. `crash-after`: made, then killed. `throw`: not made, fails.
 * `lost`: made, and reported as failed (an unknown outcome). `delay`: made later. `freeze`: the whole process stands
 * still first, as one that was paused.
 */
export const actions = /** @type {const} */ (['crash', 'crash-after', 'throw', 'lost', 'delay', 'freeze'])

/** @typedef {typeof actions[number]} Action */
/** @typedef {{ name: string, action: Action, nth: number, passed: number }} Armed */

/**
 * @param {string} text `name:action@n`, several separated by commas
 * @returns {Armed[]}
 */
export const parseFailPoints = (text) =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map((one) => {
      const [, name, action, nth = '1'] = /^([a-z.-]+):([a-z-]+)(?:@(\d+))?$/.exec(one) ?? []
      const known = actions.find((each) => each === action)
      if (name === undefined || known === undefined || Number(nth) < 1)
        throw new Error(`FAILPOINT: ${one} is not name:action@n with one of ${actions.join(', ')}`)
      return { name, action: known, nth: Number(nth), passed: 0 }
    })
