import type { Json, JsonObject } from '@flotilla/engine'
import { visitKey, type MapItemRow, type RunRow } from './model-tables.js'
import type { Statement } from './transactions.js'

/** What follows from a run beyond its own rows: items of maps and child runs (map-items, child-runs). */
type Model = (statement: Statement, values: readonly unknown[]) => readonly object[]

const parse = (text: unknown): readonly JsonObject[] => JSON.parse(String(text)) as JsonObject[] // rows as the store wrote them

const openMap: Model = ({ tables, write }, [runId, step, visit, , items]) => {
  const rows = (JSON.parse(String(items)) as Json[]).map((item): MapItemRow => ({ item, status: 'open', output: null }))
  const key = visitKey(String(runId), String(step), Number(visit))
  // On conflict the row is overwritten; a shorter list leaves the rows behind its end.
  write(() => void tables.mapItem.set(key, [...rows, ...(tables.mapItem.get(key) ?? []).slice(rows.length)]))
  return []
}

const saveItems: Model = ({ tables, write }, [text]) => {
  for (const { runId, step, visit, index, status, output } of parse(text))
    write(() => {
      const row = tables.mapItem.get(visitKey(String(runId), String(step), Number(visit)))?.[Number(index)]
      if (row) Object.assign(row, { status, output })
    })
  return []
}

const readItems: Model = ({ tables }, [runId, step, visit, from, count]) =>
  (tables.mapItem.get(visitKey(String(runId), String(step), Number(visit))) ?? [])
    .slice(Number(from), Number(from) + Number(count))
    .map(({ item }) => ({ item }))

const collectItems: Model = ({ tables }, [runId, step, visit, total]) =>
  (tables.mapItem.get(visitKey(String(runId), String(step), Number(visit))) ?? [])
    .slice(0, Number(total))
    .map(({ status, output }) => ({ output: status === 'done' ? output : null }))

const startChildren: Model = ({ tables, tx, now }, [text]) =>
  parse(text).map((child) => {
    const hash = tables.definition.get(`${String(child['workflow'])} ${String(child['version'])}`)
    if (hash === undefined) return { ord: child['ord'], started: false }
    tx.ownChildren.set(String(child['id']), {
      id: String(child['id']),
      tenantId: String(child['tenant_id']),
      workflow: String(child['workflow']),
      version: Number(child['version']),
      definitionHash: hash,
      priority: child['priority'] as 0 | 1 | 2, // a run's
      orderKey: now,
      input: child['input'] ?? null,
      submittedBy: String(child['submitted_by']),
      createdAt: now,
      rootRunId: String(child['root_run_id']),
      childOf: null,
      status: 'created',
      state: null,
      position: 0,
      nextDeadlineAt: null,
      crashes: 0,
      parkedReason: null,
    })
    return { ord: child['ord'], started: true }
  })

const linkChildren: Model = ({ tables, tx, write }, [text]) => {
  for (const { childId, runId, step, dispatch } of parse(text)) {
    const child = tx.ownChildren.get(String(childId))
    if (child === undefined) continue
    const run: RunRow = {
      ...child,
      childOf: { runId: String(runId), step: String(step), dispatch: Number(dispatch) },
    }
    write(() => void tables.run.set(run.id, run))
  }
  return []
}

const findChildren: Model = ({ tables }, [text]) =>
  parse(text).flatMap(({ runId, step, dispatch }) =>
    [...tables.run.values()].flatMap(({ id, childOf, status }) =>
      childOf?.runId === runId &&
      childOf?.step === step &&
      childOf?.dispatch === dispatch &&
      !['completed', 'failed', 'cancelled'].includes(status)
        ? [{ childId: id }]
        : [],
    ),
  )

export const followUpStatements: Readonly<Record<string, Model>> = {
  'open-map': openMap,
  'save-items': saveItems,
  'read-items': readItems,
  'collect-items': collectItems,
  'start-children': startChildren,
  'link-children': linkChildren,
  'find-children': findChildren,
}
