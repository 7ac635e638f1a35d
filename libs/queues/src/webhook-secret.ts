import type { Sealer } from './seal.js'

/** What a hook's secret is bound to: the hook, and nothing that it could be moved to. */
const placeOf = (hookId: string) => ({
  runId: hookId,
  step: 'webhook',
  dispatch: 0,
  contract: null,
  direction: 'webhook.secret',
})

/** Seals the secret of an endpoint or of an incoming hook, for Postgres. */
export const sealWebhookSecret = (sealer: Sealer, hookId: string, secret: string): string =>
  sealer.seal(secret, placeOf(hookId))

/** The secret again. Throws `TerminalError`, see `Sealer.open`. */
export const openWebhookSecret = (sealer: Sealer, hookId: string, sealed: string): string =>
  String(sealer.open(sealed, placeOf(hookId)))
