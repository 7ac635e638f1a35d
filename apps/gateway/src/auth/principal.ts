/** Every scope that a key may hold. */
export const scopes = [
  'runs:write',
  'runs:read',
  'runs:operate',
  'runs:erase',
  'hitl:decide',
  'pii:read',
  'dead-letters',
  'queues',
  'workflows:write',
  'audit:read',
  'webhooks',
] as const
export type Scope = (typeof scopes)[number]

/** Who asks: the key's tenant, its principal (the name that decisions and audit entries carry) and its scopes. */
export interface Principal {
  readonly keyId: string
  readonly tenantId: string
  readonly principal: string
  readonly scopes: readonly string[]
  /** When what it was shown ends, epoch ms; absent or null: a key, which its own row tells of. */
  readonly expiresAt?: number | null
}

/** Whether a principal holds one of the wanted scopes; `admin` and `*` hold all. */
export const holdsOneOf = (principal: Principal, wanted: readonly string[]): boolean =>
  principal.scopes.some((scope) => scope === '*' || scope === 'admin' || wanted.includes(scope))
