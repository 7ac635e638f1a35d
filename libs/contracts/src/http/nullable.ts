import { ValidateIf } from 'class-validator'

/** Holds for every value but null. Compared by identity in `jsonSchemaOf`. */
export const isPresent = (_object: object, value: unknown): boolean => value !== null

/** A member of a view that is always there and may be null: unknown values are null, never absent. */
export const Nullable = (): PropertyDecorator => ValidateIf(isPresent)
