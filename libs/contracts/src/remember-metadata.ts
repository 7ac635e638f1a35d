import { getMetadataStorage } from 'class-validator'

/**
 * class-validator looks through the decorators of every class that there is each time that it validates an object: half of
 * its time. What it finds is remembered here by class, until a decorator is added (all are, while modules load).
 */
export const rememberMetadata = (): void => {
  const storage = getMetadataStorage()
  const find = storage.getTargetValidationMetadatas.bind(storage)
  const groupBy = storage.groupByPropertyName.bind(storage)
  const add = storage.addValidationMetadata.bind(storage)
  type Found = ReturnType<typeof find>
  let found = new Map<unknown, Found>()
  let grouped = new WeakMap<Found, ReturnType<typeof groupBy>>()
  storage.addValidationMetadata = (metadata) => {
    found = new Map()
    grouped = new WeakMap()
    add(metadata)
  }
  storage.getTargetValidationMetadatas = (type, schema, always, strictGroups, groups) => {
    // Groups are not used here, and would need a key of their own. A schema's name changes nothing for a class: below the top it
    // is that of the class around, and each entry of a statement was looked up anew.
    if (groups !== undefined || always || strictGroups) return find(type, schema, always, strictGroups, groups)
    const known = found.get(type)
    if (known) return known
    const looked = find(type, schema, always, strictGroups, groups)
    found.set(type, looked)
    return looked
  }
  storage.groupByPropertyName = (metadata) => {
    const known = grouped.get(metadata)
    if (known) return known
    const made = groupBy(metadata)
    grouped.set(metadata, made)
    return made
  }
}
