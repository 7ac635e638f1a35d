import { IsInt, IsISO8601, IsString, Matches, Min } from 'class-validator'
import { NestedList } from '../contract.js'
import { Nullable } from './nullable.js'

/** An entry of the audit. `hash` is SHA-256 over the bytes of `previousHash` and the text of `content`. */
export class AuditEntryView {
  @IsInt() @Min(1) seq!: number
  /** JSON as it was hashed: tenant, seq, at (epoch ms), actor, action, subject, detail. */
  @IsString() content!: string
  /** Empty for the first entry. */
  @Matches(/^([0-9a-f]{64})?$/) previousHash!: string
  @Matches(/^[0-9a-f]{64}$/) hash!: string
}

/** A page of the audit, oldest first. */
export class AuditPage {
  @NestedList(() => AuditEntryView, { max: 1_000 }) items!: AuditEntryView[]
  @Nullable() @IsString() nextCursor!: string | null
}

/** The head of the tenant's chain, signed: whoever keeps it can tell later that nothing before it was changed or cut off. */
export class AuditHeadView {
  @IsString() tenant!: string
  /** 0 and no hash: nothing has been audited yet. */
  @IsInt() @Min(0) seq!: number
  @Matches(/^([0-9a-f]{64})?$/) hash!: string
  @IsISO8601() signedAt!: string
  /** Ed25519 in hex over `flotilla.audit-head.v1`, tenant, seq, hash and signedAt, a line each; null where no key is set. */
  @Nullable() @Matches(/^[0-9a-f]{128}$/) signature!: string | null
  /** The public key, SPKI in hex. */
  @Nullable() @Matches(/^[0-9a-f]+$/) publicKey!: string | null
}
