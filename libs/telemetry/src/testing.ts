export { startExport, type ExportOptions } from './start-export.js'
export { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from './testing/otlp-receiver.js'
