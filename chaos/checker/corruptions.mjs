/** Every class of corruption that a campaign is falsified with, to show that the checker finds it. */
import { historyCorruptions } from './synthesis/corrupt-history.mjs'
import { outsideCorruptions } from './synthesis/corrupt-outside.mjs'
import { rowCorruptions } from './synthesis/corrupt-rows.mjs'

/** `breaks` is the invariant that must be reported, perhaps among others. */
export const corruptions = [...historyCorruptions, ...rowCorruptions, ...outsideCorruptions]
