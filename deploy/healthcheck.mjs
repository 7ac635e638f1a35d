/** A container's health check: 0 when this process answers that it is ready, else 1. Needs nothing but Node. */
const port = process.env.PORT ?? '8080'
const ready = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4_000) }).then(
  ({ ok }) => ok,
  () => false,
)
process.exit(ready ? 0 : 1)
