import { runStatuses, type RunPage, type RunView } from '@flotilla/contracts'
import type { Gateway } from '../gateway.js'
import { isUuid, readCursor, writeCursor } from '../http/cursor.js'
import { GatewayError } from '../http/gateway-error.js'
import { integerParam, textParam, wordParam, type Query } from '../http/query-params.js'
import type { RunWithGates } from '../ports.js'
import { runView } from './run-view.js'

/** The run, or RUN_UNKNOWN: a foreign run is as unknown as none. */
export const findRun = async (gateway: Gateway, tenantId: string, runId: string): Promise<RunWithGates> => {
  const found = await gateway.store.readRun(tenantId, runId)
  if (found === null) throw new GatewayError('RUN_UNKNOWN')
  return found
}

const viewOf = async (gateway: Gateway, tenantId: string, found: RunWithGates): Promise<RunView> =>
  runView(found, await gateway.catalogue.byHash(tenantId, found.run.definitionHash))

/** One run as the interface shows it. */
export const readRunView = async (gateway: Gateway, tenantId: string, runId: string): Promise<RunView> =>
  viewOf(gateway, tenantId, await findRun(gateway, tenantId, runId))

/** A page of root runs, or of the children of `parent`, newest first. */
export const listRunViews = async (gateway: Gateway, tenantId: string, query: Query): Promise<RunPage> => {
  const limit = integerParam(query, 'limit', { min: 1, max: 100, fallback: 50 })
  const cursor = textParam(query, 'cursor', 1_024)
  const before = cursor === null ? null : readCursor('runs', cursor, ([id]) => (isUuid(id) ? id : null))
  const status = wordParam(query, 'status', runStatuses)
  const workflow = textParam(query, 'workflow')
  const tag = textParam(query, 'tag')
  const parent = textParam(query, 'parent')
  if (parent !== null && !isUuid(parent)) throw new GatewayError('RUN_UNKNOWN')
  const found = await gateway.store.listRuns(tenantId, {
    ...(status === null ? {} : { status }),
    ...(workflow === null ? {} : { workflow }),
    ...(tag === null ? {} : { tag }),
    ...(parent === null ? {} : { parent }),
    ...(before === null ? {} : { before }),
    limit: limit + 1,
  })
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    items: await Promise.all(page.map((run) => viewOf(gateway, tenantId, run))),
    nextCursor: found.length > limit && last ? writeCursor('runs', [last.run.runId]) : null,
  }
}
