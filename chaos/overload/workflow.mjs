/** What is submitted: runs of bench-desk, or of one step that takes a while. */

/** @param {number} holdMs */
const definition = (holdMs) => ({
  ...{ name: 'overload-hold', version: 1, semantics: 1, title: 'Hold', input: { type: 'object' }, deadlineMs: null },
  initial: 'book',
  states: [
    {
      ...{ kind: 'agent', name: 'book', agent: 'bench.book', queue: 'agent.bench-book', deadlineMs: 60_000 },
      input: { booking: 'input.booking', holdMs: String(holdMs) },
      inputContract: 'bench.booking.input.v1',
      outputContract: 'bench.booking.output.v1',
      transitions: [{ on: 'done', to: 'end' }],
    },
    { kind: 'end', name: 'end', status: 'completed' },
  ],
})

/**
 * @param {number} workMs 0: agents answer at once
 * @returns {{ workflow: string, input: (name: string, n: number) => object, register: (url: string, key: string) => Promise<void> }}
 */
export const chooseWorkflow = (workMs) =>
  workMs === 0
    ? {
        workflow: 'bench-desk',
        input: (_name, n) => ({ n, padding: 'x'.repeat(900) }),
        register: async () => {},
      }
    : {
        workflow: 'overload-hold',
        input: (name, n) => ({ booking: `${name}-${n}`, padding: 'x'.repeat(900) }),
        register: async (url, key) => {
          const response = await fetch(new URL('/workflows/overload-hold/versions/1', url), {
            method: 'PUT',
            headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
            body: JSON.stringify(definition(workMs)),
          })
          if (!response.ok) throw new Error(`registering: ${response.status} ${await response.text()}`)
        },
      }
