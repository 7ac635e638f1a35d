/** What endpoints can be told of, without the prefix that their type has outside. */
export const webhookTypes = [
  'run.completed',
  'run.failed',
  'run.cancelled',
  'run.parked',
  'hitl.requested',
  'hitl.reminded',
  'hitl.escalated',
  'webhook.test',
] as const
/** One of them. */
export type WebhookType = (typeof webhookTypes)[number]

/** An event to tell, as it is kept. `data` holds ids, codes and links, nothing personal. */
export interface WebhookEvent {
  readonly eventId: string
  readonly type: string
  readonly tenantId: string
  readonly runId: string | null
  readonly data: Readonly<Record<string, unknown>>
  readonly occurredAt: Date
}

/**
 * The body of a call: a CloudEvents 1.0 event in its structured JSON form
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md). The same event gives the same text.
 */
export const webhookBody = ({ eventId, type, tenantId, runId, data, occurredAt }: WebhookEvent): string =>
  JSON.stringify({
    specversion: '1.0',
    id: eventId,
    source: `urn:flotilla:${encodeURIComponent(tenantId)}`,
    type: `io.flotilla.${type}`,
    ...(runId === null ? {} : { subject: runId }),
    time: occurredAt.toISOString(),
    datacontenttype: 'application/json',
    data,
  })
