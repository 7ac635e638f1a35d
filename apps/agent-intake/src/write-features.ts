import 'reflect-metadata'
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { CreditApplication, parseContract } from '@flotilla/contracts'
import { extractFeatures } from './features/extract-features.js'
import { normaliseApplication } from './normalise/normalise-application.js'

/**
 * `node dist/write-features.js applications.jsonl`: one line of JSON an application on standard output,
 * `{ applicationId, features, outcome }`, with the features that the running agent would give and the outcome as it
 * stands in the file (null without one). A scorecard is fitted on this, so that it is fitted on what it will be served.
 */
const [, , path] = process.argv
if (path === undefined) {
  console.error('usage: node dist/write-features.js applications.jsonl')
  process.exit(64)
}
for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
  if (line.trim() === '') continue
  const row: unknown = JSON.parse(line)
  const application = normaliseApplication(parseContract(CreditApplication, row))
  const outcome = typeof row === 'object' && row !== null && 'outcome' in row ? row.outcome : null
  const features = extractFeatures(application)
  process.stdout.write(`${JSON.stringify({ applicationId: application.applicationId, features, outcome })}\n`)
}
