/** Corruptions of histories, paths, acceptance and joins (I4, I5, I6, I8, I9, I11). */
import {
  accepted,
  anEntry,
  appendEntry,
  copy,
  historyOf,
  insertAfter,
  NothingFit,
  oneOf,
  removeFrom,
  rowOf,
  stepsSet,
} from './falsify.mjs'

const inMiddle = (/** @type {any} */ entry) => entry.position > 1 && entry.patch !== null && entry.published !== null
const isEnd = (/** @type {any} */ { published }) =>
  /^run\.(completed|failed|cancelled)$/.test(published?.at(-1)?.type ?? '')

/** @type {import('./falsify.mjs').Corruption[]} */
export const historyCorruptions = [
  {
    ...{ name: 'an entry is lost', breaks: 'I4' },
    falsify: (campaign) => {
      const lost = anEntry(campaign, inMiddle)
      removeFrom(campaign, 'dump/history', (line) => line === lost)
    },
  },
  {
    ...{ name: 'the last entry is lost', breaks: 'I4' },
    falsify: (campaign) => {
      const lost = anEntry(campaign, isEnd)
      removeFrom(campaign, 'dump/history', (line) => line === lost)
    },
  },
  {
    ...{ name: 'a whole history is lost', breaks: 'I4' },
    falsify: (campaign) => {
      const { run_id: id } = anEntry(campaign, inMiddle)
      removeFrom(campaign, 'dump/history', (line) => line.run_id === id)
    },
  },
  {
    ...{ name: 'an entry stands twice', breaks: 'I4' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, inMiddle)
      insertAfter(campaign, 'dump/history', entry, copy(entry))
    },
  },
  {
    ...{ name: 'two entries are swapped', breaks: 'I4' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, (one) => inMiddle(one) && one.position > 2)
      const before = historyOf(campaign, entry.run_id)[entry.position - 2]
      if (before.published === null) throw new NothingFit('entries')
      for (const member of ['event', 'patch', 'published', 'seq_from', 'seq_to', 'ignored', 'at'])
        [entry[member], before[member]] = [before[member], entry[member]]
    },
  },
  {
    ...{ name: 'a stream number is left out', breaks: 'I4' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, inMiddle)
      for (const event of entry.published) event.seq += 1
    },
  },
  {
    ...{ name: 'a stream number is given twice', breaks: 'I4' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, inMiddle)
      entry.published.push(copy(entry.published.at(-1)))
    },
  },
  {
    ...{ name: 'something is told after the end', breaks: 'I4' },
    falsify: (campaign) => {
      const { run_id: id } = anEntry(campaign, isEnd)
      appendEntry(campaign, id, {
        event: { type: 'SignalReceived', name: 'x', payload: null, by: 'x' },
        types: ['progress'],
      })
    },
  },
  {
    ...{ name: 'a finished run ends again', breaks: 'I4' },
    falsify: (campaign) => {
      const end = anEntry(campaign, isEnd)
      appendEntry(campaign, end.run_id, { event: end.event, types: [end.published.at(-1).type] })
    },
  },
  {
    ...{ name: 'a completed run goes on', breaks: 'I4' },
    falsify: (campaign) => {
      const { id } = oneOf(campaign, 'dump/run', ({ status }) => status === 'completed')
      rowOf(campaign, id).status = 'running'
      const patch = { s: { status: 'running', finishedAt: null } }
      appendEntry(campaign, id, {
        event: { type: 'ResumeRequested', by: 'x', checkpoint: null },
        patch,
        types: ['run.resumed'],
      })
    },
  },
  {
    ...{ name: 'the end is not told', breaks: 'I4' },
    falsify: (campaign) => {
      const end = anEntry(campaign, (entry) => isEnd(entry) && entry.published.length > 1)
      end.published.pop()
      end.seq_to -= 1
      end.patch.s.published -= 1
      const row = rowOf(campaign, end.run_id)
      row.published -= 1
      row.state.published -= 1
    },
  },
  {
    ...{ name: 'a step is entered from nowhere', breaks: 'I4' },
    falsify: (campaign) => {
      const { id } = oneOf(
        campaign,
        'dump/run',
        ({ workflow, status }) => workflow === 'bench-desk' && status === 'completed',
      )
      const entry = historyOf(campaign, id).find(accepted('StepSucceeded'))
      const risk = historyOf(campaign, id).flatMap((one) => stepsSet(one)['risk'] ?? [])[0]
      entry.patch.p.steps.s.risk = { ...risk, status: 'done', visits: 1 }
    },
  },
  {
    ...{ name: 'a step is not the definition’s', breaks: 'I4' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, accepted('StepSucceeded'))
      const [step] = Object.values(stepsSet(entry))
      entry.patch.p.steps.s.elsewhere = step
    },
  },
  {
    ...{ name: 'a step that is done goes on', breaks: 'I4' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, (one) => accepted('StepSucceeded')(one) && one.event.step === 'kyc')
      const later = historyOf(campaign, entry.run_id).find(
        (one) => one.position > entry.position && one.patch?.p?.steps?.s,
      )
      if (later === undefined) throw new NothingFit('later entries')
      later.patch.p.steps.s.kyc = { ...stepsSet(entry)['kyc'], status: 'running' }
    },
  },
  {
    ...{ name: 'the stored state is another', breaks: 'I4' },
    falsify: (campaign) => {
      const { state } = oneOf(campaign, 'dump/run', (row) => Object.keys(row.state.steps).length > 0)
      const step = campaign.random.pick(Object.values(state.steps))
      step.attempts += 1
    },
  },
  {
    ...{ name: 'the stored status is another', breaks: 'I4' },
    falsify: (campaign) => {
      oneOf(campaign, 'dump/run', ({ status }) => status === 'completed').status = 'cancelled'
    },
  },
  {
    ...{ name: 'an ignored event changes the state', breaks: 'I4' },
    falsify: (campaign) => {
      anEntry(campaign, ({ ignored }) => ignored !== null).patch = { s: { progress: 0.5 } }
    },
  },
  {
    ...{ name: 'a definition is another than it was', breaks: 'I4' },
    falsify: (campaign) => {
      const { definition } = oneOf(campaign, 'dump/definition_content', (line) => line.definition.name === 'bench-desk')
      definition.states[1].transitions[0].to = 'decision'
    },
  },
  {
    ...{ name: 'a reply is accepted twice', breaks: 'I5' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, accepted('StepSucceeded'))
      const again = copy(entry)
      for (const later of historyOf(campaign, entry.run_id)) if (later.position > entry.position) later.position += 1
      Object.assign(again, { position: entry.position + 1, published: null, seq_from: null, seq_to: null, patch: {} })
      rowOf(campaign, entry.run_id).position += 1
      insertAfter(campaign, 'dump/history', entry, again)
    },
  },
  {
    ...{ name: 'a late reply is accepted', breaks: 'I5' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, ({ ignored, event }) => ignored !== null && event.type === 'StepSucceeded')
      Object.assign(entry, { ignored: null, patch: {} })
    },
  },
  {
    ...{ name: 'a reply of another dispatch is accepted', breaks: 'I5' },
    falsify: (campaign) => {
      anEntry(campaign, (entry) => accepted('StepSucceeded')(entry) && entry.event.dispatch > 1).event.dispatch -= 1
    },
  },
  {
    ...{ name: 'a join fires twice', breaks: 'I6' },
    falsify: (campaign) => {
      const joins = (/** @type {any} */ entry) =>
        (entry.published ?? []).find(
          (/** @type {any} */ event) => event.type === 'step.completed' && event.step === 'checks',
        )
      const entry = anEntry(campaign, (one) => joins(one) !== undefined)
      const later = historyOf(campaign, entry.run_id).find(
        (one) => one.position > entry.position && one.published !== null,
      )
      later.published[0] = { ...later.published[0], type: 'step.completed', step: 'checks' }
    },
  },
  {
    ...{ name: 'a join closes without a branch', breaks: 'I6' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, (one) => stepsSet(one)['checks']?.status === 'done')
      stepsSet(entry)['checks'].branches.fraud = 'failed'
    },
  },
  {
    ...{ name: 'a join closes with a branch open', breaks: 'I6' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, (one) => stepsSet(one)['checks']?.status === 'done')
      stepsSet(entry)['checks'].branches.income = 'open'
    },
  },
  {
    ...{ name: 'a branch comes in before it has ended', breaks: 'I6' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, (one) => {
        const is = stepsSet(one)['checks']?.branches
        return is !== undefined && Object.values(is).includes('done') && Object.values(is).includes('open')
      })
      const step = stepsSet(entry)['checks']
      const open = Object.keys(step.branches).find((name) => step.branches[name] === 'open') ?? ''
      step.branches[open] = 'done'
    },
  },
  {
    ...{ name: 'a step is sent out after a cancellation', breaks: 'I6' },
    falsify: (campaign) => {
      const entry = anEntry(campaign, accepted('CancelRequested'))
      const next = historyOf(campaign, entry.run_id)[entry.position]
      const count =
        historyOf(campaign, entry.run_id).reduce((most, one) => Math.max(most, one.patch?.s?.dispatchCount ?? 0), 0) + 1
      next.patch.s.dispatchCount = count
      next.patch.p.steps.s.fraud = { ...stepsSet(entry)['fraud'], status: 'waiting', dispatch: count }
    },
  },
  {
    ...{ name: 'a number is given to two dispatches', breaks: 'I9' },
    falsify: (campaign) => {
      const entry = anEntry(
        campaign,
        (one) => one.position > 1 && one.ignored === null && one.patch?.s?.dispatchCount > 1,
      )
      const sent = Object.values(stepsSet(entry)).find((step) => step.dispatch === entry.patch.s.dispatchCount)
      if (sent === undefined) throw new NothingFit('dispatches')
      sent.dispatch -= 1
    },
  },
  {
    ...{ name: 'something replies that was never asked', breaks: 'I9' },
    falsify: (campaign) => {
      const { run_id: id } = anEntry(campaign, isEnd)
      appendEntry(campaign, id, {
        event: { type: 'StepSucceeded', step: 'work', dispatch: 99, attempt: 1, output: null },
        ignored: 'finished',
      })
    },
  },
  {
    ...{ name: 'progress falls', breaks: 'I11' },
    falsify: (campaign) => {
      anEntry(campaign, (one) => (one.published?.at(-1)?.progress ?? 0) > 0.06 && !isEnd(one)).published.at(
        -1,
      ).progress = 0.01
    },
  },
  {
    ...{ name: 'progress is 1 before the end', breaks: 'I11' },
    falsify: (campaign) => {
      anEntry(campaign, (one) => one.published !== null && !isEnd(one)).published[0].progress = 1
    },
  },
]
