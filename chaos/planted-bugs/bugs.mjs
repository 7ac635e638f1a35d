/** @typedef {{ name: string, file: string, find: string, replace: string }} Bug */

/** @type {readonly Bug[]} */
export const bugs = []
