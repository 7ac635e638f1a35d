import { AsyncLocalStorage } from 'node:async_hooks'
import { ROOT_CONTEXT, type Context, type ContextManager } from '@opentelemetry/api'

/**
 * Carries the active context across awaits. A few lines, so that a process that exports nothing need not load the whole
 * SDK (measured at 40 MB and a quarter of a second) only for ids in its logs.
 */
export const makeAsyncContextManager = (): ContextManager => {
  const storage = new AsyncLocalStorage<Context>()
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (context, fn, thisArg, ...args) => storage.run(context, () => fn.call(thisArg, ...args)),
    bind: (context, target) =>
      typeof target === 'function'
        ? // The wrapper takes and returns what the target does, which the generic type cannot say.
          (((...args: unknown[]) => storage.run(context, () => target(...args))) as typeof target)
        : target,
    enable: () => manager,
    disable: () => {
      storage.disable()
      return manager
    },
  }
  return manager
}
