/**
 * Loaded into every process of the fleet before its program: its wall clock is off by as many milliseconds as the file
 * CHAOS_SKEW_FILE says, which is looked at four times a second. `performance.now()` and timers go right.
 */
import fs from 'node:fs'

const file = process.env.CHAOS_SKEW_FILE
if (file !== undefined) {
  const RealDate = Date
  let skewMs = 0
  const read = () => {
    try {
      skewMs = Number(fs.readFileSync(file, 'utf8')) || 0
    } catch {
      skewMs = 0
    }
  }
  read()
  setInterval(read, 250).unref()
  const now = () => RealDate.now() + skewMs
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  })
}
