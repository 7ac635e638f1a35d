export { isPublicAddress } from './check-address.js'
export { checkUrl, type Target, type TargetPolicy, type UrlRefusal } from './check-url.js'
export { postWebhook, type Attempted, type PostDependencies, type WebhookCall } from './post-webhook.js'
export { makeResolveName, type ResolveName } from './resolve-name.js'
export { attemptPausesMs, retryAfterMs } from './retry-after-ms.js'
export {
  isSignedBy,
  keyOfSecret,
  makeWebhookSecret,
  signWebhook,
  toleranceS,
  type SignedMessage,
} from './sign-webhook.js'
export { webhookBody, webhookTypes, type WebhookEvent, type WebhookType } from './webhook-event.js'
