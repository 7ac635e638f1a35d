/**
 * What a user of a running fleet wants to know.
 * @param {import('./fleet-file.mjs').Fleet} fleet
 * @param {string} dir
 */
export const describeFleet = (fleet, dir) => {
  const { gatewayUrl, queuesUrl } = fleet
  const rows = [
    ['API', gatewayUrl],
    ['OpenAPI', `${gatewayUrl}/openapi.json`],
    ['Queues', `${queuesUrl} (any user, an API key as password)`],
    ['Diagram', `${gatewayUrl}/workflows/credit-desk/graph.svg (with an API key)`],
    ['Health', `${gatewayUrl}/readyz`],
    ['API keys', `${dir}/fleet.json, further ones: npm run keys -- create --tenant T --scopes runs:write,runs:read`],
    ['Logs', `${dir}/logs`],
    ['Stop', 'npm stop'],
  ]
  return rows.map(([name = '', value]) => `  ${name.padEnd(9)} ${value}`).join('\n')
}
