/** `npm run soak`: a fault a minute for an hour, after which nothing may have grown. */
import { run as chaos } from './chaos.mjs'

/** @param {string[]} args */
export const run = (args) => chaos(['--soak', '--rate', '6', '--minutes', '60', ...args])
