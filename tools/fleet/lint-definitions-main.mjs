/** Entry of the process that `lint-workflow.mjs` starts. */
import { lintDefinitions } from './lint-definitions.mjs'

process.exitCode = lintDefinitions(process.argv.slice(2))
