/**
 * What `parseContract` costs, beside the libraries alone in the same process, on the built code. µs per call, the least mean of
 * seven rounds of 40 ms. `node bench/contracts.mjs`
 */
import { contractById, parseContract, StepJob, StepReply } from '../libs/contracts/dist/index.js'
import { judgeContract } from '../libs/contracts/dist/contract.js'

const runId = '0196f0a0-1111-7222-8333-444455556666'
const traceparent = '00-0123456789abcdef0123456789abcdef-0123456789abcdef-01'
const job = {
  ...{
    v: 1,
    runId,
    rootRunId: runId,
    tenantId: 'bench',
    workflow: 'bench-desk',
    workflowVersion: 3,
    step: 'kyc',
    visit: 1,
  },
  ...{ dispatch: 1, agent: 'bench.kyc', inputContract: 'bench.step.input.v1', outputContract: 'bench.step.output.v1' },
  ...{ deadlineMs: 60_000, attemptsMax: 3, sealed: `v1.k1.${'A'.repeat(1_500)}`, ref: null, hash: 'a'.repeat(64) },
  ...{ traceparent, tracestate: null },
}
const reply = {
  ...{ v: 1, kind: 'succeeded', runId, step: 'kyc', dispatch: 1, attempt: 1, spanId: '0123456789abcdef', traceparent },
  ...{ contract: 'bench.step.output.v1', sealed: `v1.k1.${'A'.repeat(500)}`, ref: null, hash: 'b'.repeat(64) },
  worker: 'agent-bench-abcdef',
}
const items = Array.from({ length: 10 }, (_, index) => ({ index, text: 'x'.repeat(80), ok: true }))
const input = { applicationId: 'a1', name: 'Jane Doe', items }
const output = { agent: 'bench.kyc', verdict: 'pass', digest: 'c'.repeat(64), note: 'n'.repeat(180) }

/** @param {number} entries */
const application = (entries) => ({
  applicationId: 'a1',
  submittedOn: '2025-06-01',
  applicant: { fullName: 'Jane Doe', birthDate: '1980-01-01', document: { type: 'passport', mrz: ['A'.repeat(44)] } },
  account: { openedOn: '2020-01-01', iban: 'CZ6508000000192000145399' },
  loan: { amount: 10_000, currency: 'CZK', durationMonths: 24, monthlyPayment: 450 },
  statement: Array.from({ length: entries }, (_, index) => ({
    date: `2025-03-${String((index % 31) + 1).padStart(2, '0')}`,
    amount: -12.5,
    balance: 1_000 + index,
    operation: 'card',
    purpose: index % 2 ? 'groceries' : null,
  })),
})
const wrong = application(300)
Object.assign(wrong.statement[299] ?? {}, { amount: 'x' })

/** @type {readonly (readonly [name: string, contract: ReturnType<typeof contractById>, value: object])[]} */
const cases = [
  ['job envelope, 1.5 KB sealed', StepJob, job],
  ['reply envelope, 0.5 KB sealed', StepReply, reply],
  ['bench-desk input, 1.2 KB', contractById('bench-desk.input.v1'), input],
  ['bench step input, 1.2 KB', contractById('bench.step.input.v1'), { payload: input }],
  ['bench step output', contractById('bench.step.output.v1'), output],
  ['credit desk, 300 entries', contractById('credit-desk.input.v1'), application(300)],
  ['credit desk, 9,500 entries (1 MiB)', contractById('credit-desk.input.v1'), application(9_500)],
  ['credit desk, 300 entries, one wrong', contractById('credit-desk.input.v1'), wrong],
]

/**
 * @param {() => unknown} call
 * @returns {number} µs
 */
const cost = (call) => {
  const attempt = () => {
    try {
      call()
    } catch {
      // One of the cases is refused.
    }
  }
  const means = Array.from({ length: 7 }, () => {
    const startedAt = performance.now()
    let calls = 0
    do {
      attempt()
      calls++
    } while (performance.now() - startedAt < 40)
    return ((performance.now() - startedAt) * 1e3) / calls
  })
  return Math.min(...means)
}

for (const [name, contract, value] of cases) {
  if (!contract) throw new Error(`the contract of ${name} is not known`)
  const libraries = cost(() => judgeContract(contract, value))
  const now = cost(() => parseContract(contract, value))
  console.log(
    `${name.padEnd(36)} libraries ${libraries.toFixed(1).padStart(9)} µs   now ${now.toFixed(1).padStart(9)} µs`,
  )
}
