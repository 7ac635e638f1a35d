/**
 * The bugs that are planted into the product one at a time, to see whether anything notices. Each replaces a piece of text
 * that stands once in its file. `checks` are tried in order until one fails; see `checks.mjs`.
 */
import { engineBugs } from './engine-bugs.mjs'
import { messageBugs } from './message-bugs.mjs'
import { orchestratorBugs } from './orchestrator-bugs.mjs'
import { storeBugs } from './store-bugs.mjs'

/** @typedef {{ name: string, what: string, file: string, find: string, replace: string, checks: readonly string[] }} Bug */

/** @type {readonly Bug[]} */
export const bugs = [...engineBugs, ...orchestratorBugs, ...storeBugs, ...messageBugs]
