/** Judges what was read of runs (I16): what was accepted can be read at once, and no read goes back in time. */

const ranks = /** @type {Record<string, number>} */ ({
  created: 0,
  running: 1,
  waiting: 1,
  parked: 1,
  completed: 2,
  failed: 2,
  cancelled: 2,
})

/**
 * @param {import('./findings.mjs').Findings} findings @param {import('./read-client.mjs').Client} client
 * @param {{ endedAt: (runId: string) => number | null, storedStatus: (runId: string) => string | null, isReopened: (runId: string) => boolean }} known
 * `isReopened`: whether a failed run was taken up again, so that its end was none
 */
export const judgeReads = (findings, client, { endedAt, storedStatus, isReopened }) => {
  /** @type {Map<string, number>} */
  const acceptedAt = new Map()
  for (const { runId, status, doneAt } of client.submits)
    if (status === 202 && runId !== null) acceptedAt.set(runId, Math.min(doneAt, acceptedAt.get(runId) ?? Infinity))

  for (const [runId, calls] of client.byRun) {
    const gets = calls.filter(({ call }) => call === 'get').sort((a, b) => a.at - b.at)
    const accepted = acceptedAt.get(runId)
    const end = endedAt(runId)
    /** The highest that any read, answered before a moment, has shown. @type {{ doneAt: number, rank: number, progress: number }[]} */
    const shown = []
    for (const get of gets) {
      if (accepted !== undefined && get.at >= accepted && (get.status === 200 || get.status === 404))
        findings.expect('I16', 'what was accepted can be read', get.status === 200, runId, () => ({
          at: new Date(get.at),
          status: get.status,
        }))
      if (get.status !== 200 || get.seen === null) continue
      const { status, progress } = get.seen
      const rank = ranks[status]
      findings.expect('I16', 'a status is one that there is', rank !== undefined, runId, () => ({ status }))
      if (rank === undefined || isReopened(runId)) continue
      const evidence = () => ({ at: new Date(get.at), status, progress })
      const before = shown.filter(({ doneAt }) => doneAt <= get.at)
      const floor = before.reduce(
        (most, one) => ({ rank: Math.max(most.rank, one.rank), progress: Math.max(most.progress, one.progress) }),
        {
          ...{ rank: 0, progress: 0 },
        },
      )
      if (before.length > 0)
        findings.expect(
          'I16',
          'a read never goes back',
          rank >= floor.rank && progress >= floor.progress,
          runId,
          () => ({ ...evidence(), shownBefore: floor }),
        )
      if (end !== null && get.at > end)
        findings.expect('I16', 'a read after the end shows the end', rank === 2, runId, evidence)
      if (rank === 2)
        findings.expect('I16', 'an end that was read is the stored one', status === storedStatus(runId), runId, () => ({
          ...evidence(),
          stored: storedStatus(runId),
        }))
      // Only the best is of use to later ones, once it is answered.
      if (rank > floor.rank || progress > floor.progress || before.length === 0)
        shown.push({ doneAt: get.doneAt, rank, progress })
    }
  }
}
