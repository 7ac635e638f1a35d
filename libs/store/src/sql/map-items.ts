import type { Json, RunError } from '@flotilla/engine'
import type { Tx } from '../open-store.js'
import { jsonText } from '../json-text.js'
import { runKeys } from '../sealing/run-keys.js'
import { itemPlace } from '../sealing/sealed-run.js'
import { rowsOf } from './statement.js'

/** The items of a map as it is entered, by index from 0. */
export interface OpenedMap {
  readonly runId: string
  readonly tenantId: string
  readonly step: string
  readonly visit: number
  readonly items: readonly Json[]
}

/** What became of an item. */
export interface SavedItem {
  readonly runId: string
  readonly step: string
  readonly visit: number
  readonly index: number
  readonly status: 'done' | 'failed'
  readonly output: Json
  readonly error: RunError | null
}

// A rollback may enter a visit again, with another list: what it had before is overwritten.
const open = {
  name: 'open-map',
  text: `
insert into map_item (run_id, step, visit, index, tenant_id, item)
select $1, $2, $3, i.number - 1, $4, coalesce(i.item, 'null')
from jsonb_array_elements($5::jsonb) with ordinality as i(item, number)
on conflict (run_id, step, visit, index) do update set item = excluded.item, status = 'open', output = null, error = null`,
}

const save = {
  name: 'save-items',
  text: `
update map_item m set status = a.status, output = a.output, error = a.error
from jsonb_to_recordset($1::jsonb) as a("runId" uuid, step text, visit integer, index integer, status text, output jsonb,
  error jsonb)
where m.run_id = a."runId" and m.step = a.step and m.visit = a.visit and m.index = a.index`,
}

/** Keeps the items of maps that were entered, then what became of items. */
export const saveItems = async (
  tx: Tx,
  { opened, saved }: { readonly opened: readonly OpenedMap[]; readonly saved: readonly SavedItem[] },
): Promise<void> => {
  if (opened.length + saved.length === 0) return
  const keys = await runKeys(
    tx,
    [...opened, ...saved].map(({ runId }) => runId),
    { make: true },
  )
  for (const map of opened) {
    const { runId, step, visit, tenantId } = map
    const items = map.items.map((item, index) => keys.seal(runId, itemPlace('item', { step, visit, index }), item))
    await tx.query({ ...open, values: [runId, step, visit, tenantId, jsonText(items)] })
  }
  const results = saved.map((item) => ({
    ...item,
    output: keys.seal(item.runId, itemPlace('output', item), item.output),
  }))
  if (results.length > 0) await tx.query({ ...save, values: [jsonText(results)] })
}

interface MapVisit {
  readonly runId: string
  readonly step: string
  readonly visit: number
}

const read = {
  name: 'read-items',
  text: `
select index, item from map_item where run_id = $1 and step = $2 and visit = $3 and index >= $4 and index < $4 + $5
order by index`,
}

/** `count` items of a map from an index on. */
export const readItems = async (
  tx: Tx,
  { runId, step, visit }: MapVisit,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<readonly Json[]> => {
  const rows = await rowsOf<{ index: number; item: Json }>(tx, read, [runId, step, visit, from, count])
  const keys = await runKeys(tx, [runId])
  return rows.map(({ index, item }) => keys.open(runId, itemPlace('item', { step, visit, index }), item))
}

const collect = {
  name: 'collect-items',
  text: `
select index, case when status = 'done' then output end as output from map_item
where run_id = $1 and step = $2 and visit = $3 and index < $4 order by index`,
}

/** The results of the first `total` items of a map, in order; null for one that failed. */
export const collectItems = async (
  tx: Tx,
  { runId, step, visit }: MapVisit,
  total: number,
): Promise<readonly Json[]> => {
  const rows = await rowsOf<{ index: number; output: Json }>(tx, collect, [runId, step, visit, total])
  const keys = await runKeys(tx, [runId])
  return rows.map(({ index, output }) => keys.open(runId, itemPlace('output', { step, visit, index }), output))
}

/** An item as people look at it. `status` open: not started, or in hand. */
export interface MapItemRow {
  readonly step: string
  readonly visit: number
  readonly index: number
  readonly status: 'open' | 'done' | 'failed'
  readonly output: Json
  readonly error: RunError | null
}

export interface MapItemPage {
  /** The map's path, or null for every map of the run. */
  readonly step: string | null
  readonly status: MapItemRow['status'] | null
  readonly after: { readonly step: string; readonly visit: number; readonly index: number } | null
  readonly limit: number
}

const list = {
  name: 'list-items',
  text: `
select step, visit, index, status, output, error from map_item
where run_id = $1 and ($2::text is null or step = $2) and ($3::text is null or status = $3)
  and ($4::text is null or (step, visit, index) > ($4, $5::integer, $6::integer))
order by step, visit, index limit $7`,
}

/** A page of the items of a run's maps, by step, visit and index. */
export const listItems = async (
  tx: Tx,
  runId: string,
  { step, status, after, limit }: MapItemPage,
): Promise<MapItemRow[]> => {
  const values = [runId, step, status, after?.step ?? null, after?.visit ?? null, after?.index ?? null, limit]
  const rows = await rowsOf<MapItemRow>(tx, list, values)
  const keys = await runKeys(tx, [runId])
  return rows.map((row) => ({ ...row, output: keys.open(runId, itemPlace('output', row), row.output) }))
}
