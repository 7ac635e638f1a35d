import { GatewayError } from './gateway-error.js'
import type { RouteTable } from './route-table.js'

/** Why no route took a request: the path is unknown, or it takes other methods. */
export const notFoundError = (table: RouteTable, path: string, method: string): GatewayError => {
  const methods = table.methodsAt(path)
  return methods.length === 0 || methods.includes(method)
    ? new GatewayError('ROUTE_UNKNOWN')
    : new GatewayError('METHOD_NOT_ALLOWED', 'METHOD_NOT_ALLOWED', { allow: methods.join(', ') })
}
