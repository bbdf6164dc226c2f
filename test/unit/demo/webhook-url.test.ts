import { expect, it } from 'vitest';
import { webhookUrl } from '../../../lab/webhook-url.js';

it.each([
  ['http://127.0.0.1:7071', undefined, 'http://127.0.0.1:7071/runtime/webhooks/EventGrid?functionName=registrySync'],
  [
    'http://127.0.0.1:7071/',
    'a+b',
    'http://127.0.0.1:7071/runtime/webhooks/EventGrid?functionName=registrySync&code=a%2Bb',
  ],
  [
    'http://127.0.0.1:7071?code=k',
    undefined,
    'http://127.0.0.1:7071/runtime/webhooks/EventGrid?code=k&functionName=registrySync',
  ],
  ['http://127.0.0.1:9/other', 'k', 'http://127.0.0.1:9/other'],
])('%s with key %s', (address, key, expected) => expect(webhookUrl(address, key)).toBe(expected));
