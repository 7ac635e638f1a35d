export { gatewaySettings, readConfig, type GatewayConfig } from './read-config.js'
