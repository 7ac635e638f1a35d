/** What is submitted: runs of bench-desk, or of one step that takes a while. */

import { holdWorkflow } from '../../bench/hold-workflow.mjs'

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
            body: JSON.stringify(holdWorkflow('overload-hold', workMs)),
          })
          if (!response.ok) throw new Error(`registering: ${response.status} ${await response.text()}`)
        },
      }
