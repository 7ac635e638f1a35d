import type { Db } from '../open-store.js'
import { rowsOf } from './statement.js'

export interface NotificationRow {
  readonly id: string
  readonly runId: string
  readonly tenantId: string
  readonly channel: string
  readonly message: string
  readonly step: string
  readonly createdAt: Date
}

const owed = {
  name: 'list-notifications',
  text: `
select id, run_id as "runId", tenant_id as "tenantId", channel, message, step, created_at as "createdAt"
from notification where sent_at is null order by created_at limit $1`,
}

/** Notifications that nobody has delivered yet, oldest first; delivered at least once. */
export const listOwedNotifications = (db: Db, limit: number): Promise<NotificationRow[]> => rowsOf(db, owed, [limit])

const sent = {
  name: 'mark-notified',
  text: 'update notification set sent_at = clock_timestamp() where id = any($1::uuid[]) and sent_at is null',
}

/** Notes that these are delivered. */
export const markNotified = async (db: Db, ids: readonly string[]): Promise<void> => {
  await rowsOf(db, sent, [ids])
}
