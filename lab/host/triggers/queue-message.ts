import type { DequeuedMessageItem } from '@azure/storage-queue';
import type { RpcTypedData } from '../rpc-types.js';

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The body of a message, or undefined when it is not what `messageEncoding` says. */
export function decodeBody(text: string, encoding: 'base64' | 'none'): Buffer | undefined {
  if (encoding === 'none') return Buffer.from(text, 'utf8');
  return base64.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/** The trigger's input: text, which the library parses where it is JSON; bytes with `dataType: 'binary'`. */
export function toQueueInput(body: Buffer, dataType: string | undefined): RpcTypedData {
  return dataType === 'binary' ? { bytes: body } : { string: body.toString('utf8') };
}

/** A DateTimeOffset in UTC as Json.NET prints it. */
const offsetTime = (time: Date): RpcTypedData => ({
  json: JSON.stringify(time.toISOString().replace(/\.?0*Z$/, '+00:00')),
});

/** Binding data of a message. Source: Microsoft.Azure.WebJobs.Extensions.Storage.Queues, QueueTriggerBinding. */
export function queueMetadata(message: DequeuedMessageItem, body: Buffer): Record<string, RpcTypedData> {
  return {
    QueueTrigger: { string: body.toString('utf8') },
    DequeueCount: { json: String(message.dequeueCount) },
    ExpirationTime: offsetTime(message.expiresOn),
    Id: { string: message.messageId },
    InsertionTime: offsetTime(message.insertedOn),
    NextVisibleTime: offsetTime(message.nextVisibleOn),
    PopReceipt: { string: message.popReceipt },
  };
}
