/**
 * `node --import <this file> <service>`: loads the product with its fail points (`FAILPOINT`) and, where told, with planted
 * bugs (`PLANTED=name,...`). Built files that hold one are replaced by their woven source; all others are loaded as built.
 */
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { wovenFile } from './woven-file.mjs'

registerHooks({
  load: (url, context, next) => {
    const woven = url.startsWith('file:') ? wovenFile(fileURLToPath(url), process.env['PLANTED']) : null
    return woven === null ? next(url, context) : { format: 'module', source: woven, shortCircuit: true }
  },
})
