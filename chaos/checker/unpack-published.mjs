// @ts-check
/**
 * What an entry published, by name: rows keep it by place, numbered from `seq_from`. By the checker's own reading; rows of old
 * have objects already.
 * @param {any} row @returns {any}
 */
export const unpackPublished = (row) =>
  row.published === null || row.published === undefined
    ? row
    : {
        ...row,
        published: row.published.map((/** @type {any} */ one, /** @type {number} */ index) => {
          if (!Array.isArray(one)) return one
          const [type, step, phase, status, message, progress, stepProgress, spanId, meta = {}] = one
          return { seq: row.seq_from + index, type, step, phase, status, message, progress, stepProgress, spanId, meta }
        }),
      }
